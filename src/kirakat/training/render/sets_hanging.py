"""Walls and rails for apparel that hangs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.light import facing
from kirakat.training.render.materials import plain
from kirakat.training.render.mesh import box, join
from kirakat.training.render.palettes import mix, rgb
from kirakat.training.render.props import place_props
from kirakat.training.render.scene_spec import Kit, matt
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part


def bare_wall(kit: Kit) -> SetDesign:
    """Wall close behind, for apparel that hangs on a peg."""
    parts = [
        Part(
            mesh=g.wall(0.6, height=60).moved(z=-25),
            material=kit.material(kit.spec.surface, kit.palette.wall),
        )
    ]
    parts += _peg_rail(kit, 6.4)
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def _peg_rail(kit: Kit, z: float) -> list[Part]:
    wood = kit.material("wood", kit.palette.dark, salt=3)
    made = [Part(mesh=box(6.4, 0.25, 0.5, bevel=0.06).moved(y=0.45, z=z), material=wood)]
    for x in (-2.4, -0.8, 0.8, 2.4):
        peg = g.disc(0.13, 0.75).turned("x", 90).moved(x=x, y=0.4, z=z + 0.25)
        made.append(Part(mesh=peg, material=wood))
    return made


def board_wall(kit: Kit) -> SetDesign:
    """Painted upright boards with a slim brass rail above."""
    paint = matt(kit.material("wood", kit.palette.wall, tile=9.0))
    painted = plain(mix(kit.palette.wall, kit.palette.pale, 0.2), 0.55)
    look = painted if kit.spec.palette not in ("beige", "white") else paint
    boards = [
        box(1.54, 0.3, 60, bevel=0.06, n=4).moved(x=x, y=0.75, z=-25)
        for x in np.arange(-15.5, 15.6, 1.55)
    ]
    parts = [Part(mesh=join(*boards), material=look), *_brass_rail(7.2)]
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def cast_wall(kit: Kit) -> SetDesign:
    """Raw concrete with formwork joints and a steel rail above."""
    look = kit.material(kit.spec.surface, kit.palette.wall, tile=13.0)
    panels = []
    for x in (-9.6, -3.2, 3.2, 9.6):
        for z in (-9.2, 0.0, 9.2):
            panel = box(6.3, 0.4, 9.1, bevel=0.04).moved(x=x, y=0.8, z=z - 1.7)
            panels.append(replace(panel, uv=panel.uv + kit.rng.uniform(0.0, 13.0, 2)))
    dark = plain(mix(kit.palette.dark, (0, 0, 0), 0.3), 0.9)
    holes = [
        g.disc(0.11, 0.05).turned("x", 90).moved(x=x + dx, y=0.63, z=z)
        for x in (-9.6, -3.2, 3.2, 9.6)
        for dx in (-2.1, 2.1)
        for z in (-8.6, -4.1, 0.6, 5.1, 9.8)
    ]
    parts = [
        Part(mesh=join(*panels), material=look),
        Part(mesh=join(g.wall(0.9, height=60).moved(z=-25), *holes), material=dark),
    ]
    steel = plain(rgb("c4c5c6"), 0.3, metallic=1.0)
    bar = g.rail(30, 0.09).moved(z=7.0, y=-0.3)
    parts.append(Part(mesh=bar, material=steel))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def window_wall(kit: Kit) -> SetDesign:
    """Limewashed wall in the light of a tall paned window, wooden pegs above."""
    look = kit.material(kit.spec.surface, kit.palette.wall)
    parts = [Part(mesh=g.wall(0.6, height=60).moved(z=-25), material=look)]
    parts += _peg_rail(kit, 7.0)
    w, h, side = 8.2, 12.6, 60.0
    bars = [box(0.3, h, 0.1, bevel=0.02, n=2)]
    bars += [box(w, 0.3, 0.1, bevel=0.02, n=2).moved(y=y) for y in (-h / 6, h / 6)]
    bars += [box(side, h + 2 * side, 0.1, bevel=0.02, n=2).moved(x=s * (w + side) / 2)
             for s in (-1, 1)]  # fmt: skip
    bars += [box(w, side, 0.1, bevel=0.02, n=2).moved(y=s * (h + side) / 2) for s in (-1, 1)]
    window = facing(join(*bars), kit.spec.key, np.array([0.2, 0.0, 2.6]), 18.0)
    parts.append(Part(mesh=window, material=plain((0.25, 0.25, 0.25), 0.9)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def arch_wall(kit: Kit) -> SetDesign:
    """Coloured paper wall with a tall, shallow, round-headed recess."""
    look = kit.material(kit.spec.surface, kit.palette.wall)
    deep = kit.material(kit.spec.surface, mix(kit.palette.wall, kit.palette.dark, 0.25), salt=1)
    opening = g.wall_with_arch(0.8, 7.4, 12.2, 1.4).moved(z=-4.6)
    parts = [Part(mesh=opening, material=look)]
    parts.append(Part(mesh=g.wall(2.2, height=60).moved(z=-25), material=deep))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def _brass_rail(z: float) -> list[Part]:
    brass = plain(rgb("b08a54"), 0.3, metallic=1.0)
    stand = [
        g.disc(0.08, 0.8).turned("x", 90).moved(x=x, y=0.7, z=z) for x in (-7.0, -2.6, 2.6, 7.0)
    ]
    return [Part(mesh=join(g.rail(30, 0.08).moved(y=0.0, z=z), *stand), material=brass)]


def clothes_rail(kit: Kit) -> SetDesign:
    """Rail before a wall, with one empty wooden hanger's worth of room."""
    parts = [
        Part(
            mesh=g.wall(3.4, height=60).moved(z=-25),
            material=kit.material(kit.spec.surface, kit.palette.wall),
        )
    ]
    brass = plain(rgb("b08a54"), 0.3, metallic=1.0)
    bar = g.rail(30, 0.1).moved(z=6.6)
    drops = [g.disc(0.07, 20).moved(x=x, z=6.6) for x in (-4.2, 4.2)]
    parts.append(Part(mesh=join(bar, *drops), material=brass))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)
