"""From a placed matte and a light to the share of light that reaches the background."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.errors import LayoutError
from kirakat.imaging.shadow.cast import cast_occlusion
from kirakat.imaging.shadow.contact import contact_occlusion
from kirakat.imaging.shadow.drop import drop_occlusion, samples, surrounding_occlusion
from kirakat.imaging.shadow.outline import find_ground
from kirakat.imaging.shadow.rays import ground_offsets, wall_offsets
from kirakat.types import Alpha, Layout, Light, ShadowMode

# Longest side, in pixels, at which the smooth parts are computed.
WORKING_SIZE = 320
# Light that is left in the darkest place: real rooms have bounced light everywhere.
DARKEST = 0.16
# Share of the canvas over which a shadow fades out before the border.
BORDER_FADE = 0.12
# Camera elevations, in degrees, at which a ground is seen as one.
LOWEST_CAMERA = 8.0
HIGHEST_CAMERA = 80.0


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """How much light the background keeps."""

    # (h, w) factor on linear light: 1 without shadow.
    transmittance: Alpha
    # Rows and columns (top, bottom, left, right) outside which the factor is 1.
    window: tuple[int, int, int, int]


def shadow(
    alpha: Alpha,
    layout: Layout,
    light: Light,
    mode: ShadowMode,
    *,
    camera_elevation: float,
    reach: float | None = None,
) -> Shadow:
    """The shadow of a product with coverage `alpha` (h, w), placed by `layout`.

    `camera_elevation` is in degrees above the horizon. `reach` is how far in pixels the support
    goes on at either side of the base; beyond it the cast shadow fades, since what lies there is
    unknown. Modes `none` and `generated` give no shadow. Raises `LayoutError` when matte and
    layout differ in size.
    """
    if alpha.shape != (layout.height, layout.width):
        raise LayoutError("the matte has another size than its layout", shape=alpha.shape)
    if mode in ("none", "generated"):
        return _packed(np.zeros((1, 1), np.float32), alpha.shape)
    keyed = replace(light, softness=0.04) if mode == "hard" else light
    if layout.view == "standing":
        free = _standing(alpha, layout, keyed, mode, camera_elevation, reach)
    else:
        free = _flat(alpha, layout.view == "hanging", keyed, mode)
    return free


def _standing(
    alpha: Alpha,
    layout: Layout,
    light: Light,
    mode: ShadowMode,
    camera_elevation: float,
    reach: float | None,
) -> Shadow:
    sine = math.sin(math.radians(min(max(camera_elevation, LOWEST_CAMERA), HIGHEST_CAMERA)))
    small, scale = _working(alpha)
    ground = find_ground(small, sine=sine)
    if ground is None:
        return _packed(np.zeros((1, 1), np.float32), alpha.shape)
    lift = 0.18 * (ground.bottom - ground.top) if mode == "floating" else 0.0
    cast = cast_occlusion(small, ground, light, sine=sine, lift=lift)
    cast *= _density(light, mode) * _supported(small.shape, layout, scale, reach)
    if mode == "floating":
        return _packed(cast * _border(cast.shape), alpha.shape)
    return _with_contact(cast * _border(cast.shape), alpha, sine)


def _with_contact(cast: Alpha, alpha: Alpha, sine: float) -> Shadow:
    """Joins the working-size cast shadow with a contact line at full size."""
    packed = _packed(cast, alpha.shape)
    ground = find_ground(alpha, sine=sine)
    if ground is None:
        return packed
    free = packed.transmittance
    contact, window = contact_occlusion(alpha.shape, ground, sine=sine)
    top, bottom, left, right = window
    free[top:bottom, left:right] *= 1.0 - contact
    np.maximum(free, DARKEST, out=free)
    return replace(packed, window=_joined(packed.window, window))


def _flat(alpha: Alpha, hanging: bool, light: Light, mode: ShadowMode) -> Shadow:
    small, _ = _working(alpha)
    size = math.sqrt(float((small > 0.5).sum()) + 1.0)
    lifted = mode == "floating"
    points = samples(light)
    offsets = wall_offsets(points) if hanging else ground_offsets(points, 1.0)
    thickness = size * (0.03 if hanging else 0.095)
    gap = size * ((0.09 if lifted else 0.025) if hanging else (0.10 if lifted else 0.0))
    blur = 0.6 + (thickness + gap) * (0.08 + 0.30 * light.softness)
    key = drop_occlusion(small, offsets, thickness=thickness, gap=gap, blur=blur)
    near = surrounding_occlusion(small, reach=size * (0.05 if hanging else 0.045))
    ambient = 0.0 if lifted else (0.22 if hanging else 0.42)
    kept = (1.0 - _density(light, mode) * key) * (1.0 - ambient * near)
    shade = np.asarray((1.0 - kept) * _border(small.shape), np.float32)
    return _packed(shade, alpha.shape)


def _density(light: Light, mode: ShadowMode) -> float:
    """Share of all light that comes from the key light."""
    return 0.74 if mode == "hard" else 0.80 - 0.24 * light.softness


def _working(alpha: Alpha) -> tuple[Alpha, float]:
    scale = min(1.0, WORKING_SIZE / max(alpha.shape))
    size = (max(round(alpha.shape[1] * scale), 1), max(round(alpha.shape[0] * scale), 1))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), scale


def _supported(
    shape: tuple[int, ...], layout: Layout, scale: float, reach: float | None
) -> NDArray[np.float32]:
    """1 over the support and falling to 0.35 beyond its sides."""
    if reach is None:
        return np.ones((1, 1), np.float32)
    across = np.abs((np.arange(shape[1]) + 0.5) / scale - layout.base_x) / max(reach, 1.0)
    return (1.0 - 0.65 * _smooth((across - 0.75) / 0.4)).astype(np.float32)[None, :]


def _border(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 inside the canvas, falling to 0 at its border."""
    rows, columns = (
        _smooth((np.minimum(np.arange(n), n - 1 - np.arange(n)) + 0.5) / (BORDER_FADE * n))
        for n in shape
    )
    return (rows[:, None] * columns[None, :]).astype(np.float32)


def _smooth(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smoothstep from 0 to 1."""
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _packed(occlusion: Alpha, shape: tuple[int, ...]) -> Shadow:
    """Working-size occlusion as a map of the canvas' size, computed only where it matters."""
    height, width = shape
    free = np.ones((height, width), np.float32)
    marked = occlusion > 1.0 / 512.0
    rows, columns = np.flatnonzero(marked.any(1)), np.flatnonzero(marked.any(0))
    if not rows.size:
        return Shadow(transmittance=free, window=(0, 0, 0, 0))
    scale_y, scale_x = height / occlusion.shape[0], width / occlusion.shape[1]
    top, left = max(rows[0] - 2, 0), max(columns[0] - 2, 0)
    bottom = min(rows[-1] + 3, occlusion.shape[0])
    right = min(columns[-1] + 3, occlusion.shape[1])
    window = (
        round(top * scale_y),
        round(bottom * scale_y),
        round(left * scale_x),
        round(right * scale_x),
    )
    size = (window[3] - window[2], window[1] - window[0])
    part = cv2.resize(
        np.ascontiguousarray(occlusion[top:bottom, left:right]),
        size,
        interpolation=cv2.INTER_LINEAR,
    )
    inside = free[window[0] : window[1], window[2] : window[3]]
    np.subtract(1.0, part, out=inside)
    np.clip(inside, DARKEST, 1.0, out=inside)
    return Shadow(transmittance=free, window=window)


def _joined(
    a: tuple[int, int, int, int], b: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    if a[1] == a[0]:
        return b
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])
