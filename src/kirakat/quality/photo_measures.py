"""What of a product photo can be measured: size, sharpness, light, noise, compression, framing.

Shoppers see a photo at some 800 px, so sharpness, light and noise are measured on a copy in which
the product is no larger; traces of compression on the file's own pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.doubt import cut_share
from kirakat.types import RGB, Alpha, Box, Cutout

# Long side of the product in the copy in pixels.
_SEEN = 800
# Scales in pixels at which gradients are taken, and the share of them that counts as edges.
_FINE, _COARSE, _EDGES = 1.0, 2.0, 0.02
# Levels of gradient at the fine scale below which an edge is too faint to be judged.
_FAINT = 1.5
# Side in pixels of the squares in which noise is looked for, and the share of even ones.
_SQUARE, _EVEN = 16, 0.2
# Side of JPEG's blocks, and rows and columns that their edges are looked for in, at most.
_BLOCK, _LINES = 8, 1024
# Levels of a step that nobody sees.
_UNSEEN = 2.0
# Levels that count as clipped.
_WHITE, _BLACK = 254, 2
# Ground beside the product that is seen with it, as a share of its box.
_BESIDE = 0.05

Plane = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class PhotoMeasures:
    """A photo's figures before they are judged."""

    # Long side of the product in the file's pixels.
    product_pixels: int
    # Standard deviation in pixels of the blur of its typical edge, when it is shown at 800 px.
    blur: float
    # Lightness (CIE L, 0 to 100) that 95 % of the product and the ground beside it stay below,
    # and how far above that of the darkest 5 %.
    light: float
    contrast: float
    # Share of the product that is pure white or black.
    clipped: float
    # Standard deviation of noise in 8-bit levels, at 800 px.
    noise: float
    # By which share steps at the edges of JPEG's blocks exceed those inside; 0: not at all.
    blockiness: float
    # Long side of the product as a share of the picture's side, the larger of both directions.
    share: float
    # How far its middle is from the picture's, as a share of half the picture; the larger.
    offset: float
    # Share of its outline that lies on the photo's edge, and whether any of note does.
    cut: float
    touches: bool


def measure_photo(pixels: RGB, cutout: Cutout) -> PhotoMeasures:
    """The figures of a photo (H, W, 3) whose product is known."""
    window = _window(cutout.bbox, pixels.shape)
    grey, product = _seen(pixels[window], cutout.alpha[window])
    low, high = _lightnesses(grey, product)
    return PhotoMeasures(
        product_pixels=round(max(cutout.bbox.width, cutout.bbox.height)),
        blur=_blur(grey, product),
        light=high,
        contrast=high - low,
        clipped=_clipped(grey, product),
        noise=_noise(grey),
        blockiness=_blockiness(pixels),
        share=_share(cutout.bbox, pixels.shape),
        offset=_offset(cutout.bbox, pixels.shape),
        cut=cut_share(cutout.alpha),
        touches=bool(cutout.border_contact),
    )


def _window(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the product and a little ground around it."""
    beside = 4 + round(_BESIDE * max(box.width, box.height))
    top, left = max(0, int(box.y) - beside), max(0, int(box.x) - beside)
    bottom = min(shape[0], int(box.y + box.height) + beside)
    right = min(shape[1], int(box.x + box.width) + beside)
    return slice(top, bottom), slice(left, right)


def _seen(pixels: RGB, alpha: Alpha) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Luma (h, w) and product (h, w) as a shopper sees them."""
    scale = min(1.0, _SEEN / max(pixels.shape[:2]))
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if scale == 1.0:
        return grey, alpha > 0.5
    size = max(1, round(scale * grey.shape[1])), max(1, round(scale * grey.shape[0]))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)) > 0.5


def _lightnesses(grey: NDArray[np.uint8], product: NDArray[np.bool_]) -> tuple[float, float]:
    """CIE L, as near as luma gives it, of the darkest and the lightest 5 %.

    Product and ground count for half each, or a thin product would not count at all.
    """
    counts = [np.bincount(grey[side], minlength=256) for side in (product, ~product)]
    both = sum(count / max(1, int(count.sum())) for count in counts)
    below = np.cumsum(both) / np.sum(both)
    dark, light = (int(np.searchsorted(below, share)) for share in (0.05, 0.95))
    return _lightness(dark), _lightness(min(255, light))


