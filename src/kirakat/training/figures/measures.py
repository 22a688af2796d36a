"""What is measured on a picture, besides the measures that the quality gate shares."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import delta_e76, palette, rgb_to_lab
from kirakat.models.protocols import Segmenter
from kirakat.quality.expansion import added_object, redrawn
from kirakat.types import RGB, Alpha

# Colours of a palette.
COLOURS = 4
# Distance from the outline, as shares of the long side, of the rings that rim contrast compares.
_NEAR, _FAR = 0.006, 0.03
# The backdrop's palette leaves out what is this near to the product.
_MARGIN = 0.03


@dataclass(frozen=True, kw_only=True)
class FoundObject:
    """What a segmenter finds in a picture, against the product that was placed there."""

    # Area beyond the product, past the segmenter's tolerance and hanging together with it, over
    # the product's area: `quality.expansion`.
    expansion: float
    # The published form: all that is found beyond the product over the product's area.
    union: float
    # Share of the product that is found at all. Low: no expansion figure means much.
    product_found: float


def find_object(
    picture: RGB, matte: Alpha, segmenter: Segmenter, *, untouched: RGB | None = None
) -> FoundObject:
    """Expansion in both forms of a picture (h, w, 3) around a product of coverage (h, w).

    What `untouched` (h, w, 3), the picture that was started from, shows already was not added:
    beyond the product only what differs from it counts.
    """
    product = matte > 0.5
    found = segmenter.segment(picture) > 0.5
    if untouched is not None:
        found &= product | redrawn(picture, untouched)
    area = max(float(product.sum()), 1.0)
    return FoundObject(
        expansion=float(added_object(found, product).sum()) / area,
        union=float((found & ~product).sum()) / area,
        product_found=float((found & product).sum()) / area,
    )


def rim_contrast(picture: RGB, matte: Alpha) -> float:
    """CIE76 distance across the outline: how well the product stands out from its background.

    Each outline point compares the mean colour of a ring inside with that of one outside, both
    clear of the matte's ramp. 0 where the picture has no outline.
    """
    size = max(matte.shape)
    product = (matte > 0.5).astype(np.uint8)
    out = cv2.distanceTransform(1 - product, cv2.DIST_L2, 5)
    into = cv2.distanceTransform(product, cv2.DIST_L2, 5)
    near, far = max(_NEAR * size, 1.5), _FAR * size
    lab = rgb_to_lab(picture)
    inner = _ring_mean(lab, (into > near) & (into <= far), far)
    outer = _ring_mean(lab, (out > near) & (out <= far), far)
    rim = (into > 0) & (into <= near) & (inner[1] > 0.02) & (outer[1] > 0.02)
    return float(delta_e76(inner[0][rim], outer[0][rim]).mean()) if rim.any() else 0.0


@dataclass(frozen=True, kw_only=True)
class MainColours:
    """A palette that can be compared."""

    # (n, 3) CIELAB
    lab: NDArray[np.float32]
    # (n,) shares of the area, summing to 1.
    shares: NDArray[np.float64]

    def apart(self, other: MainColours) -> float:
        """CIE76 between two palettes.

        The mean, weighted by share, of each colour's distance to the other palette's nearest,
        both ways.
        """
        distances = delta_e76(self.lab[:, None], other.lab[None])
        there = float((self.shares * distances.min(1)).sum())
        back = float((other.shares * distances.min(0)).sum())
        return (there + back) / 2.0


def product_colours(picture: RGB, matte: Alpha) -> MainColours:
    """The palette of what `matte` (h, w) covers in a picture (h, w, 3)."""
    return _colours(picture, matte)


def background_colours(picture: RGB, matte: Alpha) -> MainColours:
    """The palette of what lies clear of the product."""
    reach = 2 * max(round(_MARGIN * max(matte.shape)), 1) + 1
    near = cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((reach, reach), np.uint8))
    return _colours(picture, 1.0 - near.astype(np.float32))


def _colours(picture: RGB, where: Alpha) -> MainColours:
    found = palette(picture, where, COLOURS)
    return MainColours(
        lab=rgb_to_lab(np.array([colour.rgb for colour in found], np.uint8)),
        shares=np.array([colour.share for colour in found]),
    )


def _ring_mean(
    lab: NDArray[np.float32], where: NDArray[np.bool_], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colour (h, w, 3) of the marked pixels around each pixel, and their weight (h, w)."""
    mask = where.astype(np.float32)
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    total = cv2.GaussianBlur(lab * mask[..., None], (0, 0), sigma)
    mean = np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32)
    return mean, np.asarray(weight, np.float32)
