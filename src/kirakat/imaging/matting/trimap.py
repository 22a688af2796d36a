"""Where the matte is certain, and the band around the rim where it must be solved."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats, disc_kernel


def trimap_of(mask: Bools, radius: int, *, uncertain: Bools | None = None) -> Floats:
    """0, 1, or .5 (unknown) for a hard mask (h, w).

    Unknown are `radius` pixels at both sides of the rim, and `uncertain` pixels. Parts too thin
    to keep a certain core are certain along their middle.
    """
    product = mask.astype(np.uint8)
    kernel = disc_kernel(radius)
    trimap = np.full(mask.shape, 0.5, np.float32)
    trimap[cv2.erode(product, kernel) > 0] = 1.0
    trimap[_middle(product, radius)] = 1.0
    trimap[cv2.dilate(product, kernel) == 0] = 0.0
    if uncertain is not None:
        trimap[uncertain] = 0.5
    return trimap


def _middle(product: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], radius: int) -> Bools:
    """Ridge of the distance to the rim, where the part is thinner than the band."""
    depth = cv2.distanceTransform(product, cv2.DIST_L2, 5)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (depth >= 1.5)
    return np.asarray(ridge & (depth <= radius + 1.0))
