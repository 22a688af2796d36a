"""Step 5: the product's own pixels go back over the background that was generated around it.

The product is resampled once, from source pixels to its final size. Where it covers fully its
pixels go through untouched; along the rim it is blended in linear light with colours that hold
none of the photo's backdrop.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.errors import LayoutError
from kirakat.imaging.colour import linear_to_srgb8, srgb8_to_linear
from kirakat.imaging.resample import resample_alpha, resample_product
from kirakat.imaging.shadow import Shadow, shade
from kirakat.types import RGB, Alpha, Cutout, Layout

# Share of the background's light that wraps around the outermost rim.
LIGHT_WRAP = 0.12
# Coverage, in half steps of 8 bits, that counts as all or nothing.
_OPAQUE = 1.0 - 1.0 / 512.0
_CLEAR = 1.0 / 512.0
# Resolution of the fill, as a divisor of the picture's: what is filled in is a rim's width.
_COARSE = 4


def cut_back(
    source_pixels: RGB,
    cutout: Cutout,
    layout: Layout,
    background: RGB,
    *,
    shadow: Shadow | None,
    alpha: Alpha | None = None,
) -> RGB:
    """The creative (h, w, 3): product from `source_pixels` (H, W, 3) over `background` (h, w, 3).

    `shadow` darkens the background alone. `alpha` (h, w) is `place_alpha` of the same cutout
    and layout, for callers that have it. Raises `LayoutError` when the background does not
    have the layout's size.
    """
    if background.shape != (layout.height, layout.width, 3):
        raise LayoutError("the background has another size than its layout", shape=background.shape)
    shaded = background.copy() if shadow is None else shade(background, shadow)
    if alpha is None:
        alpha = place_alpha(cutout, layout)
    return paste(place_colours(source_pixels, cutout, layout), alpha, shaded)


def place_alpha(cutout: Cutout, layout: Layout) -> Alpha:
    """The product's coverage (h, w) where the layout puts it."""
    return resample_alpha(cutout.alpha, layout, within=cutout.extent)


def place_colours(source_pixels: RGB, cutout: Cutout, layout: Layout) -> RGB:
    """The product's colours (h, w, 3) where the layout puts it.

    They come from the source (H, W, 3) where alpha is 1, and from the estimated foreground at
    and beyond the rim.
    """
    colours = cutout.foreground.copy()
    cv2.copyTo(source_pixels, (cutout.alpha >= 1.0).astype(np.uint8), colours)
    return resample_product(colours, layout, within=cutout.extent)


def paste(product: RGB, alpha: Alpha, background: RGB) -> RGB:
    """Product over background (h, w, 3 each) by coverage (h, w), in linear light; a new picture."""
    result = background.copy()
    opaque = alpha >= _OPAQUE
    cv2.copyTo(product, opaque.astype(np.uint8), result)
    rows, columns = np.nonzero((alpha > _CLEAR) & ~opaque)
    coverage = alpha[rows, columns][:, None]
    behind = srgb8_to_linear(background[rows, columns])
    front = srgb8_to_linear(product[rows, columns])
    front += LIGHT_WRAP * (1.0 - coverage) * (behind - front)
    result[rows, columns] = linear_to_srgb8(front * coverage + behind * (1.0 - coverage))
    return result


def clean_rim(background: RGB, alpha: Alpha, *, radius: float | None = None) -> RGB:
    """The background (h, w, 3) with the model's own drawing of the product taken out of it.

    What lies under the product of coverage `alpha` (h, w) and up to `radius` pixels around it is
    filled from farther out, fading back to the picture over half a radius more. The default
    radius is 0.6 % of the canvas' diagonal. Without product the background comes back as it is.
    """
    height, width = alpha.shape
    if radius is None:
        radius = 0.006 * math.hypot(width, height)
    size = (-(-width // _COARSE), -(-height // _COARSE))
    distance = _distance(alpha, size)
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA)
    filled = _push_pull(small.astype(np.float32), (distance > radius).astype(np.float32))
    weight = np.clip(3.0 - 2.0 * distance / radius, 0.0, 1.0)
    rows, columns = np.flatnonzero(weight.any(1)), np.flatnonzero(weight.any(0))
    if not rows.size or weight.all():
        return background
    # One coarse pixel more at each side, so that interpolation never meets the window's edge.
    top, left = max(rows[0] - 1, 0), max(columns[0] - 1, 0)
    bottom, right = rows[-1] + 2, columns[-1] + 2
    result = background.copy()
    patch = result[top * _COARSE : bottom * _COARSE, left * _COARSE : right * _COARSE]
    _blend(patch, filled[top:bottom, left:right], weight[top:bottom, left:right])
    return result


def _blend(patch: RGB, filled: NDArray[np.float32], weight: NDArray[np.float32]) -> None:
    """Mixes the coarse fill into the patch (h, w, 3), in place, by the coarse weight."""
    size = (filled.shape[1] * _COARSE, filled.shape[0] * _COARSE)
    height, width = patch.shape[:2]
    fill = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    share = cv2.resize(weight, size, interpolation=cv2.INTER_LINEAR)[:height, :width, None]
    np.copyto(patch, np.rint(patch + (fill - patch) * share).astype(np.uint8))


def _distance(alpha: Alpha, size: tuple[int, int]) -> NDArray[np.float32]:
    """Distance to the product in pixels of the canvas, at the coarse (width, height)."""
    coarse = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    outside = (coarse <= 0.02).astype(np.uint8)
    if outside.all():
        return np.full(outside.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5) * _COARSE, np.float32)


def _push_pull(colours: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (h, w, 3) where `known` (h, w) is 1, elsewhere a smooth continuation of them.

    Pull: weighted means at ever coarser levels. Push: gaps filled from the level above (Gortler
    et al., The Lumigraph, 1996, section 3.4).
    """
    if min(known.shape) < 2:
        mean = (colours * known[..., None]).sum((0, 1)) / max(float(known.sum()), 1e-6)
        return np.where(known[..., None] > 0.0, colours, mean.astype(np.float32))
    weight = cv2.pyrDown(known)
    coarse = cv2.pyrDown(colours * known[..., None]) / np.maximum(weight, 1e-6)[..., None]
    surer = np.asarray(np.minimum(4.0 * weight, 1.0), np.float32)
    above = _push_pull(np.asarray(coarse, np.float32), surer)
    spread = cv2.resize(above, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(spread + (colours - spread) * known[..., None], np.float32)
