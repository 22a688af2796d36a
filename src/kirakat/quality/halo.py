"""Whether a rim of foreign colour runs along the product's outline."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import delta_e76, linear_to_srgb8, rgb_to_lab, srgb8_to_linear
from kirakat.types import RGB, Alpha

# Longest side in pixels at which pictures are compared: what is finer is not seen as a rim.
WORKING_SIZE = 640
# Half width of an edge in those pixels.
EDGE = 1.6
# How far out a rim may reach, in half widths: the mean is taken over each and the largest counts.
REACHES = (1.0, 3.0)
# Mixtures, in linear light, that a rim pixel is compared with.
MIXTURES = 9
# Share of a neighbourhood that a side must fill to be compared with: thin parts have no inside.
SEEN = 0.05


def halo(creative: RGB, alpha: Alpha) -> float:
    """Mean CIE76 distance of the rim from the colours at both its sides.

    A clean edge is a mixture of what lies inside and outside of it, so each rim pixel of the
    creative (h, w, 3) is compared with the nearest mixture of the two: a clean edge measures
    near 0 whatever its contrast, a light or dark seam its distance from both. `alpha` (h, w) is
    the product's coverage; 0 where no rim has both sides in the picture.
    """
    window = _window(alpha > 0.5, round(0.03 * max(alpha.shape)) + 12)
    if window is None:
        return 0.0
    return max(seam.mean for seam in _seams(creative[window], alpha[window]))


def halo_map(creative: RGB, alpha: Alpha) -> NDArray[np.float32]:
    """The distances (h, w) whose mean `halo` is, where it is largest; 0 off the rim."""
    shown = np.zeros(alpha.shape, np.float32)
    window = _window(alpha > 0.5, round(0.03 * max(alpha.shape)) + 12)
    if window is None:
        return shown
    worst = max(_seams(creative[window], alpha[window]), key=lambda seam: seam.mean)
    size = shown[window].shape[1], shown[window].shape[0]
    shown[window] = cv2.resize(worst.distances, size, interpolation=cv2.INTER_NEAREST)
    return shown


class _Seam(NamedTuple):
    """A rim's distances from mixtures of both its sides, 0 off the rim, and their mean."""

    distances: NDArray[np.float32]
    mean: float


def _seams(creative: RGB, alpha: Alpha) -> list[_Seam]:
    """One for each reach of a picture around the product."""
    scale = min(1.0, WORKING_SIZE / max(alpha.shape))
    pixels = np.asarray(_reduced(creative, scale), np.uint8)
    distance = _signed_distance(_reduced(alpha, scale) > 0.5)
    linear = srgb8_to_linear(pixels)
    far = 3.0 * EDGE + 2.0
    inner = _local_mean(linear, (distance <= -EDGE - 1.0) & (distance >= -far), far)
    return [_seam(pixels, linear, distance, inner, reach) for reach in REACHES]


def _seam(
    pixels: RGB,
    linear: NDArray[np.float32],
    distance: NDArray[np.float32],
    inner: tuple[NDArray[np.float32], NDArray[np.float32]],
    reach: float,
) -> _Seam:
    """A rim that reaches `reach` edges out, against mixtures of both its sides."""
    last = reach * EDGE
    outside = (distance >= last + 1.0) & (distance <= last + 2.0 * EDGE + 2.0)
    outer = _local_mean(linear, outside, last + 2.0 * EDGE + 2.0)
    rim = (distance > -EDGE) & (distance < last) & (inner[1] > SEEN) & (outer[1] > SEEN)
    shown = np.zeros(distance.shape, np.float32)
    if not rim.any():
        return _Seam(shown, 0.0)
    shown[rim] = _from_mixtures(pixels[rim], inner[0][rim], outer[0][rim])
    return _Seam(shown, float(shown[rim].mean()))


def _reduced(values: NDArray[Any], scale: float) -> NDArray[Any]:
    """A picture or matte made smaller by area means."""
    if scale == 1.0:
        return values
    size = (max(round(values.shape[1] * scale), 1), max(round(values.shape[0] * scale), 1))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _from_mixtures(
    colours: RGB, inside: NDArray[np.float32], outside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(n,) distances from sRGB colours (n, 3) to the nearest mixture of two linear ones (n, 3)."""
    lab = rgb_to_lab(colours)
    nearest = np.full(len(lab), np.inf, np.float32)
    for share in np.linspace(0.0, 1.0, MIXTURES, dtype=np.float32):
        mixture = rgb_to_lab(linear_to_srgb8(inside + share * (outside - inside)))
        np.minimum(nearest, delta_e76(lab, mixture), out=nearest)
    return nearest


def _local_mean(
    linear: NDArray[np.float32], where: NDArray[np.bool_], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colour (h, w, 3) of the marked pixels around each pixel, and their weight (h, w)."""
    mask = where.astype(np.float32)
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    total = cv2.GaussianBlur(linear * mask[..., None], (0, 0), sigma)
    mean = np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32)
    return mean, np.asarray(weight, np.float32)


def _signed_distance(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance (h, w) in pixels from the outline: negative inside, positive outside."""
    mask = inside.astype(np.uint8)
    out = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    into = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return np.asarray(np.where(inside, 0.5 - into, out - 0.5), np.float32)


def _window(inside: NDArray[np.bool_], margin: int) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not rows.size or inside.all():
        return None
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )
