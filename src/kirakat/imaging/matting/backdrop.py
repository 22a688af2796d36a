"""Is the ground plain, and which colour would it have behind the product?

The ground is modelled as a smooth surface in Lab: a polynomial of low order, fitted robustly
(Tukey's biweight) to the border and then to all that looks like it, plus the blurred remainder,
which takes in vignettes and the broad part of soft shadows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.matting.planes import Bools, Floats, lengths, resized

# Share of the shorter side that counts as border.
_BORDER = 0.04
# Largest noise, in Lab units, of a ground that counts as plain.
_MOST_NOISE = 4.0
# Pixels that a fit looks at, at most.
_SAMPLES = 6000


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """An even or gently graded ground."""

    # (h, w, 3) Lab: the ground's colour everywhere, also behind the product.
    colour: Floats
    # Standard deviation of the ground around `colour`, in Lab units.
    noise: float
    # Share of the free border that the model explains.
    plainness: float


def detect_backdrop(lab: Floats, prior: Floats) -> Backdrop | None:
    """The ground of a picture (h, w, 3) in Lab, or None when it is not plain.

    `prior` (h, w) in [0, 1] says where a segmenter sees the product; its surroundings are left
    out of the fit, so that a product that touches the border does not count as ground.
    """
    border = _border(prior.shape) & (_widened(prior > 0.3) == 0)
    if border.sum() < 0.35 * _border(prior.shape).sum():
        return None
    colour, noise = _fit(lab, border, order=2)
    explained = _distance(lab, colour) < 3.0 * max(noise, 1.0)
    plainness = float(explained[border].mean())
    if noise > _MOST_NOISE or plainness < 0.85:
        return None
    ground = (explained | border) & (_widened(prior > 0.1) == 0)
    colour, noise = _fit(lab, ground, order=3)
    colour = _follow(lab, colour, ground & (_distance(lab, colour) < max(4.0 * noise, 4.0)))
    noise = _spread(_distance(lab, colour)[ground])
    return Backdrop(colour=colour, noise=noise, plainness=plainness)


def refine_backdrop(lab: Floats, backdrop: Backdrop, product: Bools) -> Backdrop:
    """The same ground, followed again now that the product (h, w) is known.

    Openings of the product give samples of the ground that were out of reach before.
    """
    near = _distance(lab, backdrop.colour) < max(6.0 * backdrop.noise, 6.0)
    kernel = np.ones((5, 5), np.uint8)
    ground = near & (cv2.dilate(product.astype(np.uint8), kernel) == 0)
    return replace(backdrop, colour=_follow(lab, backdrop.colour, ground))


def _border(shape: tuple[int, ...]) -> Bools:
    width = max(2, round(_BORDER * min(shape)))
    border = np.ones(shape, np.bool_)
    border[width:-width, width:-width] = False
    return border


def _widened(mask: Bools) -> NDArray[np.uint8]:
    radius = max(2, round(0.02 * max(mask.shape)))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), np.uint8)


def _distance(lab: Floats, colour: Floats) -> Floats:
    return lengths(lab - colour)


def _spread(distance: Floats) -> float:
    """Standard deviation of one channel, from the median length of a 3-vector of noise."""
    return float(np.median(distance)) / 1.538 if distance.size else 0.0


def _basis(shape: tuple[int, ...], order: int) -> Floats:
    """Monomials x^i y^j (h, w, n) up to `order`, both axes from -1 to 1."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    powers = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
    return np.stack([np.multiply.outer(y**j, x**i) for i, j in powers], -1)


def _fit(lab: Floats, where: Bools, *, order: int) -> tuple[Floats, float]:
    """Polynomial surface (h, w, 3) through the pixels of `where`, and their noise."""
    basis = _basis(where.shape, order)
    chosen = np.flatnonzero(where)
    chosen = chosen[:: max(1, len(chosen) // _SAMPLES)]
    design = basis.reshape(-1, basis.shape[2])[chosen].astype(np.float64)
    target = lab.reshape(-1, 3)[chosen].astype(np.float64)
    weight = np.ones(len(chosen))
    for _ in range(12):
        solution = np.linalg.lstsq(design * weight[:, None], target * weight[:, None], rcond=None)
        rest = np.linalg.norm(target - design @ solution[0], axis=1)
        scale = max(4.685 * float(np.median(rest)) / 0.6745, 1.0)
        weight = np.clip(1.0 - (rest / scale) ** 2, 0.0, 1.0)
    surface = basis @ solution[0].astype(np.float32)
    return surface, _spread(rest.astype(np.float32))


def _follow(lab: Floats, colour: Floats, ground: Bools) -> Floats:
    """The surface plus the ground's own slow deviations from it.

    A normalised convolution, at a quarter of the size: its result is smooth.
    """
    weight = ground.astype(np.float32)[..., None]
    small = (max(1, ground.shape[1] // 4), max(1, ground.shape[0] // 4))
    both = np.concatenate([(lab - colour) * weight, weight], axis=2)
    quarter = cv2.resize(both, small, interpolation=cv2.INTER_AREA)
    spread = np.asarray(cv2.GaussianBlur(quarter, (0, 0), 0.03 * max(small)), np.float32)
    deviation = spread[..., :3] / (spread[..., 3:] + 0.05)
    return np.asarray(colour + resized(deviation, ground.shape), np.float32)
