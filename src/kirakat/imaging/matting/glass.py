"""Clear glass on a plain ground: outlined by faint lines, and filled with the ground's colour.

A segmenter sees the lid of a jar and not the jar. Two signs together tell glass from a shadow:
thin lines, many times the noise, that close a region beside the product; and the segmenter, shown
the picture's departure from its ground alone, amplified and with the known product taken out.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.colour_space import Bools, Floats, sampled
from kirakat.types import RGB, Alpha

# Lines count from this many times the noise, and grow along to the lower figure.
_LINE, _LINE_ON = 6.0, 3.0
# Amplification of the departure from the ground, and the lightness that stands for none.
_GAIN, _GREY = 4.0, 70.0
# Least share of the product's area that is worth calling glass.
_LEAST = 0.25
# Share of what the segmenter sees that lines must enclose.
_AGREED = 0.6


def find_glass(
    lab: Floats, product: Bools, backdrop: Backdrop, segment: Callable[[RGB], Alpha]
) -> Bools:
    """Where clear glass belongs to the `product` (h, w) but was not seen as such.

    Sought on light neutral grounds alone: on others, glass shows more than the ground.
    """
    nothing = np.zeros_like(product)
    if not _is_light_and_neutral(backdrop):
        return nothing
    rest = lab - backdrop.colour
    enclosed = _enclosed(_lines(rest, product), product)
    if enclosed.sum() < _LEAST * product.sum():
        return nothing
    seen = segment(_amplified(rest, product)) > 0.5
    return _confirmed(seen & ~product, enclosed, product)


def _is_light_and_neutral(backdrop: Backdrop) -> bool:
    light, a, b = np.median(backdrop.colour.reshape(-1, 3), axis=0)
    return bool(light > 70.0 and np.hypot(a, b) < 10.0)


def _grown(mask: Bools, share: float) -> Bools:
    """The mask widened by a share of the picture's long side."""
    radius = max(1, round(share * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)


def _lines(rest: Floats, product: Bools) -> Bools:
    """Fine structure of lightness (difference of Gaussians) well above the noise."""
    scale = max(product.shape) / 700.0
    light = rest[..., 0]
    fine = cv2.GaussianBlur(light, (0, 0), 1.5 * scale) - cv2.GaussianBlur(light, (0, 0), 6 * scale)
    free = ~_grown(product, 0.03)
    noise = max(1.4826 * float(np.median(np.abs(fine[free]))), 0.03) if free.any() else 1.0
    weak = (np.abs(fine) > _LINE_ON * noise) & ~_grown(product, 0.006)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak.astype(np.uint8), None, 8)
    peak = np.zeros(count)
    np.maximum.at(peak, labels.ravel(), np.abs(fine).ravel())
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    line = (peak > _LINE * noise) & (extent > 0.02 * max(product.shape))
    line[0] = False
    return np.asarray(line[labels])


def _enclosed(lines: Bools, product: Bools) -> Bools:
    """What lines and product close in together, but neither alone."""
    both = _closed(lines | _grown(product, 0.007), 0.012)
    filled, alone = _filled(both), _filled(product)
    region = filled & ~_grown(alone, 0.002)
    radius = max(1, round(0.012 * max(product.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0)


def _closed(mask: Bools, share: float) -> Bools:
    radius = max(1, round(share * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(mask.astype(np.uint8), radius)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    return np.asarray(closed[radius:-radius, radius:-radius] > 0)


def _filled(mask: Bools) -> Bools:
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(mask))


def _amplified(rest: Floats, product: Bools) -> RGB:
    """The departure from the ground as a picture, without the known product."""
    shown = np.where(_grown(product, 0.003)[..., None], 0.0, rest)
    light = np.clip(_GREY + _GAIN * shown[..., :1], 0.0, 100.0)
    tint = np.clip(_GAIN * shown[..., 1:], -60.0, 60.0)
    lab = np.concatenate([light, tint], axis=2).astype(np.float32)
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0.0, 1.0)
    return np.asarray(np.rint(255.0 * rgb), np.uint8)


def _confirmed(seen: Bools, enclosed: Bools, product: Bools) -> Bools:
    """The seen regions beside the product that lines enclose for the greater part."""
    count, labels = cv2.connectedComponents(seen.astype(np.uint8), None, 4)
    areas = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    agreed = np.bincount(labels.ravel(), enclosed.ravel(), count) / areas
    beside = np.bincount(labels.ravel(), _grown(product, 0.01).ravel(), count) > 0
    glass = (agreed > _AGREED) & beside & (areas > _LEAST * product.sum())
    glass[0] = False
    return np.asarray(glass[labels])


def clear_colours(pixels: RGB, alpha: Alpha, backdrop: Backdrop, where: Bools) -> RGB:
    """Colours (n, 3) of the pixels of `where` (H, W): F = (C - (1 - a) B) / a, B the ground."""
    ground = 255.0 * sampled(cv2.cvtColor(backdrop.colour, cv2.COLOR_LAB2RGB), where)
    cover = np.maximum(alpha[where], 0.05)[:, None]
    colours = (pixels[where] - (1.0 - cover) * ground) / cover
    return np.clip(np.rint(colours), 0.0, 255.0).astype(np.uint8)
