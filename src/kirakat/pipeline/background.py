"""From a fitted scene to a generator's starting picture, and from its picture to a background.

A small generator works at the bucket's size and its autoencoder loses fine detail. What it
changed is the difference between its picture and the same starting picture sent through the
autoencoder alone; that change, enlarged, is applied to the scene drawn at the final size. With
nothing changed the scene comes back exactly, whatever the autoencoder loses.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.blur import blur
from kirakat.scenes.fit import SceneFit, draw_scene
from kirakat.types import RGB, Alpha, Box, Render

# Pixels around the product, as a share of the render's long side, in which the model's own
# drawing of the product would show as a ghost.
_GHOST_SHARE = 0.02


def finish_background(
    render: Render,
    fit: SceneFit | None,
    change: NDArray[np.float32] | None,
    box: Box,
    size: tuple[int, int],
    *,
    detail: float,
) -> RGB:
    """The background of one placement: (height, width, 3) for `size` = (width, height).

    `change` is the render's `model_change`, `box` the part of the render that the placement
    shows, `detail` the recipe's share of the scene's own detail; without a fitted scene or a
    change the model's picture is enlarged as it is.
    """
    width, height = size
    if fit is None or change is None or detail <= 0.0:
        return _to_pixels(_enlarge(render.pixels.astype(np.float32), box, size))
    factor = width / box.width
    scene = draw_scene(fit.scaled(factor, box.x, box.y), width, height)
    enlarged = _enlarge(change, box, size)
    if detail >= 1.0:
        # One pass that adds, rounds and clips.
        return np.asarray(cv2.add(scene, enlarged, dtype=cv2.CV_8U))
    plain = _enlarge(render.pixels.astype(np.float32), box, size)
    return _to_pixels(detail * (scene + enlarged) + (1.0 - detail) * plain)


def model_change(
    pixels: RGB, reconstruction: RGB, product: Alpha, *, smoothing: float = 0.0
) -> NDArray[np.float32]:
    """What the model changed, (h, w, 3) in 8-bit levels, with no trace of the product itself.

    Under the product and close around it the change is filled in from outside, since there it
    is the difference between two drawings of the product.
    """
    change = pixels.astype(np.float32) - reconstruction.astype(np.float32)
    reach = max(round(_GHOST_SHARE * max(product.shape)), 2)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    hidden = cv2.dilate((product > 0.02).astype(np.uint8), kernel)
    filled = _fill_smoothly(change, 1.0 - hidden.astype(np.float32))
    if smoothing <= 0.0:
        return filled
    return blur(filled, smoothing * max(product.shape))


def _fill_smoothly(values: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values where `known` is 1; elsewhere a smooth continuation (pull-push over a pyramid)."""
    if min(values.shape[:2]) <= 2 or bool(known.all()):
        return values
    height, width = known.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    weight = cv2.resize(known, half, interpolation=cv2.INTER_AREA)
    pulled = cv2.resize(values * known[..., None], half, interpolation=cv2.INTER_AREA)
    known_mean = np.asarray(pulled, np.float32) / np.maximum(weight, 1e-6)[..., None]
    filled = _fill_smoothly(known_mean.astype(np.float32), (weight > 1e-3).astype(np.float32))
    pushed = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(values * known[..., None] + pushed * (1.0 - known[..., None]), np.float32)


def _enlarge(values: NDArray[np.float32], box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """`box` of a picture at `size` = (width, height), by bicubic interpolation when it grows."""
    factor = size[0] / box.width
    # Pixel centres: destination (i + .5) = factor * (source (j + .5) - box.x).
    shift_x = -factor * box.x + 0.5 * factor - 0.5
    shift_y = -factor * box.y + 0.5 * factor - 0.5
    matrix = np.array([[factor, 0.0, shift_x], [0.0, factor, shift_y]])
    if factor < 1.0:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), 0.5 / factor), np.float32)
    interpolation = cv2.INTER_CUBIC if factor >= 1.0 else cv2.INTER_LINEAR
    enlarged = cv2.warpAffine(
        values, matrix, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(enlarged, np.float32)


def _to_pixels(values: NDArray[np.float32]) -> RGB:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
