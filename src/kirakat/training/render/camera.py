"""A thin-lens studio camera aimed so that the support falls where the composition wants it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera:
    """Position, orthonormal axes (rows: right, up, forward), field of view and lens."""

    origin: Array
    axes: Array
    # Horizontal field of view in degrees (pictures are square).
    fov: float
    # Lens radius and focus distance in world units.
    aperture: float
    focus: float
    # Degrees above the horizontal at which the camera sees the support.
    elevation: float

    def project(self, point: ArrayLike) -> tuple[float, float]:
        """Image point (x, y) of a world point, as fractions of width and height."""
        right, up, forward = self.axes @ (np.asarray(point, dtype=np.float64) - self.origin)
        scale = 2.0 * forward * np.tan(np.radians(self.fov / 2))
        return 0.5 + float(right / scale), 0.5 - float(up / scale)


def aim_camera(
    support: ArrayLike,
    *,
    elevation: float,
    at: tuple[float, float],
    frame_width: float,
    fov: float = 28.0,
    aperture: float = 0.12,
    focus_lift: float = 1.2,
) -> Camera:
    """Camera that sees `support` at the image point `at`, `frame_width` world units wide there.

    It stands in front (-y) of the support, `elevation` degrees above it; it is then pitched
    and yawed so that the support leaves the centre for `at`. Focus lies at the support,
    `focus_lift` above it, where the product's front is.
    """
    target = np.asarray(support, dtype=np.float64)
    half = np.tan(np.radians(fov / 2))
    distance = frame_width / (2 * half)
    e = np.radians(elevation)
    origin = target + distance * np.array([0.0, -np.cos(e), np.sin(e)])
    pitch = -e + np.arctan((2 * at[1] - 1) * half)
    forward = np.array([0.0, np.cos(pitch), np.sin(pitch)])
    right = np.array([1.0, 0.0, 0.0])
    up = np.cross(right, forward)
    # The yaw turns about the camera's own up axis, so top-down cameras behave alike.
    yaw = np.arctan((2 * at[0] - 1) * half)
    right, forward = (
        np.cos(yaw) * right + np.sin(yaw) * forward,
        np.cos(yaw) * forward - np.sin(yaw) * right,
    )
    axes = np.stack([right, up, forward])
    focus = float(axes[2] @ (target + np.array([0.0, 0.0, focus_lift * np.cos(e)]) - origin))
    return Camera(
        origin=origin, axes=axes, fov=fov, aperture=aperture, focus=focus, elevation=elevation
    )