def _lightness(level: int) -> float:
    """CIE L of a grey level."""
    return float(rgb_to_lab(np.full((1, 1, 3), level, np.uint8))[0, 0, 0])


def _blur(grey: NDArray[np.uint8], product: NDArray[np.bool_]) -> float:
    """Blur of the product's edges, its outline among them.

    Zhuo and Sim, "Defocus map estimation from a single image" (2011): a step with blur s has a
    gradient of 1 / sqrt(s^2 + t^2) at scale t, so that the ratio of two scales gives s, whatever
    the contrast; noise lies far below the strongest edges. The median over them.
    """
    near = cv2.dilate(product.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    fine, coarse = (_gradient(grey, scale) for scale in (_FINE, _COARSE))
    strengths = fine[near]
    if not strengths.size:
        return _COARSE
    edges = near & (fine >= max(_FAINT, float(np.quantile(strengths, 1.0 - _EDGES))))
    # A ridge of the gradient: beside an edge's middle the ratio says nothing.
    edges &= fine >= cv2.dilate(fine, np.ones((3, 3), np.uint8)) * 0.98
    if not edges.any():
        return _COARSE
    square = np.square(fine[edges] / np.maximum(coarse[edges], 1e-3))
    blur = (_COARSE**2 - square * _FINE**2) / np.maximum(square - 1.0, 0.02)
    return float(np.sqrt(max(0.0, float(np.median(blur)))))


def _gradient(grey: NDArray[np.uint8], scale: float) -> Plane:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), scale)
    x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(cv2.magnitude(x, y), np.float32)


def _clipped(grey: NDArray[np.uint8], product: NDArray[np.bool_]) -> float:
    inside = grey[product]
    return float(((inside >= _WHITE) | (inside <= _BLACK)).mean()) if inside.size else 0.0


def _noise(grey: NDArray[np.uint8]) -> float:
    """Immerkaer, "Fast noise variance estimation" (1996), in the most even squares."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rest = np.abs(np.asarray(cv2.filter2D(grey, cv2.CV_32F, mask), np.float32))
    size = max(1, grey.shape[1] // _SQUARE), max(1, grey.shape[0] // _SQUARE)
    squares, level = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (rest, grey.astype(np.float32))
    )
    # Clipped squares have no noise to be seen.
    usable = squares[(level < 250.0) & (level > 5.0)]
    if not usable.size:
        return 0.0
    return float(np.quantile(usable, _EVEN) * np.sqrt(np.pi / 2.0) / 6.0)


def _blockiness(pixels: RGB) -> float:
    """By which share steps at JPEG's block edges exceed those inside.

    After Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed
    images" (2002); seen only where the file has the pixels that were compressed.
    """
    part = np.asarray(cv2.cvtColor(pixels[:_LINES, :_LINES], cv2.COLOR_RGB2GRAY), np.uint8)
    across = cv2.absdiff(part[:, 1:], part[:, :-1]).mean(0)
    down = cv2.absdiff(part[1:], part[:-1]).mean(1)
    return max(0.0, (_excess(across) + _excess(down)) / 2.0)


def _excess(steps: NDArray[np.float64]) -> float:
    """Relative to what hides them: the steps inside, and what nobody sees on an even ground."""
    at_edge = np.arange(1, len(steps) + 1) % _BLOCK == 0
    if not at_edge.any() or at_edge.all():
        return 0.0
    at, inside = float(np.median(steps[at_edge])), float(np.median(steps[~at_edge]))
    return (at - inside) / (inside + _UNSEEN)


def _share(box: Box, shape: tuple[int, ...]) -> float:
    return float(max(box.width / shape[1], box.height / shape[0]))


def _offset(box: Box, shape: tuple[int, ...]) -> float:
    x = abs(box.x + box.width / 2.0 - shape[1] / 2.0) / (shape[1] / 2.0)
    y = abs(box.y + box.height / 2.0 - shape[0] / 2.0) / (shape[0] / 2.0)
    return float(max(x, y))
