"""Sets: each builder lays out one kind of scene and says where a product would stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import box, join
from kirakat.training.render.palettes import mix, rgb
from kirakat.training.render.plants import bush, frond, grass, sprig
from kirakat.training.render.props import Props, green, place_props, scattered
from kirakat.training.render.scene_spec import Kit, matt
from kirakat.training.render.stage import Part


@dataclass(frozen=True, kw_only=True)
class SetDesign:
    """Parts, the support point (world), usable width there, and the wall's distance (or None)."""

    parts: Props
    support: tuple[float, float, float]
    width: float
    wall_y: float | None


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
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, h), width=2 * r * 0.9, wall_y=8.5)


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
    parts.append(Part(mesh=g.disc(2.9, h), material=kit.material("plaster", kit.palette.pale, salt=3)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, h), width=5.2, wall_y=4.4)


def tabletop(kit: Kit) -> SetDesign:
    """Table before a far, blurred room: tiles or wall, window, shelf with jars."""
    top = box(44.0, 15.0, 1.0, bevel=0.12).moved(y=1.0, z=-1.0)
    parts = [Part(mesh=top, material=kit.main(tile=14.0))]
    wall = kit.material("plaster", kit.palette.wall, salt=1)
    parts.append(Part(mesh=g.wall(30.0, width=120, height=60).moved(z=-14), material=wall))
    parts.append(Part(mesh=box(60, 7, 11, bevel=0.2).moved(y=26, z=-13), material=plain(kit.palette.pale, 0.4)))
    parts += _jars(kit) + _window(kit)
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=None)


def terrace(kit: Kit) -> SetDesign:
    """Garden table before blurred greenery with the sun behind it."""
    top = box(44.0, 13.0, 1.0, bevel=0.12).moved(y=0.5, z=-1.0)
    parts = [Part(mesh=top, material=kit.main(tile=14.0))]
    sky = plain((0.2, 0.2, 0.2), 0.9, glow=(1.0, 1.1, 0.9))  # type: ignore[arg-type]
    parts.append(Part(mesh=g.wall(46.0, width=160, height=90).moved(z=-20), material=sky))
    for x, y, r in ((-15, 27, 13), (-5, 33, 13), (6, 31, 14), (16, 26, 12), (0, 27, 8), (-10, 22, 8), (11, 22, 8)):
        shrub = bush(kit.rng, float(r), count=26)
        for mesh, look in zip(shrub, (plain((0.3, 0.24, 0.16), 0.8), green(kit)), strict=True):
            parts.append(Part(mesh=mesh.moved(x=x, y=y, z=-4.0), material=look))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=None)


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
        made.append(Part(mesh=g.disc(1.2, h).moved(x=x, y=25, z=-2.0), material=plain(tones[i], 0.35)))
    shrub = bush(kit.rng, 4.5)
    for mesh, look in zip(shrub, (plain((0.3, 0.24, 0.16), 0.8), green(kit)), strict=True):
        made.append(Part(mesh=mesh.moved(x=9, y=25.5, z=-1.5), material=look))
    return made


def _window(kit: Kit) -> Props:
    pane = plain((0.1, 0.1, 0.1), 0.9, glow=(1.5, 1.55, 1.6))  # type: ignore[arg-type]
    made = []
    for x in (6.0, 11.2):
        for z in (4.0, 10.2):
            made.append(Part(mesh=box(4.7, 0.1, 5.7, bevel=0.02, n=2).moved(x=x, y=29.7, z=z), material=pane))
    return made


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
    parts.append(Part(mesh=g.wall(13.0), material=matt(kit.material("plaster", kit.palette.wall, salt=1))))
    parts.append(Part(mesh=g.slab(kit.rng, 3.1, 0.75), material=island))
    for x, y in ((-4.4, 1.5), (-3.9, -1.9), (4.3, -0.8), (4.9, 2.6), (3.9, 4.6)):
        stone = g.pebble(kit.rng, float(kit.rng.uniform(0.5, 1.1))).moved(x=x, y=y, z=-0.12)
        parts.append(Part(mesh=stone, material=kit.material("stone", kit.palette.dark, salt=4)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.75), width=5.0, wall_y=13.0)


