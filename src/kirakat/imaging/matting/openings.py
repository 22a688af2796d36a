"""Holes of a product: which show the ground, and which are the product itself."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.evidence import Evidence
from kirakat.imaging.matting.planes import Bools, Floats, Labels, components, disc_kernel, share_of

# Smallest hole worth opening, as a share of the picture.
_LEAST = 4e-5
# A ground lighter than this may be burnt out, and any highlight or white print looks like it.
_BURNT_OUT = 97.0
# Share of the ground's light above which an enclosed grey is a print rather than a shadow.
_PALEST_PRINT = 0.6


def open_and_close(mask: Bools, lab: Floats, evidence: Evidence, backdrop: Backdrop) -> Bools:
    """The mask with see-through holes opened and false holes closed."""
    opened = mask & ~_see_through(mask, lab, evidence, backdrop)
    return opened | _false_holes(opened, evidence)


def _see_through(mask: Bools, lab: Floats, evidence: Evidence, backdrop: Backdrop) -> Bools:
    """Regions inside the product that have exactly the ground's colour and a strong frame."""
    alike = mask & (evidence.ground > 0.35) & (backdrop.colour[..., 0] < _BURNT_OUT)
    alike = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, disc_kernel(1)) > 0
    labels, stats = components(np.asarray(alike), connectivity=4)
    framed = _framed(labels, len(stats), np.maximum(evidence.product, evidence.thin))
    offset = np.abs(share_of(labels, lab[..., 0] - backdrop.colour[..., 0]))
    areas = stats[:, cv2.CC_STAT_AREA]
    through = (areas > _LEAST * mask.size) & (framed > 0.7) & (offset < 1.0 + backdrop.noise)
    through[0] = False
    return np.asarray(through[labels])


def _framed(labels: Labels, count: int, strong: Floats) -> NDArray[np.float64]:
    """Share of each region's close surroundings that is strongly product."""
    radius = max(3, round(0.005 * max(labels.shape)))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    wide = cv2.dilate(labels.astype(np.float32), kernel).astype(np.int64)
    ring = (wide > 0) & (labels == 0)
    total = np.bincount(wide[ring], minlength=count)
    # Anti-aliased pixels next to a hole are mixtures: the strongest nearby value counts.
    sure = cv2.dilate(strong, np.ones((3, 3), np.uint8)) > 0.5
    hits = np.bincount(wide[ring], sure[ring].astype(np.float64), count)
    return hits / np.maximum(total, 1)


def _false_holes(mask: Bools, evidence: Evidence) -> Bools:
    """Enclosed regions that are pinholes, or not the ground: other colours, or pale prints."""
    labels, stats = components(~mask, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    ground = share_of(labels, evidence.ground)
    alike = share_of(labels, np.maximum(evidence.ground, evidence.shadow))
    # A grey with a sharp outline all around is no shadow, whose light would be lower.
    print_like = (ground < 0.2) & (share_of(labels, evidence.reached) < 0.2)
    print_like &= share_of(labels, evidence.light) > _PALEST_PRINT
    false = (areas < max(4.0, 0.5 * _LEAST * mask.size)) | (alike < 0.35) | print_like
    false[_at_border(labels)] = False
    false[0] = False
    return np.asarray(false[labels])


def _at_border(labels: Labels) -> Labels:
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
