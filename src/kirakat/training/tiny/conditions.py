"""What a picture is generated from: its control edges and its cut-out product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# Mean and deviation that CLIP image processors normalise with (Radford et al., 2021).
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


def control_edges(picture: Pixels, matte: Pixels, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Edges (H, W) of the product alone, drawn as differently as edge detectors draw them.

    Canny with random thresholds inside the matte; the matte's contour is drawn in most of the
    time, as in the paper's step 3, and the inner edges are left out some of the time.
    """
    import cv2

    inside = matte > 127
    low = float(rng.uniform(30, 120))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    edges = (cv2.Canny(grey, low, low * rng.uniform(1.5, 3)) > 0) & inside
    outline = _outline(inside, int(rng.integers(1, 3)))
    draw = rng.random()
    if draw < 0.1:
        return outline
    return edges if draw < 0.2 else edges | outline


def _outline(inside: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The innermost `width` pixels of a mask's rim."""
    import cv2

    mask = inside.astype(np.uint8)
    eroded = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=width)
    return np.asarray(inside & (eroded == 0))


def cut_out(picture: Pixels, matte: Pixels, side: int) -> Pixels:
    """The product as (side, side, 4): cropped to its matte, padded to a square, resampled."""
    from PIL import Image

    rows, columns = np.nonzero(matte > 8)
    if not rows.size:
        return np.zeros((side, side, 4), np.uint8)
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    rgba = np.dstack([picture, matte])[top:bottom, left:right]
    square = round(max(rgba.shape[:2]) * 1.1)
    canvas = np.zeros((square, square, 4), np.uint8)
    y, x = (square - rgba.shape[0]) // 2, (square - rgba.shape[1]) // 2
    canvas[y : y + rgba.shape[0], x : x + rgba.shape[1]] = rgba
    return np.asarray(Image.fromarray(canvas).resize((side, side), Image.Resampling.LANCZOS))


def product_picture(cutout: Pixels, rng: np.random.Generator) -> Pixels:
    """A cutout (S, S, 4) on white, sometimes on grey, under a slightly different light."""
    ground = 255.0 if rng.random() < 0.7 else 128.0
    alpha = cutout[..., 3:].astype(np.float32) / 255
    light = rng.uniform(0.85, 1.15) * rng.uniform(0.96, 1.04, 3)
    on_ground = alpha * np.clip(cutout[..., :3] * light, 0, 255) + (1 - alpha) * ground
    return (on_ground + 0.5).astype(np.uint8)


def normalise_for_clip(pictures: Pixels) -> NDArray[np.float32]:
    """(B, S, S, 3) pixels as the (B, 3, S, S) that a CLIP vision model reads."""
    scaled = pictures.astype(np.float32) / 255
    normal = (scaled - np.array(CLIP_MEAN)) / np.array(CLIP_STD)
    return np.ascontiguousarray(normal.transpose(0, 3, 1, 2), dtype=np.float32)
