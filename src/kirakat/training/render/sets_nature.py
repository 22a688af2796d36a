"""Outdoor-like sets: stone slabs, water, moss, sand."""

from __future__ import annotations

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import plain
from kirakat.training.render.mesh import heightfield
from kirakat.training.render.noise import blur, spectral_noise
from kirakat.training.render.palettes import mix, rgb
from kirakat.training.render.plants import bush, fir, grass
from kirakat.training.render.props import green, place_props
from kirakat.training.render.scene_spec import Kit, matt
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part


def rock(kit: Kit) -> SetDesign:
    """Irregular slab of stone or wood on natural ground."""
    parts = [Part(mesh=g.cyclorama(9.0, radius=6.0), material=matt(kit.backdrop()))]
    h = float(kit.rng.uniform(0.7, 1.1))
    under = kit.material("stone", kit.palette.dark, salt=3)
    low = g.slab(kit.rng, 4.1, 0.6).moved(x=float(kit.rng.uniform(-0.8, 0.8)), y=0.4)
    parts.append(Part(mesh=low, material=under))
    parts.append(Part(mesh=g.slab(kit.rng, 3.1, h).moved(z=0.6), material=kit.main()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, h + 0.6), width=5.2, wall_y=9.0)


def pond(kit: Kit) -> SetDesign:
    """Low stone island in still, glossy water."""
    water = kit.material("water", kit.palette.floor)
    island = kit.material("stone", kit.palette.pale, salt=3)
    parts = [Part(mesh=g.floor(), material=water)]
    parts.append(
        Part(mesh=g.wall(13.0), material=matt(kit.material("plaster", kit.palette.wall, salt=1)))
    )
    parts.append(Part(mesh=g.slab(kit.rng, 3.1, 0.75), material=island))
    for x, y in ((-4.4, 1.5), (-3.9, -1.9), (4.3, -0.8), (4.9, 2.6), (3.9, 4.6)):
        stone = g.pebble(kit.rng, float(kit.rng.uniform(0.5, 1.1))).moved(x=x, y=y, z=-0.12)
        parts.append(Part(mesh=stone, material=kit.material("stone", kit.palette.dark, salt=4)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.75), width=5.0, wall_y=13.0)


def pool(kit: Kit) -> SetDesign:
    """Low stone block in a shallow sunlit pool, nets of light under the water."""
    water = kit.material("pool", mix(kit.palette.floor, rgb("4fa9c4"), 0.55))
    parts = [Part(mesh=g.floor(), material=water)]
    wall = matt(kit.material("plaster", mix(kit.palette.wall, kit.palette.pale, 0.5), salt=1))
    parts.append(Part(mesh=g.wall(9.0), material=wall))
    block = kit.material("plaster", mix(kit.palette.pale, (1, 1, 1), 0.5), salt=3)
    low, top = g.disc(3.9, 0.28, bevel=0.08), g.disc(2.9, 0.85, bevel=0.1)
    parts += [Part(mesh=low, material=block), Part(mesh=top, material=block)]
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.85), width=5.0, wall_y=9.0)


def snowy(kit: Kit) -> SetDesign:
    """Stone slab in fresh snow, blurred fir trees behind."""
    snow = plain((0.93, 0.95, 0.98), 0.85)
    ground = g.rock_relief(kit.rng, 90, 90, amount=0.55)
    parts = [Part(mesh=ground.moved(z=-0.15), material=snow)]
    stone = kit.material("stone", kit.palette.dark, salt=3)
    parts.append(Part(mesh=g.slab(kit.rng, 3.0, 0.75).moved(z=-0.1), material=stone))
    for _ in range(18):
        angle, reach = kit.rng.uniform(-0.5, 3.64), kit.rng.uniform(3.4, 6.4)
        heap = g.pebble(kit.rng, float(kit.rng.uniform(1.0, 2.2))).scaled(1, 1, 0.62)
        x, y = float(reach * np.cos(angle)), float(reach * np.sin(angle))
        parts.append(Part(mesh=heap.moved(x=x, y=y, z=-0.42), material=snow))
    green_ = plain(mix(kit.palette.dark, rgb("3d5548"), 0.6), 0.8)
    for x, y, tall in ((-11, 22, 17), (-5.5, 27, 21), (0.5, 31, 18), (6, 25, 22), (11.5, 22, 16),
                       (-16, 28, 22), (16, 27, 21)):  # fmt: skip
        for mesh, look in zip(fir(kit.rng, float(tall)), (green_, snow), strict=True):
            parts.append(Part(mesh=mesh.moved(x=x, y=y, z=-1.0), material=look))
    parts.append(Part(mesh=g.wall(48.0, width=200), material=plain(kit.palette.pale, 0.9)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.65), width=5.0, wall_y=None)


