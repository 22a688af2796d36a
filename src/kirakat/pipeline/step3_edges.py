"""Step 3: the product's edges, the control image that ControlNet follows.

Only what lies inside the product counts: an edge of the photo's own backdrop would be drawn
into the new background. The mask's contour can be drawn in, which keeps the generator from
continuing the product beyond its outline (Czapp et al., RecSys '24, "virtual extension").
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.errors import MaskError
from kirakat.models.protocols import EdgeDetector
from kirakat.types import RGB, Alpha

# What is eroded from the mask, as a share of the picture's long side: the matte's own ramp.
_RIM_SHARE = 0.004
# Long side in pixels from which a contour of one pixel would be lost in the model's input.
_THICK_CONTOUR_FROM = 384
# Width of the colours carried over the rim, as a share of the long side.
_CARRY_SHARE = 0.02


def draw_edges(product: RGB, alpha: Alpha, *, detector: EdgeDetector, contour: bool) -> RGB:
    """The control image (h, w, 3), white edges on black, of a placed product.

    `product` (h, w, 3) holds its colours and `alpha` (h, w) its coverage, both at generation
    size. `contour` draws the mask's outline too, but not along the picture's own border,
    where a product that the photo cuts off goes on. Raises `MaskError` when the two differ in
    size or nothing is covered.
    """
    if product.shape != (*alpha.shape, 3):
        raise MaskError("product and alpha differ in size", sizes=(product.shape, alpha.shape))
    solid = alpha > 0.5
    if not solid.any():
        raise MaskError("the placed product covers no pixel")
    rim = max(1, round(_RIM_SHARE * max(alpha.shape)))
    edges = detector.detect(_without_backdrop(product, alpha))
    edges = np.where(_eroded(solid, rim), edges, 0).astype(np.uint8)
    if contour:
        edges[_outline(solid)] = 255
    return np.repeat(edges[..., None], 3, axis=2)


def _without_backdrop(product: RGB, alpha: Alpha) -> RGB:
    """The product with its own colours carried on beyond its rim, so that the rim is no edge."""
    sigma = max(2.0, _CARRY_SHARE * max(alpha.shape))
    weight = np.where(alpha > 0.95, 1.0, 0.0).astype(np.float32)
    if not weight.any():
        weight = alpha.astype(np.float32)
    colours = product.astype(np.float32)
    mean = (colours * weight[..., None]).sum((0, 1)) / weight.sum()
    # The mean, at a small weight, is what remains far from the product.
    near = cv2.GaussianBlur(colours * weight[..., None], (0, 0), sigma) + 1e-3 * mean
    near /= (cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-3)[..., None]
    inside = weight[..., None]
    carried = np.round(colours * inside + near * (1.0 - inside)).clip(0, 255)
    return np.asarray(carried, np.uint8)


def _eroded(solid: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """The mask without its outermost pixels; the picture's border is no rim."""
    size = 2 * pixels + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    mask = cv2.erode(solid.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(mask, np.bool_)


def _outline(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask's outermost pixels, one or two wide, without the picture's border."""
    width = 2 if max(solid.shape) >= _THICK_CONTOUR_FROM else 1
    inner = solid
    for _ in range(width):
        inner = _eroded(inner, 1)
    return np.asarray(solid & ~inner, np.bool_)
