"""Studio sets: podiums, blocks, steps, arches, floors and seamless sweeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import box
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
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=5.1)


def seamless(kit: Kit) -> SetDesign:
    """Nothing but a seamless sweep in the surface itself."""
    look = kit.material(kit.spec.surface, kit.palette.wall)
    if kit.spec.surface == "gradient":
        look = _gradient(kit)
    parts = [Part(mesh=g.cyclorama(9.0, radius=5.5), material=look)]
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.5, wall_y=9.0)


def _gradient(kit: Kit) -> Material:
    """Paper that fades from a pale floor to a deeper wall, slightly glossy."""
    # The sheet starts at y = -60: along its arc the floor's middle is 60, the wall's 70 to 80.
    arc = np.linspace(0.0, 100.0, 512, endpoint=False)[:, None, None]
    t = np.clip((arc - 58.0) / 18.0, 0.0, 1.0)
    low = np.asarray(mix(kit.palette.pale, kit.palette.wall, 0.6))
    high = np.asarray(mix(kit.palette.wall, kit.palette.dark, 0.4))
    colours = np.broadcast_to(low + (high - low) * t * t * (3 - 2 * t), (512, 4, 3))
    return Material(
        albedo=colours[::-1].astype(np.float32), tile=100.0, roughness=0.45, specular=0.3
    )


def ground(kit: Kit) -> SetDesign:
    """Open floor of the surface (asphalt, concrete, metal) and a wall of the backdrop."""
    parts = [Part(mesh=g.floor(), material=kit.main())]
    parts.append(Part(mesh=g.wall(9.0), material=kit.backdrop()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=9.0)
