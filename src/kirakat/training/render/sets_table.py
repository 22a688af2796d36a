"""Tables before a far, blurred room or garden."""

from __future__ import annotations

from dataclasses import replace

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import plain
from kirakat.training.render.mesh import box
from kirakat.training.render.palettes import mix, rgb
from kirakat.training.render.plants import bush
from kirakat.training.render.props import Props, green, place_props
from kirakat.training.render.scene_spec import Kit
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part


def tabletop(kit: Kit) -> SetDesign:
    """Table before a far, blurred room: tiles or wall, window, shelf with jars."""
    top = box(60.0, 38.0, 1.0, bevel=0.12).moved(y=-10.5, z=-1.0)
    parts = [Part(mesh=top, material=kit.main(tile=14.0))]
    wall = kit.material("plaster", kit.palette.wall, salt=1)
    parts.append(Part(mesh=g.wall(30.0, width=120, height=60).moved(z=-14), material=wall))
    parts.append(
        Part(
            mesh=box(60, 7, 11, bevel=0.2).moved(y=26, z=-13), material=plain(kit.palette.pale, 0.4)
        )
    )
    parts += _jars(kit) + _window()
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=8.4, wall_y=None)


def counter(kit: Kit) -> SetDesign:
    """Worktop, sideboard or desk that runs along a wall: room for wide products."""
    if kit.spec.surface == "linen":
        top = g.wrinkled(kit.rng, 44.0, 40.0, height=0.9).moved(y=-13.5)
        parts = [Part(mesh=top, material=kit.material("linen", kit.palette.pale, tile=7.0))]
    else:
        top = box(60.0, 40.0, 1.0, bevel=0.1).moved(y=-13.5, z=-1.0)
        parts = [Part(mesh=top, material=kit.main(tile=14.0 if kit.spec.surface == "wood" else 0))]
    parts.append(Part(mesh=g.wall(6.5).moved(z=-0.3), material=kit.backdrop()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=10.4, wall_y=6.5)


def evening(kit: Kit) -> SetDesign:
    """Table at night before far, blurred lights."""
    top = box(60.0, 34.0, 1.0, bevel=0.1).moved(y=-13.5, z=-1.0)
    parts = [Part(mesh=top, material=kit.main(tile=14.0 if kit.spec.surface == "wood" else 0))]
    night = plain(mix(kit.palette.wall, kit.palette.dark, 0.6), 0.9)
    parts.append(Part(mesh=g.wall(40.0, width=160, height=90).moved(z=-30), material=night))
    return SetDesign(
        parts=parts + _lights(kit) + place_props(kit), support=(0, 0, 0), width=9.6,
        wall_y=None, scale=1.8,
    )  # fmt: skip


def _lights(kit: Kit) -> Props:
    """Warm discs far behind, as a wide lens spreads small lamps.

    Discs, not lamps: a lens spreading lamps would need thousands of rays a pixel.
    """
    made = []
    for _ in range(52):
        power = float(kit.rng.uniform(0.12, 0.95)) ** 2
        warm = float(kit.rng.uniform(0.55, 0.85))
        look = plain((0.1, 0.1, 0.1), 0.9, glow=(power, power * warm, power * warm * warm * 0.8))
        x, z = float(kit.rng.uniform(-17, 17)), float(kit.rng.uniform(-4.0, 13))
        y = float(kit.rng.uniform(28, 39))
        round_ = g.disc(float(kit.rng.uniform(0.5, 1.15)), 0.01, bevel=0.002, segments=64)
        made.append(Part(mesh=round_.turned("x", 90).moved(x=x, y=y, z=z), material=look))
    return made


def terrace(kit: Kit) -> SetDesign:
    """Garden table before blurred greenery with the sun behind it."""
    top = box(60.0, 38.0, 1.0, bevel=0.12).moved(y=-12.0, z=-1.0)
    parts = [Part(mesh=top, material=kit.main(tile=14.0))]
    sky = plain((0.2, 0.2, 0.2), 0.9, glow=(0.62, 0.66, 0.5))
    # Leaves let some of the sun through.
    leaves = replace(green(kit), glow=(0.09, 0.13, 0.03))
    parts.append(Part(mesh=g.wall(46.0, width=160, height=90).moved(z=-20), material=sky))
    for x, y, r in (
        (-15, 27, 13),
        (-5, 33, 13),
        (6, 31, 14),
        (16, 26, 12),
        (0, 27, 8),
        (-10, 22, 8),
        (11, 22, 8),
    ):
        shrub = bush(kit.rng, float(r), count=26)
        for mesh, look in zip(shrub, (plain((0.3, 0.24, 0.16), 0.8), leaves), strict=True):
            parts.append(Part(mesh=mesh.moved(x=x, y=y, z=-4.0), material=look))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=8.4, wall_y=None)


def _jars(kit: Kit) -> Props:
    board = plain(rgb("a87c52"), 0.5)
    made = [Part(mesh=g.shelf(22, 4, 0.5).moved(x=-9, y=29.8, z=7.5), material=board)]
    tones = (kit.palette.dark, kit.palette.accent, kit.palette.pale, rgb("7d8c5c"), rgb("b5683f"))
    for i in range(8):
        r, h = kit.rng.uniform(0.7, 1.3), kit.rng.uniform(1.6, 3.6)
        look = plain(tones[i % 5], 0.4)
        made.append(Part(mesh=g.disc(r, h).moved(x=-18.5 + 2.7 * i, y=27.8, z=7.5), material=look))
    for i, x in enumerate((-12.0, -8.5, 5.0, 13.0)):
        h = kit.rng.uniform(2.2, 5.0)
        made.append(
            Part(mesh=g.disc(1.2, h).moved(x=x, y=25, z=-2.0), material=plain(tones[i], 0.35))
        )
    shrub = bush(kit.rng, 4.5)
    for mesh, look in zip(shrub, (plain((0.3, 0.24, 0.16), 0.8), green(kit)), strict=True):
        made.append(Part(mesh=mesh.moved(x=9, y=25.5, z=-1.5), material=look))
    return made


def _window() -> Props:
    pane = plain((0.1, 0.1, 0.1), 0.9, glow=(1.5, 1.55, 1.6))
    made = []
    for x in (6.0, 11.2):
        for z in (4.0, 10.2):
            made.append(
                Part(
                    mesh=box(4.7, 0.1, 5.7, bevel=0.02, n=2).moved(x=x, y=29.7, z=z), material=pane
                )
            )
    return made
