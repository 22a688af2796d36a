"""Clear glass on a plain ground: outlined by faint lines, and filled with the ground's colour.

A segmenter sees the lid of a jar and not the jar. Two signs together tell glass from a shadow:
thin lines, many times the noise, that draw an outline apart from the product; and the segmenter,
shown the picture's departure from its ground alone, amplified and without the known product.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.planes import (
    Bools,
    Floats,
    components,
    disc_kernel,
    sampled,
    share_of,
    widened,
)
from kirakat.types import RGB, Alpha

# Lines count from this many times the noise, and grow along to the lower figure.
_LINE, _LINE_ON = 6.0, 3.0
# Amplification of the departure from the ground, and the lightness that stands for none.
_GAIN, _GREY = 4.0, 70.0
# Least share of the product's area that is worth calling glass.
_LEAST = 0.25
# Least share of a vessel's outline that is apart from the product, and of that part the share
# that lines must draw.
_FREE, _DRAWN = 0.4, 0.5
# Share of its convex hull that a nearly convex outline fills.
_CONVEX = 0.92


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
    lines = _lines(rest, product)
    if _enclosed(lines, product).sum() < _LEAST * product.sum():
        return nothing
    return _confirmed(segment(_amplified(rest, product)) > 0.5, lines, product)


def _is_light_and_neutral(backdrop: Backdrop) -> bool:
    light, a, b = np.median(backdrop.colour.reshape(-1, 3), axis=0)
    return bool(light > 70.0 and np.hypot(a, b) < 10.0)


def _pixels(share: float, mask: Bools) -> int:
    """A share of the picture's long side, in pixels."""
    return max(1, round(share * float(max(mask.shape))))


def _grown(mask: Bools, share: float) -> Bools:
    """The mask widened by a share of the picture's long side."""
    return widened(mask, _pixels(share, mask))


def _lines(rest: Floats, product: Bools) -> Bools:
    """Fine structure of lightness (difference of Gaussians) well above the noise."""
    scale = max(product.shape) / 700.0
    light = rest[..., 0]
    fine = cv2.GaussianBlur(light, (0, 0), 1.5 * scale) - cv2.GaussianBlur(light, (0, 0), 6 * scale)
    free = ~_grown(product, 0.03)
    noise = max(1.4826 * float(np.median(np.abs(fine[free]))), 0.03) if free.any() else 1.0
    weak = (np.abs(fine) > _LINE_ON * noise) & ~_grown(product, 0.006)
    labels, stats = components(weak)
    peak = np.zeros(len(stats))
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
    kernel = disc_kernel(_pixels(0.012, product))
    return np.asarray(cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0)


def _closed(mask: Bools, share: float) -> Bools:
    radius = _pixels(share, mask)
    padded = np.pad(mask.astype(np.uint8), radius)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc_kernel(radius))
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
    return np.asarray(np.rint(255.0 * _to_rgb(lab)), np.uint8)


def _to_rgb(lab: Floats) -> Floats:
    """sRGB (h, w, 3) in [0, 1] of CIE Lab."""
    return np.clip(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.float32), 0.0, 1.0)


def _confirmed(seen: Bools, lines: Bools, product: Bools) -> Bools:
    """The seen regions that have an outline of their own, drawn by faint lines.

    What the product frames on most sides, such as the space under a headband, is no vessel.
    """
    labels, stats = components(seen, connectivity=4)
    outside = share_of(labels, ~product) * stats[:, cv2.CC_STAT_AREA]
    glass = np.zeros_like(product)
    for label in np.flatnonzero(outside > _LEAST * product.sum()):
        region = np.asarray(labels == label)
        if label and _has_own_outline(region, lines, product):
            glass |= _smoothed(region, product)
    return glass


def _has_own_outline(region: Bools, lines: Bools, product: Bools) -> bool:
    """Whether a region's outline is largely apart from the product, and there follows lines."""
    outline = region & ~_eroded(region)
    free = outline & ~_grown(product, 0.012)
    drawn = free & _grown(lines, 0.01)
    return bool(free.sum() > _FREE * outline.sum() and drawn.sum() > _DRAWN * free.sum())


def _eroded(mask: Bools) -> Bools:
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _smoothed(region: Bools, product: Bools) -> Bools:
    """The glass of a region without slivers along the product.

    Vessels are mostly convex: a nearly convex outline is taken to be convex, since faint lines
    are found with gaps.
    """
    hull = _hull(region)
    body = hull if region.sum() > _CONVEX * hull.sum() else region
    kernel = disc_kernel(_pixels(0.007, body))
    apart = cv2.morphologyEx((body & ~product).astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    return _closed(np.asarray(apart) | product, 0.007) & _grown(np.asarray(apart), 0.01) & ~product


def _hull(mask: Bools) -> Bools:
    """The convex hull of a mask."""
    filled = np.zeros(mask.shape, np.uint8)
    points = cv2.findNonZero(mask.astype(np.uint8))
    if points is None:
        return filled > 0
    cv2.fillConvexPoly(filled, cv2.convexHull(np.asarray(points)), 1)
    return filled > 0


def clear_colours(pixels: RGB, alpha: Alpha, backdrop: Backdrop, where: Bools) -> RGB:
    """Colours (n, 3) of the pixels of `where` (H, W): F = (C - (1 - a) B) / a, B the ground."""
    ground = 255.0 * sampled(_to_rgb(backdrop.colour), where)
    cover = np.maximum(alpha[where], 0.05)[:, None]
    colours = (pixels[where] - (1.0 - cover) * ground) / cover
    return np.clip(np.rint(colours), 0.0, 255.0).astype(np.uint8)
