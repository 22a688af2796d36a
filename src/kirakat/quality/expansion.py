"""How much a generated picture adds to the product: ControlNet's virtual extensions.

The published measure is the area that a segmenter finds in the generated picture beyond the
product's own mask, over the mask's area (Eshratifar et al., Salient Object-Aware Background
Generation using Text-Guided Diffusion Models, CVPRW 2024). Here only what hangs together with
the product counts: another object in the scene extends nothing.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import delta_e76, rgb_to_lab
from kirakat.types import RGB, Alpha

# Distance from the product, as a share of the picture's long side, within which a segmenter's
# outline is no evidence: U2-Net sees the picture at 320 pixels.
TOLERANCE = 0.012


# Colour distance (CIE76), over a few pixels' mean, from which a place counts as redrawn.
REDRAWN = 8.0


class _Segmenter(Protocol):
    def segment(self, pixels: RGB) -> Alpha: ...


def expansion(
    picture: RGB,
    matte: Alpha,
    segmenter: _Segmenter,
    *,
    untouched: RGB | None = None,
    tolerance: float = TOLERANCE,
) -> float:
    """Area of the object beyond the product, as a share of the product's area.

    `picture` (h, w, 3) is a generated picture before or after cut back, or the product on a plain
    ground: the latter gives the segmenter's own noise. `matte` (h, w) is the product's coverage
    there. `untouched` (h, w, 3) is the picture that generation started from, where there is one:
    what stands there already, such as a podium that a segmenter takes for part of the product,
    was not added. 0 when the matte is empty.
    """
    product = matte > 0.5
    if not product.any():
        return 0.0
    added = expansion_map(picture, matte, segmenter, untouched=untouched, tolerance=tolerance)
    return float(added.sum()) / float(product.sum())


def expansion_map(
    picture: RGB,
    matte: Alpha,
    segmenter: _Segmenter,
    *,
    untouched: RGB | None = None,
    tolerance: float = TOLERANCE,
) -> NDArray[np.bool_]:
    """Where (h, w) the object reaches beyond the product: what `expansion` counts."""
    found = segmenter.segment(picture) > 0.5
    if untouched is not None:
        found &= redrawn(picture, untouched)
    return added_object(found, matte > 0.5, tolerance=tolerance)


def redrawn(picture: RGB, untouched: RGB) -> NDArray[np.bool_]:
    """Where (h, w) two pictures (h, w, 3) differ in more than texture and an autoencoder's haze."""
    sigma = 0.004 * max(picture.shape)
    before, after = (
        rgb_to_lab(np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8))
        for pixels in (untouched, picture)
    )
    return delta_e76(before, after) > REDRAWN


def added_object(
    found: NDArray[np.bool_], product: NDArray[np.bool_], *, tolerance: float = TOLERANCE
) -> NDArray[np.bool_]:
    """What was found (h, w) beyond the product (h, w) and touching it."""
    reach = max(round(tolerance * max(product.shape)), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    allowed = cv2.dilate(product.astype(np.uint8), kernel)
    beyond = (found & (allowed == 0)).astype(np.uint8)
    count, labels = cv2.connectedComponents(beyond, connectivity=8)
    touched = cv2.dilate(allowed, np.ones((3, 3), np.uint8)) > 0
    attached = np.zeros(count, np.bool_)
    attached[np.unique(labels[touched])] = True
    attached[0] = False
    return np.asarray(attached[labels], np.bool_)
