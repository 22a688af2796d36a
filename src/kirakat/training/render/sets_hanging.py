"""Walls and rails for apparel that hangs."""

from __future__ import annotations

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import plain
from kirakat.training.render.mesh import box, join
from kirakat.training.render.palettes import rgb
from kirakat.training.render.props import place_props
from kirakat.training.render.scene_spec import Kit
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
    wood = kit.material("wood", kit.palette.dark, salt=3)
    parts.append(Part(mesh=box(6.4, 0.25, 0.5, bevel=0.06).moved(y=0.45, z=6.4), material=wood))
    for x in (-2.4, -0.8, 0.8, 2.4):
        peg = g.disc(0.13, 0.75).turned("x", 90).moved(x=x, y=0.4, z=6.65)
        parts.append(Part(mesh=peg, material=wood))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


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
