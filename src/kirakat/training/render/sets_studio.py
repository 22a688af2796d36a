"""Studio sets: podiums, blocks, steps, arches, floors and seamless sweeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.light import facing
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import box, join
from kirakat.training.render.palettes import mix
from kirakat.training.render.props import place_props
from kirakat.training.render.scene_spec import Kit, matt
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part


def podium(kit: Kit) -> SetDesign:
    """Round podium, sometimes two stacked discs, before a seamless backdrop."""
    r, h = float(kit.rng.uniform(2.7, 3.3)), float(kit.rng.uniform(0.7, 1.4))
    top = kit.main()
    parts = [Part(mesh=g.cyclorama(8.5), material=matt(kit.backdrop()))]
    parts.append(Part(mesh=g.disc(r, h), material=top))
    if kit.rng.random() < 0.45:
        base = kit.material("plaster", kit.palette.floor, salt=2)
        parts.append(Part(mesh=g.disc(r + 0.9, 0.45), material=base))
        parts[1] = replace(parts[1], mesh=parts[1].mesh.moved(z=0.45))
        h += 0.45
    return SetDesign(
        parts=parts + place_props(kit), support=(0, 0, h), width=2 * r * 0.9, wall_y=8.5
    )


def pedestal(kit: Kit) -> SetDesign:
    """Square block with a lower neighbour, before a seamless backdrop."""
    h = float(kit.rng.uniform(1.2, 2.0))
    parts = [Part(mesh=g.cyclorama(8.5), material=matt(kit.backdrop()))]
    parts.append(Part(mesh=box(5.6, 4.4, h, bevel=0.08), material=kit.main()))
    side = 1.0 if kit.rng.random() < 0.5 else -1.0
    low = box(3.0, 3.0, h * 0.55, bevel=0.08).turned("z", 12).moved(x=side * 3.9, y=-0.9)
    parts.append(Part(mesh=low, material=kit.material(kit.spec.surface, kit.palette.floor, salt=3)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, h), width=5.2, wall_y=8.5)


def stairs(kit: Kit) -> SetDesign:
    """Sunny plaster steps; the product stands on the second tread."""
    look = kit.main()
    side = 1.0 if kit.rng.random() < 0.5 else -1.0
    flight = g.steps(4, 7.6, 2.9, 0.95).moved(y=-4.4)
    low = g.steps(2, 3.6, 3.4, 1.5).moved(x=side * 5.4, y=-1.0)
    parts = [Part(mesh=flight, material=look), Part(mesh=g.floor(), material=look)]
    parts.append(Part(mesh=low, material=kit.material("plaster", kit.palette.floor, salt=3)))
    parts.append(Part(mesh=g.wall(7.4), material=kit.backdrop()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 1.9), width=6.0, wall_y=7.4)


def passage(kit: Kit) -> SetDesign:
    """Thick wall with an arched opening onto a lit wall behind."""
    parts = [Part(mesh=g.floor(), material=kit.main())]
    opening = g.wall_with_arch(4.4, 7.0, 9.0, 1.6, x=float(kit.rng.uniform(-0.6, 0.6)))
    parts.append(Part(mesh=opening, material=kit.backdrop()))
    deep = kit.material(kit.spec.backdrop, mix(kit.palette.wall, kit.palette.dark, 0.35), salt=2)
    parts.append(Part(mesh=g.wall(12.0), material=deep))
    h = float(kit.rng.uniform(0.6, 1.0))
    parts.append(
        Part(mesh=g.disc(2.9, h), material=kit.material("plaster", kit.palette.pale, salt=3))
    )
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, h), width=5.2, wall_y=4.4)


def room(kit: Kit) -> SetDesign:
    """Wooden floor, plain wall with skirting board, daylight."""
    boards = kit.material("planks", kit.palette.floor, tile=13.0)
    parts = [Part(mesh=g.floor().turned("z", 90), material=boards)]
    parts.append(Part(mesh=g.wall(5.2), material=kit.backdrop()))
    skirting = box(90, 0.18, 0.95, bevel=0.05).moved(y=5.1)
    parts.append(Part(mesh=skirting, material=plain(mix(kit.palette.pale, (1, 1, 1), 0.6), 0.4)))
    return SetDesign(
        parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=5.1, is_floor=True
    )


def seamless(kit: Kit) -> SetDesign:
    """Nothing but a seamless sweep in the surface itself."""
    look = kit.material(kit.spec.surface, kit.palette.wall)
    radius = 5.5
    if kit.spec.surface == "gradient":
        look, radius = _gradient(kit), 8.0
    parts = [Part(mesh=g.cyclorama(9.0, radius=radius), material=look)]
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.5, wall_y=9.0)


def _gradient(kit: Kit) -> Material:
    """Paper that fades from a pale floor to a deeper wall, with a halo behind the product."""
    # The sheet starts at y = -60: along its arc the floor's middle is 60, the wall's 70 to 80.
    arc = np.linspace(0.0, 100.0, 512, endpoint=False)[:, None, None]
    t = np.clip((arc - 57.0) / 20.0, 0.0, 1.0)
    low = np.asarray(mix(kit.palette.pale, kit.palette.wall, 0.6))
    high = np.asarray(mix(kit.palette.wall, kit.palette.dark, 0.4))
    fade = np.broadcast_to(low + (high - low) * t * t * (3 - 2 * t), (512, 512, 3))
    # The middle of the sheet is the texture's edge: it repeats to both sides.
    across = (np.linspace(0.0, 100.0, 512, endpoint=False)[None, :, None] + 50.0) % 100.0 - 50.0
    halo = 0.8 * np.exp(-((across / 5.5) ** 2) - ((arc - 69.5) / 4.5) ** 2)
    colours = fade + (np.asarray(mix(kit.palette.pale, (1, 1, 1), 0.2)) - fade) * halo
    return Material(albedo=colours.astype(np.float32), tile=100.0, roughness=0.8, specular=0.1)


def court(kit: Kit) -> SetDesign:
    """Open court: concrete slabs with joints, a low step behind, the shadow of a railing."""
    floor_look = kit.main(tile=12.0)
    slabs = [
        box(9.4, 9.4, 0.4, bevel=0.03).moved(x=x, y=y, z=-0.4)
        for x in (-19.0, -9.5, 0.0, 9.5, 19.0)
        for y in (-19.0, -9.5, 0.0)
    ]
    parts = [Part(mesh=join(*slabs), material=floor_look)]
    parts.append(Part(mesh=g.floor().moved(z=-0.08), material=plain(kit.palette.dark, 0.9)))
    step = box(60, 4.0, 0.9, bevel=0.05).moved(y=6.8)
    parts.append(Part(mesh=step, material=kit.material("concrete", kit.palette.pale, salt=2)))
    parts.append(Part(mesh=g.wall(8.6), material=kit.backdrop()))
    # A railing out of the picture draws its bars across floor and wall.
    bars = [box(0.42, 60.0, 0.2, bevel=0.02, n=2).moved(x=x) for x in np.arange(1.2, 16.0, 1.5)]
    bars.append(box(17.0, 0.5, 0.2, bevel=0.02, n=2).moved(x=8.9, y=1.5))
    railing = join(*bars).turned("z", 14)
    shade_ = facing(railing, kit.spec.key, np.array([0.0, 4.0, 3.0]), 18.0)
    parts.append(Part(mesh=shade_, material=plain((0.3, 0.3, 0.3), 0.9)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.6, wall_y=4.8)


def ground(kit: Kit) -> SetDesign:
    """Open floor of the surface (asphalt, concrete, metal) and a wall of the backdrop."""
    parts = [Part(mesh=g.floor(), material=kit.main())]
    parts.append(Part(mesh=g.wall(9.0), material=kit.backdrop()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=9.0)
