"""The faint mirror image of a product on a glossy support."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import linear_to_srgb8, srgb8_to_linear
from kirakat.imaging.shadow.outline import Ground, find_ground
from kirakat.types import RGB, Alpha, Layout

# Share of the product's height after which the reflection has faded away.
REACH = 0.42
# Blur of the nearest and of the farthest part, as shares of the product's height.
NEAR_BLUR, FAR_BLUR = 0.003, 0.022


def reflection(
    background: RGB,
    product: RGB,
    alpha: Alpha,
    layout: Layout,
    *,
    strength: float,
    camera_elevation: float,
) -> RGB:
    """The background (h, w, 3) with the product (h, w, 3) mirrored under its base.

    `alpha` (h, w) is the product's coverage; `strength` 0 (nothing) to 1 (a mirror) is the share
    of light that the surface sends back at its base. Each column is mirrored at its own piece of
    ground, so the picture hugs a round base. Returns the background as it is where there is no
    base to mirror at: views other than standing, or a product that leaves at the bottom.
    """
    sine = math.sin(math.radians(min(max(camera_elevation, 8.0), 80.0)))
    ground = find_ground(alpha, sine=sine) if layout.view == "standing" else None
    if ground is None or strength <= 0.0:
        return background
    height = ground.bottom - ground.top
    axis = _mirror_line(ground)
    top = int(np.floor(axis.min()))
    bottom = min(math.ceil(float(axis.max()) + REACH * height), alpha.shape[0])
    if bottom - top < 2:
        return background
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    colours, cover = _mirrored(product, alpha, ground, axis, rows)
    depth = (rows + 0.5 - axis[None, :]) / (REACH * height)
    fade = np.where(depth >= 0.0, np.square(np.clip(1.0 - depth, 0.0, 1.0)), 0.0)
    weight = (strength * fade * cover)[..., None]
    window = slice(top, bottom), slice(ground.left, ground.right)
    behind = srgb8_to_linear(background[window])
    result = background.copy()
    result[window] = linear_to_srgb8(behind + (colours - behind) * weight.astype(np.float32))
    return result


def _mirror_line(ground: Ground) -> NDArray[np.float32]:
    """(columns,) y at which each column of the product is mirrored: outline or ground."""
    columns = slice(ground.left, ground.right)
    contact = ground.contact[columns]
    outline = np.nan_to_num(ground.outline[columns], nan=0.0)
    line = ground.level[columns] + (outline - ground.level[columns]) * (contact > 0.5)
    width = max(0.04 * line.size, 1.0)
    return np.asarray(cv2.GaussianBlur(line[None, :], (0, 0), width)[0], np.float32)


def _mirrored(
    product: RGB, alpha: Alpha, ground: Ground, axis: NDArray[np.float32], rows: NDArray[np.float32]
) -> tuple[NDArray[np.float32], Alpha]:
    """Linear colours and coverage of the mirror image in the given rows, blurred with depth."""
    height = ground.bottom - ground.top
    y = (2.0 * axis[None, :] - rows - 1.0).astype(np.float32)
    x = np.broadcast_to(np.arange(ground.left, ground.right, dtype=np.float32), y.shape).copy()
    cover = cv2.remap(alpha, x, y, cv2.INTER_LINEAR, borderValue=0.0)
    turned = np.asarray(cv2.remap(product, x, y, cv2.INTER_LINEAR), np.uint8)
    colours = srgb8_to_linear(turned) * cover[..., None]
    layers = np.concatenate([colours, cover[..., None]], axis=2)
    near = cv2.GaussianBlur(layers, (0, 0), max(NEAR_BLUR * height, 0.5))
    far = cv2.GaussianBlur(layers, (0, 0), max(FAR_BLUR * height, 0.8))
    depth = np.clip((rows - axis[None, :]) / (REACH * height), 0.0, 1.0)[..., None]
    blurred = near + (far - near) * depth.astype(np.float32)
    cover = blurred[..., 3]
    return blurred[..., :3] / np.maximum(cover, 1e-4)[..., None], np.asarray(cover, np.float32)