def mossy(kit: Kit) -> SetDesign:
    """Flat stone among moss and low grass, blurred greenery behind."""
    ground = g.rock_relief(kit.rng, 70, 70, amount=0.3)
    parts = [Part(mesh=ground.moved(z=-0.25), material=kit.main())]
    parts.append(
        Part(
            mesh=g.slab(kit.rng, 2.7, 0.6).moved(z=-0.1),
            material=kit.material("stone", kit.palette.pale, salt=3),
        )
    )
    xy = np.stack([kit.rng.uniform(-9, 9, 60000), kit.rng.uniform(-6, 12, 60000)], 1)
    xy = xy[np.hypot(xy[:, 0], xy[:, 1]) > 2.75]
    at = np.concatenate([xy, np.full((len(xy), 1), -0.12)], 1)
    parts.append(Part(mesh=grass(kit.rng, at, 0.42), material=plain((0.36, 0.46, 0.17), 0.6)))
    tall = at[kit.rng.random(len(at)) < 0.035]
    tall = tall[np.abs(tall[:, 0]) > 2.9]
    parts.append(Part(mesh=grass(kit.rng, tall, 1.3), material=plain((0.45, 0.52, 0.24), 0.6)))
    for side in (-1, 0, 1):
        shrub = bush(kit.rng, 7.0, count=22)
        for mesh, look in zip(shrub, (plain((0.3, 0.24, 0.16), 0.8), green(kit)), strict=True):
            parts.append(
                Part(mesh=mesh.moved(x=side * 7.5, y=15.0 + 2 * abs(side), z=-0.5), material=look)
            )
    parts.append(
        Part(mesh=g.wall(26.0), material=plain(mix(kit.palette.wall, rgb("dfe5c0"), 0.4), 0.9))
    )
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.5), width=4.6, wall_y=None)


def draped(kit: Kit) -> SetDesign:
    """Satin poured over a low round base and the floor, its folds running outwards."""
    n = 700
    y, x = np.mgrid[-13.0 : 13.0 : n * 1j, -17.0 : 17.0 : n * 1j]
    bend = spectral_noise(n, 3.5, kit.rng)
    angle, reach = np.arctan2(y, x), np.hypot(x, y)
    wave = np.sin(13 * angle + 1.6 * bend) + 0.6 * np.sin(22 * angle - 2.4 * bend + 1.0)
    drop = 1.0 / (1.0 + np.exp((reach - 3.6 + 0.12 * wave) / 0.3))
    folds = 0.55 * wave * np.clip((reach - 2.9) / 2.2, 0.0, 1.0) + 0.2 * bend
    relief = 1.2 * drop + folds * (1.0 - drop)
    cloth = blur(relief, 5.0)
    satin = kit.material("satin", kit.palette.wall)
    parts = [Part(mesh=heightfield(cloth, 34.0, 26.0), material=satin)]
    parts.append(Part(mesh=g.wall(10.5).moved(z=-1.0), material=matt(kit.backdrop())))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 1.18), width=5.4, wall_y=10.5)


def dunes(kit: Kit) -> SetDesign:
    """Rippled sand running to a plain backdrop."""
    sand = kit.main()
    parts = [Part(mesh=g.dunes(kit.rng, 40, 30, n=640).moved(y=3.0), material=sand)]
    parts.append(Part(mesh=g.wall(15.0), material=matt(kit.backdrop())))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.0), width=6.0, wall_y=15.0)