def mossy(kit: Kit) -> SetDesign:
    """Flat stone among moss and low grass, blurred greenery behind."""
    ground = g.rock_relief(kit.rng, 70, 70, amount=0.3)
    parts = [Part(mesh=ground.moved(z=-0.25), material=kit.main())]
    parts.append(Part(mesh=g.slab(kit.rng, 2.7, 0.6).moved(z=-0.1), material=kit.material("stone", kit.palette.pale, salt=3)))
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
            parts.append(Part(mesh=mesh.moved(x=side * 7.5, y=15.0 + 2 * abs(side), z=-0.5), material=look))
    parts.append(Part(mesh=g.wall(26.0), material=plain(mix(kit.palette.wall, rgb("dfe5c0"), 0.4), 0.9)))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.5), width=4.6, wall_y=None)


def dunes(kit: Kit) -> SetDesign:
    """Rippled sand running to a plain backdrop."""
    sand = kit.main()
    parts = [Part(mesh=g.dunes(kit.rng, 40, 30, n=640).moved(y=3.0), material=sand)]
    parts.append(Part(mesh=g.wall(15.0), material=matt(kit.backdrop())))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0.0), width=6.0, wall_y=15.0)


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
    return Material(albedo=colours[::-1].astype(np.float32), tile=100.0, roughness=0.45, specular=0.3)


def ground(kit: Kit) -> SetDesign:
    """Open floor of the surface (asphalt, concrete, metal) and a wall of the backdrop."""
    parts = [Part(mesh=g.floor(), material=kit.main())]
    parts.append(Part(mesh=g.wall(9.0), material=kit.backdrop()))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=7.0, wall_y=9.0)


def flatlay(kit: Kit) -> SetDesign:
    """Surface seen from above with something small at its rim."""
    main = kit.material(kit.spec.surface, kit.palette.wall, tile=12.0 if kit.spec.surface == "wood" else 0.0)
    if kit.spec.surface == "sand":
        sheet = g.dunes(kit.rng, 26, 26, n=640)
    elif kit.spec.surface == "satin":
        sheet = g.drapery(kit.rng, 26, 26, fold=2.8, n=700).moved(z=-2.2)
    else:
        sheet = g.floor()
    parts = [Part(mesh=sheet, material=main)]
    return SetDesign(parts=parts + _rim(kit), support=(0, 0, 0), width=7.5, wall_y=None)


def _rim(kit: Kit) -> Props:
    made: Props = []
    for name in kit.spec.props:
        made += _RIMS[name](kit)
    return made


def _sprigs(kit: Kit) -> Props:
    made = []
    leaves, stem = green(kit), plain((0.36, 0.3, 0.2), 0.8)
    for x, y, turn in ((-6.2, 3.0, -35.0), (-5.6, 5.2, -62.0), (6.2, -3.8, 148.0)):
        pair = sprig(kit.rng, float(kit.rng.uniform(4.0, 5.4)), leaves=15, leaf_length=1.25, leaf_width=0.8)
        for mesh, look in zip(pair, (stem, leaves), strict=True):
            turned = mesh.turned("z", turn + float(kit.rng.uniform(-10, 10)))
            made.append(Part(mesh=turned.moved(x=x, y=y, z=0.22), material=look))
    return made


def _stones(kit: Kit) -> Props:
    look = kit.material("stone", kit.palette.dark, salt=3)
    pale = kit.material("stone", kit.palette.pale, salt=4)
    made = []
    for i, (x, y) in enumerate(scattered(kit, 9, 4.4, 6.4)):
        stone = g.pebble(kit.rng, float(kit.rng.uniform(0.25, 0.8))).moved(x=x, y=y, z=-0.04)
        made.append(Part(mesh=stone, material=look if i % 2 else pale))
    return made


def _cloth(kit: Kit) -> Props:
    cloth = g.drapery(kit.rng, 9.0, 7.0, fold=0.75).turned("z", 28).moved(x=-6.4, y=5.0, z=0.02)
    look = kit.material("linen", kit.palette.pale, salt=3, tile=3.0)
    return [Part(mesh=cloth, material=look)]


