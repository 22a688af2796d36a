"""Studio light: key lamps, the shadow masks before them, fill from the surroundings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.materials import plain
from kirakat.training.render.mesh import Array, Mesh, box, join, lathe
from kirakat.training.render.palettes import Rgb
from kirakat.training.render.plants import frond, sprig
from kirakat.training.render.stage import Lamp, Part

TEMPERATURES: dict[str, Rgb] = {
    "warm": (1.0, 0.84, 0.66),
    "neutral": (1.0, 0.97, 0.94),
    "cool": (0.86, 0.94, 1.0),
}
_DISTANCE = 44.0


@dataclass(frozen=True, kw_only=True)
class Key:
    """Key light of a scene.

    Azimuth clockwise seen from above, 0 from behind the camera; elevation above ground, both
    in degrees; softness 0 (hard sun) to 1 (huge softbox).
    """

    azimuth: float
    elevation: float
    softness: float
    temperature: str
    # Irradiance of the key over that of the fill.
    contrast: float = 3.0


def direction(azimuth: float, elevation: float) -> Array:
    """Unit vector from the support towards a light."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])


def key_lamp(key: Key, support: Array, *, strength: float = 1.0, scale: float = 1.0) -> Lamp:
    """Square lamp giving `strength` irradiance at the support, perpendicular to its beam.

    `scale` moves it away and enlarges it, for sets larger than a tabletop.
    """
    side = 0.7 + 26.0 * key.softness**1.5
    towards = direction(key.azimuth, key.elevation)
    colour = np.asarray(TEMPERATURES[key.temperature])
    radiance = colour * strength * np.pi * _DISTANCE**2 / side**2
    return Lamp(
        position=support + towards * _DISTANCE * scale,
        target=support,
        width=side * scale,
        height=side * scale,
        radiance=radiance / np.pi,
    )


def rim_lamps(support: Array, colour: Rgb, *, strength: float) -> tuple[Lamp, ...]:
    """Two tall strip lights beside and behind the product, and a glow on the backdrop."""
    radiance = np.asarray(colour) * strength
    lamps = []
    for azimuth in (116.0, 244.0):
        at = support + direction(azimuth, 24.0) * 13.0
        lamps.append(Lamp(position=at, target=support, width=2.0, height=9.0, radiance=radiance))
    above, spot = np.array([0.0, 1.0, 17.0]), np.array([0.0, 9.0, 4.0])
    glow = Lamp(position=above, target=spot, width=3.0, height=3.0, radiance=radiance * 0.8)
    return (*lamps, glow)


def surroundings(level: float, colour: Rgb, rng: np.random.Generator) -> NDArray[np.float32]:
    """Latitude-longitude map (16, 32, 3): bright ceiling, dim floor, two broad soft panels."""
    v = np.linspace(0.0, 1.0, 16)[:, None]
    u = np.linspace(0.0, 1.0, 32, endpoint=False)[None, :]
    sky = 1.25 - 0.9 * v + 0.0 * u
    for _ in range(2):
        centre = rng.random()
        gap = np.minimum(np.abs(u - centre), 1 - np.abs(u - centre))
        sky = sky + rng.uniform(0.6, 1.4) * np.exp(
            -((gap / 0.07) ** 2) - (((v - 0.35) / 0.16) ** 2)
        )
    return np.asarray(level * sky[:, :, None] * np.asarray(colour), dtype=np.float32)


def facing(mesh: Mesh, key: Key, support: Array, distance: float) -> Mesh:
    """Mask drawn in the xy plane, moved across the beam `distance` before the support."""
    z = direction(key.azimuth, key.elevation)
    x = np.cross([0.0, 0.0, 1.0], z)
    x /= np.linalg.norm(x) + 1e-9
    frame = np.stack([x, np.cross(z, x), z])
    return replace(
        mesh,
        vertices=mesh.vertices @ frame + support + z * distance,
        normals=mesh.normals @ frame,
    )


def blind(key: Key, support: Array, rng: np.random.Generator) -> tuple[Part, ...]:
    """Window with slats: a lattice of light and shade with a window's outline."""
    pitch = rng.uniform(0.95, 1.35)
    opening_w, opening_h = rng.uniform(9.0, 12.0), rng.uniform(9.5, 13.0)
    slats = [
        box(opening_w + 2, pitch * 0.52, 0.03, bevel=0.01, n=2).moved(y=float(y))
        for y in np.arange(-opening_h / 2, opening_h / 2, pitch)
    ]
    bars = [box(0.35, opening_h + 2, 0.1, bevel=0.02, n=2).moved(x=float(rng.uniform(-1.5, 1.5)))]
    side = 40.0
    bars += [
        box(side, opening_h + 2 * side, 0.1, bevel=0.02, n=2).moved(x=s * (opening_w + side) / 2)
        for s in (-1, 1)
    ]
    bars += [
        box(opening_w + 2, side, 0.1, bevel=0.02, n=2).moved(y=s * (opening_h + side) / 2)
        for s in (-1, 1)
    ]
    mask = join(*slats, *bars).turned("z", float(rng.uniform(-14, 14)))
    dark = plain((0.25, 0.25, 0.25), 0.9)
    return (Part(mesh=facing(mask, key, support, 17.0), material=dark),)


def foliage(key: Key, support: Array, rng: np.random.Generator) -> tuple[Part, ...]:
    """Branches held into the beam: leaf shadows of several sharpnesses."""
    pieces = []
    palm = rng.random() < 0.4
    for i in range(5 if palm else 8):
        if palm:
            meshes = frond(rng, rng.uniform(7, 10))
        else:
            meshes = sprig(rng, rng.uniform(6, 10), leaves=12, leaf_length=1.7, leaf_width=0.95)
        angle = float(rng.uniform(0, 360))
        # Off-centre, so that the middle keeps patches of light.
        reach, heading = rng.uniform(2.5, 6.5), rng.uniform(0, 2 * np.pi)
        x, y = reach * np.cos(heading), reach * np.sin(heading)
        one = join(*meshes).turned("x", float(rng.uniform(-40, 40))).turned("z", angle)
        one = one.moved(
            x=float(x - 3 * np.cos(np.radians(angle))), y=float(y - 3 * np.sin(np.radians(angle)))
        )
        pieces.append(facing(one, key, support, 10.0 + 1.5 * (i % 4)))
    return (Part(mesh=join(*pieces), material=plain((0.2, 0.25, 0.18), 0.8)),)


def snoot(key: Key, support: Array, radius: float) -> tuple[Part, ...]:
    """Plate with a round hole: a pool of light."""
    ring = lathe([(radius, 0.0), (60.0, 0.0)], segments=96)
    dark = plain((0.05, 0.05, 0.05), 0.9)
    return (Part(mesh=facing(ring, key, support, 20.0), material=dark),)


def mask(
    lighting: str, key: Key, support: Array, rng: np.random.Generator, *, scale: float = 1.0
) -> tuple[Part, ...]:
    """Shadow mask of a named lighting; none for lightings that have no mask."""
    if lighting == "window-blind":
        made = blind(key, support, rng)
    elif lighting == "foliage-shadow":
        made = foliage(key, support, rng)
    elif lighting == "spotlight":
        made = snoot(key, support, 3.2)
    else:
        return ()
    if scale == 1.0:
        return made
    return tuple(replace(part, mesh=_grown(part.mesh, support, scale)) for part in made)


def _grown(mesh: Mesh, centre: Array, factor: float) -> Mesh:
    return replace(mesh, vertices=centre + (mesh.vertices - centre) * factor)
