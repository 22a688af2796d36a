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
# Share of what the segmenter sees that lines must enclose.
_AGREED = 0.6
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
    enclosed = _enclosed(_lines(rest, product), product)
    if enclosed.sum() < _LEAST * product.sum():
        return nothing
    seen = segment(_amplified(rest, product)) > 0.5
    return _confirmed(seen & ~product, enclosed, product)


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


def _confirmed(seen: Bools, enclosed: Bools, product: Bools) -> Bools:
    """The seen regions beside the product that lines enclose for the greater part."""
    labels, stats = components(seen, connectivity=4)
    agreed = share_of(labels, enclosed)
    beside = share_of(labels, _grown(product, 0.01)) > 0.0
    areas = stats[:, cv2.CC_STAT_AREA]
    glass = (agreed > _AGREED) & beside & (areas > _LEAST * product.sum())
    glass[0] = False
    return _smoothed(np.asarray(glass[labels]), product)


def _smoothed(glass: Bools, product: Bools) -> Bools:
    """The glass without slivers along the product, its outline straight where it nearly is.

    Vessels are mostly convex: a nearly convex outline is taken to be convex, since faint lines
    are found with gaps.
    """
    kernel = disc_kernel(_pixels(0.02, glass))
    apart = (glass & ~widened(product, 2)).astype(np.uint8)
    body = np.asarray(cv2.morphologyEx(apart, cv2.MORPH_OPEN, kernel) > 0)
    hull = _hull(body)
    filled = int((hull & (body | product)).sum())
    body = hull if filled > _CONVEX * hull.sum() else body
    return _closed(body | product, 0.03) & _grown(body, 0.06) & ~product


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
