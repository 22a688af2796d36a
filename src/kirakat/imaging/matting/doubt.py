"""Signs in the photo itself that a matte may be wrong, measured on a small copy.

A matte can be trusted where the product's colours are unlike those of the ground around it, where
the photo shows the whole product, and where nothing in it looks like a shadow.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.evidence import departure
from kirakat.imaging.matting.planes import Bools, Floats, disc_kernel, fit_within
from kirakat.types import RGB, Alpha

# Long side of the copy in pixels.
_SIZE = 400
# Lab units of one bin of a colour histogram: lightness, then a and b; and bins along an axis.
_BIN = np.array([8.0, 10.0, 10.0], np.float32)
_BINS = 32
# Width in pixels of the copy of the rim that is left out, and of the ground that is compared.
_RIM, _AROUND = 1.5, 20.0
# Light that a shadow leaves, at most; its tint beyond the noise, in Lab units; its local spread
# in stops of light.
_SHADE, _TINT, _FLAT = 0.75, 6.0, 0.25
# A segmenter is surer than this of most of what truly is product.
_SURE = 0.98
# Lightness of a ground on which dark parts of a product cannot be seen.
_BLACK = 8.0


def likeness(pixels: RGB, alpha: Alpha) -> float:
    """How alike the colours of the product and of the ground around it are, 0 to 1.

    Bhattacharyya's coefficient of two Lab histograms of a photo (h, w, 3) with coverage (H, W):
    the product without its rim, and a ring of ground around it.
    """
    small = fit_within(pixels, _SIZE)
    product = _reduced(alpha, small.shape) > 0.5
    ring = _away(product, _RIM) & ~_away(product, _AROUND)
    inside = _away(~product, _RIM)
    if not ring.any() or not inside.any():
        return 1.0
    bins = np.floor(rgb_to_lab(small) / _BIN).astype(np.int64) + _BINS // 2
    codes = (bins[..., 0] * _BINS + bins[..., 1]) * _BINS + bins[..., 2]
    one, other = (np.bincount(codes[side], minlength=_BINS**3) for side in (inside, ring))
    return float(np.sqrt(one / one.sum() * (other / other.sum())).sum())


def cut_share(alpha: Alpha) -> float:
    """Share of the outline of a matte (H, W) that lies on the photo's edge."""
    scale = min(1.0, _SIZE / max(alpha.shape))
    size = tuple(max(1, round(scale * side)) for side in alpha.shape)
    product = np.pad(_reduced(alpha, size) > 0.5, 1)
    outline = product & ~(cv2.erode(product.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    edge = np.ones_like(outline)
    edge[2:-2, 2:-2] = False
    return float((outline & edge).sum() / max(1, int(outline.sum())))


def shade_share(pixels: RGB, alpha: Alpha, coverage: Floats, backdrop: Backdrop) -> float:
    """Share of the product (H, W) that may be a hard shadow on the ground.

    It has the ground's chromaticity and less light, is even, and the segmenter, which sees
    `coverage` (h, w) in [0, 1], is not sure of it.
    """
    small = fit_within(pixels, _SIZE)
    product = _away(_reduced(alpha, small.shape) <= 0.5, _RIM)
    light, tint = departure(rgb_to_lab(small), _reduced(backdrop.colour, small.shape))
    shaded = (light < _SHADE) & (tint < 2.0 * backdrop.noise + _TINT) & _even(light)
    unsure = _reduced(coverage, small.shape) < _SURE
    found = (product & shaded & unsure).astype(np.uint8)
    broad = cv2.morphologyEx(found, cv2.MORPH_OPEN, disc_kernel(2))
    return float(broad.sum() / max(1, int(product.sum())))


def is_black(backdrop: Backdrop) -> bool:
    """Whether a ground is so dark that it hides the dark parts of a product."""
    return bool(np.median(backdrop.colour[..., 0]) < _BLACK)


def _reduced(plane: Floats, shape: tuple[int, ...]) -> Floats:
    """A plane (h, w[, c]) averaged to (H, W) = `shape[:2]`."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _away(mask: Bools, distance: float) -> Bools:
    """Pixels farther than `distance` from the mask."""
    reach: NDArray[np.float32] = np.asarray(
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32
    )
    return np.asarray(reach > distance)


def _even(light: Floats) -> Bools:
    """Where light varies by a fraction of a stop nearby."""
    stops = np.log2(np.maximum(light, 0.003)).astype(np.float32)
    mean, square = (cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in (stops, stops * stops))
    return np.asarray(np.asarray(square) - np.asarray(mean) ** 2 < _FLAT**2)
