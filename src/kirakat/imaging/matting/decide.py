"""Product or not, pixel by pixel, from the ground's colour and the segmenter together."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.components import keep_product
from kirakat.imaging.matting.evidence import Evidence, ramp
from kirakat.imaging.matting.openings import open_and_close
from kirakat.imaging.matting.planes import Bools, Floats, disc_kernel

# Votes beside the segmenter's, which is in [-1, 1].
_PRODUCT = 1.6
_REACHED = 0.45
# Light that a shadow leaves, at most, to be taken for product by a segmenter.
_DEEP_SHADOW = 0.75
# Half width of a notch, as a share of the picture's long side.
_NOTCH = 0.02
# Largest share of the product that a soft shadow under the segmenter's find may take away.
_MOST_REACHED = 0.05


def decide_on_backdrop(lab: Floats, prior: Floats, evidence: Evidence, backdrop: Backdrop) -> Bools:
    """The product (h, w) on a known ground.

    Colours that are neither ground nor shadow are product whatever the segmenter says, unless
    they fade into the ground. On a coloured ground the ground's own colour is opened even inside
    the product; on a neutral one the segmenter's word counts more.
    """
    chroma = np.hypot(backdrop.colour[..., 1], backdrop.colour[..., 2])
    coloured = ramp(chroma, 8.0, 12.0)
    reached = _trusted(evidence, prior)
    votes = 2.0 * prior - 1.0
    votes += _PRODUCT * np.maximum(evidence.product * ~reached, evidence.thin)
    votes -= (0.45 + 0.9 * coloured) * evidence.ground
    votes -= (0.5 + 0.7 * coloured) * evidence.shadow
    votes -= _REACHED * reached
    mask = np.asarray(cv2.GaussianBlur(votes.astype(np.float32), (0, 0), 1.0) > 0.0)
    mask = keep_product(mask, prior)
    return open_and_close(_without_notches(mask, prior, evidence), lab, evidence, backdrop)


def _without_notches(mask: Bools, prior: Floats, evidence: Evidence) -> Bools:
    """The mask with narrow notches filled that the segmenter sees and that are not the ground.

    Clear plastic before a shadow leaves such notches: it looks like the shadow.
    """
    kernel = disc_kernel(max(2, round(_NOTCH * max(mask.shape))))
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0
    return np.asarray(mask | (closed & (prior > 0.5) & (evidence.ground < 0.35)))


def _trusted(evidence: Evidence, prior: Floats) -> Bools:
    """What is reached from the ground, inside the segmenter's find only where it is a shadow.

    A product of the ground's colour has soft edges of its own, through which the flood leaks;
    a shadow that deceives a segmenter is deep, broad, and small beside the product.
    """
    inside = prior > 0.5
    reached = evidence.reached
    leaked = reached & inside & (evidence.light < _DEEP_SHADOW)
    if leaked.sum() > _MOST_REACHED * max(1, int(inside.sum())):
        return reached & ~inside
    kernel = disc_kernel(max(1, round(0.01 * max(prior.shape))))
    broad = cv2.morphologyEx(leaked.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    return np.asarray(reached & (~inside | broad))


def decide_alone(prior: Floats) -> Bools:
    """The product (h, w) where only the segmenter knows."""
    return keep_product(prior > 0.5, prior)
