"""Where a light's rays throw a point's shadow.

An orthographic camera looks down by its elevation e. A point at height h over the ground and at
depth d behind the product's axis lies h cos e + d sin e above the axis' foot in the picture. Light
from azimuth a and elevation t throws its shadow h / tan t away from the light along the ground.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kirakat.types import Light

# A lower light would throw shadows longer than the product is tall: they leave the support that
# they should lie on, which no scene describes beyond its width.
LOWEST_LIGHT = 42.0
HIGHEST_LIGHT = 84.0
# Degrees from the centre to the edge of the light at softness 0 and 1.
SUN_RADIUS = 0.8
SOFTBOX_RADIUS = 22.0
GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


def light_samples(light: Light, count: int) -> NDArray[np.float64]:
    """(count, 2) azimuths and elevations in radians that cover the light's disc evenly.

    Vogel's sunflower spiral, so the same light always gives the same samples.
    """
    radius = math.radians(SUN_RADIUS + (SOFTBOX_RADIUS - SUN_RADIUS) * light.softness)
    index = np.arange(count)
    r = radius * np.sqrt((index + 0.5) / count)
    elevation = math.radians(min(max(light.elevation, LOWEST_LIGHT), HIGHEST_LIGHT))
    elevations = elevation + r * np.sin(index * GOLDEN_ANGLE)
    azimuths = math.radians(light.azimuth) + r * np.cos(index * GOLDEN_ANGLE) / math.cos(elevation)
    low, high = math.radians(LOWEST_LIGHT - 8.0), math.radians(88.0)
    return np.stack([azimuths, np.clip(elevations, low, high)], axis=1)


def ground_offsets(samples: NDArray[np.float64], sine: float) -> NDArray[np.float64]:
    """(count, 2) picture offsets (x right, y down) of a shadow for each unit of height.

    `sine` is the sine of the camera's elevation: it foreshortens the ground's depth.
    """
    azimuth, length = samples[:, 0], 1.0 / np.tan(samples[:, 1])
    return np.stack([-np.sin(azimuth) * length, -np.cos(azimuth) * length * sine], axis=1)


def wall_offsets(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """(count, 2) picture offsets of a shadow on a wall that faces the camera, a unit behind.

    A light beside or behind the wall would graze it: it is taken as at most 65 degrees aside.
    """
    aside = np.cos(math.radians(65.0))
    azimuth = samples[:, 0]
    toward = np.maximum(np.cos(azimuth), aside)
    across = np.clip(np.sin(azimuth), -math.sqrt(1 - aside**2), math.sqrt(1 - aside**2))
    down = np.minimum(np.tan(samples[:, 1]), 2.0)
    return np.stack([-across / toward, down], axis=1)
