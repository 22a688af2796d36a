"""What is around the product: how plain the ground is, and how much of it lies between parts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.planes import components, disc_kernel, fit_within
from kirakat.types import RGB, Alpha

# Long side in pixels of the copy.
_SIZE = 96
# Pixels of the copy around the product that its shadow and rim may reach.
_RIM = 2
# Distance in Lab units from a smooth surface beyond which a pixel is no part of it.
_FAR = 8.0
# Rounds of fitting, each without what was far from the last surface.
_ROUNDS = 5
# Pixels of the copy that part two objects, and the size of the smaller one as a share of the other.
_GAP, _NOTABLE = 1, 0.15
# Ground, as a share of the copy, that must be seen to be judged.
_LEAST = 0.02


def unevenness(pixels: RGB, alpha: Alpha) -> float:
    """Share of the ground of a photo (H, W, 3) that is on no smooth surface, 0 to 1.

    The surface is a quadratic in Lab, which follows a vignette or a wall lit from aside; it is
    fitted by least squares, reweighted with Cauchy's function so that what stands on the ground
    does not bend it. A product that leaves no ground in sight has an even one.
    """
    small = fit_within(pixels, _SIZE)
    size = small.shape[1], small.shape[0]
    product = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)) > 0.02
    wide = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)
    ground = cv2.dilate(product.astype(np.uint8), wide) == 0
    if ground.mean() < _LEAST:
        return 0.0
    design = _quadratic(ground.shape)[ground]
    return float((_rest(design, rgb_to_lab(small)[ground].astype(np.float64)) > _FAR).mean())


def count_apart(alpha: Alpha) -> int:
    """Objects of a matte (H, W) with ground between them that anybody sees.

    A lid and its jar, or what a weak matte tore apart, count as one.
    """
    scale = _SIZE / max(alpha.shape)
    size = max(1, round(scale * alpha.shape[1])), max(1, round(scale * alpha.shape[0]))
    small = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)) > 0.3
    joined = cv2.morphologyEx(small.astype(np.uint8), cv2.MORPH_CLOSE, disc_kernel(_GAP))
    areas = components(joined > 0)[1][1:, cv2.CC_STAT_AREA]
    return int((areas >= _NOTABLE * areas.max()).sum()) if len(areas) else 0


def _quadratic(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """1, x, y, x^2, x y, y^2 (h, w, 6), both axes from -1 to 1."""
    y, x = np.meshgrid(*(np.linspace(-1.0, 1.0, n) for n in shape), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _rest(design: NDArray[np.float64], lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (n,) of colours (n, 3) from the surface through most of them."""
    weight = np.ones(len(lab))
    rest = weight
    for _ in range(_ROUNDS):
        weighted = design * weight[:, None]
        # A trace of regularisation: a narrow strip of ground does not tell all of six numbers.
        normal = weighted.T @ design + 1e-6 * len(lab) * np.eye(design.shape[1])
        surface = design @ np.linalg.solve(normal, weighted.T @ lab)
        rest = np.linalg.norm(lab - surface, axis=1)
        weight = 1.0 / (1.0 + np.square(rest / (0.5 * _FAR)))
    return rest
