"""Flat lays: a surface seen from above with something small at its rim."""

from __future__ import annotations

from collections.abc import Callable

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import box, lathe, rounded
from kirakat.training.render.palettes import mix, rgb
from kirakat.training.render.plants import frond, sprig
from kirakat.training.render.props import Props, green, scattered
from kirakat.training.render.scene_spec import Kit
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part


def flatlay(kit: Kit) -> SetDesign:
    """Surface seen from above with something small at its rim."""
    main = _ground(kit)
    if kit.spec.surface == "sand":
        sheet = g.dunes(kit.rng, 26, 26, n=640)
    elif kit.spec.surface == "satin":
        sheet = g.drapery(kit.rng, 26, 26, fold=1.7, n=700).moved(z=-1.2)
    else:
        sheet = g.floor()
    parts = [Part(mesh=sheet, material=main)]
    if kit.spec.surface == "water":
        parts.append(_slab(kit))
    return SetDesign(parts=parts + _rim(kit), support=(0, 0, 0), width=7.5, wall_y=None)


def _ground(kit: Kit) -> Material:
    if kit.spec.surface == "water":
        return kit.material("pool", mix(kit.palette.floor, rgb("4fa9c4"), 0.55))
    tile = 9.0 if kit.spec.surface == "wood" else 0.0
    return kit.material(kit.spec.surface, kit.palette.wall, tile=tile)


def _slab(kit: Kit) -> Part:
    """A dry place in the water: what lies there may be a watch or a hair dryer."""
    tone = mix(kit.palette.pale, kit.palette.wall, 0.4)
    return Part(mesh=g.disc(4.6, 0.5), material=kit.material("plaster", tone, salt=6))


def _rim(kit: Kit) -> Props:
    made: Props = []
    for name in kit.spec.props:
        made += _RIMS[name](kit)
    return made


def _sprigs(kit: Kit) -> Props:
    made = []
    leaves, stem = green(kit), plain((0.36, 0.3, 0.2), 0.8)
    for x, y, turn in ((-6.2, 3.0, -35.0), (-5.6, 5.2, -62.0), (6.2, -3.8, 148.0)):
        pair = sprig(
            kit.rng, float(kit.rng.uniform(4.0, 5.4)), leaves=15, leaf_length=1.25, leaf_width=0.8
        )
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
    bowl = lathe(
        rounded([(1e-6, 0), (0.7, 0), (1.25, 0.8), (1.15, 0.82), (0.65, 0.14), (1e-6, 0.1)], 0.08)
    )
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