def _sheets(kit: Kit) -> Props:
    made = []
    tones = (kit.palette.pale, kit.palette.dark, kit.palette.accent)
    spots = ((-6.0, 4.6, 22.0), (6.6, 4.9, -30.0), (-6.6, -5.4, -18.0))
    for i, ((x, y, turn), tone) in enumerate(zip(spots, tones, strict=True)):
        sheet = box(7.5, 5.5, 0.14, bevel=0.02).turned("z", turn).moved(x=x, y=y, z=0.12 * i)
        made.append(Part(mesh=sheet, material=kit.material("paper", tone, salt=3 + i)))
    return made


def _dishes(kit: Kit) -> Props:
    from kirakat.training.render.mesh import lathe, rounded

    bowl = lathe(rounded([(1e-6, 0), (0.7, 0), (1.25, 0.8), (1.15, 0.82), (0.65, 0.14), (1e-6, 0.1)], 0.08))
    look = kit.material("plaster", kit.palette.pale, salt=5)
    made = []
    for x, y, s in ((4.6, 4.2, 1.2), (-5.0, -4.3, 0.85)):
        made.append(Part(mesh=bowl.scaled(s, s, s).moved(x=x, y=y), material=look))
    return made


def _palms(kit: Kit) -> Props:
    made = []
    leaves, stem = green(kit), plain((0.36, 0.38, 0.2), 0.7)
    for x, y, turn in ((-7.4, 5.4, -42.0), (7.4, -5.6, 140.0)):
        for mesh, look in zip(frond(kit.rng, 6.0), (stem, leaves), strict=True):
            made.append(Part(mesh=mesh.turned("z", turn).moved(x=x, y=y, z=0.5), material=look))
    return made


_RIMS: dict[str, Callable[[Kit], Props]] = {
    "sprigs": _sprigs, "stones": _stones, "cloth": _cloth, "sheets": _sheets,
    "dishes": _dishes, "palms": _palms,
}  # fmt: skip


def bare_wall(kit: Kit) -> SetDesign:
    """Wall close behind, for apparel that hangs on a peg."""
    parts = [Part(mesh=g.wall(0.6, height=60).moved(z=-25), material=kit.material(kit.spec.surface, kit.palette.wall))]
    wood = kit.material("wood", kit.palette.dark, salt=3)
    parts.append(Part(mesh=box(6.4, 0.25, 0.5, bevel=0.06).moved(y=0.45, z=6.4), material=wood))
    for x in (-2.4, -0.8, 0.8, 2.4):
        peg = g.disc(0.13, 0.75).turned("x", 90).moved(x=x, y=0.4, z=6.65)
        parts.append(Part(mesh=peg, material=wood))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


def clothes_rail(kit: Kit) -> SetDesign:
    """Rail before a wall, with one empty wooden hanger's worth of room."""
    parts = [Part(mesh=g.wall(3.4, height=60).moved(z=-25), material=kit.material(kit.spec.surface, kit.palette.wall))]
    brass = plain(rgb("b08a54"), 0.3, metallic=1.0)
    bar = g.rail(30, 0.1).moved(z=6.6)
    drops = [g.disc(0.07, 20).moved(x=x, z=6.6) for x in (-4.2, 4.2)]
    parts.append(Part(mesh=join(bar, *drops), material=brass))
    return SetDesign(parts=parts + place_props(kit), support=(0, 0, 0), width=6.5, wall_y=None)


BUILDERS: dict[str, Callable[[Kit], SetDesign]] = {
    "podium": podium, "pedestal": pedestal, "stairs": stairs, "passage": passage,
    "tabletop": tabletop, "terrace": terrace, "rock": rock, "pond": pond, "mossy": mossy, "dunes": dunes,
    "room": room, "seamless": seamless, "ground": ground, "flatlay": flatlay,
    "bare-wall": bare_wall, "clothes-rail": clothes_rail,
}  # fmt: skip
