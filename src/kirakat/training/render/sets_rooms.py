"""Rooms for furniture: a floor wide enough for a sofa and a wall behind it.

One unit is about 18 cm here, so that a sofa of two metres takes half of a frame of 20.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.light import Key, facing
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import Array, Mesh, box, join, lathe, rounded
from kirakat.training.render.palettes import Rgb, mix, rgb
from kirakat.training.render.plants import bush, sprig
from kirakat.training.render.props import Props, green
from kirakat.training.render.scene_spec import Kit, matt
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.stage import Part

_WALL = 6.5
_SCALE = 2.0
_WHITE: Rgb = (0.95, 0.945, 0.93)


def _room(kit: Kit, parts: Props) -> SetDesign:
    for name in kit.spec.props:
        parts += _FITTINGS[name](kit)
    return SetDesign(
        parts=parts, support=(0, 0, 0), width=17.0, wall_y=_WALL, scale=_SCALE, is_floor=True
    )


def parlour(kit: Kit) -> SetDesign:
    """Herringbone parquet, wall with moulded panels in the wall's colour."""
    parquet = kit.material("herringbone", kit.palette.floor, tile=11.0)
    paint = matt(kit.backdrop())
    parts = [Part(mesh=g.floor().turned("z", 45), material=parquet)]
    parts.append(Part(mesh=g.wall(_WALL), material=paint))
    trim = plain(mix(kit.palette.wall, kit.palette.pale, 0.25), 0.6)
    frames = [_moulding(x, 2.6, 6.4, 13.5) for x in (-16.2, -8.1, 0.0, 8.1, 16.2)]
    parts.append(Part(mesh=join(*frames, _skirting(1.05)), material=trim))
    return _room(kit, parts)


def loft(kit: Kit) -> SetDesign:
    """Polished concrete floor and a wall cast in large panels."""
    parts = [Part(mesh=g.floor(), material=kit.material("polished", kit.palette.floor))]
    wall = kit.material("concrete", kit.palette.wall, salt=1, tile=21.0)
    # Every panel takes its own piece of the texture.
    panels = [
        _shifted(box(8.9, 0.4, 6.9, bevel=0.05), kit).moved(x=x + 1.5, y=_WALL + 0.2, z=z)
        for x in np.arange(-27.0, 28.0, 9.0)
        for z in (0.05, 7.05, 14.05, 21.05)
    ]
    parts.append(Part(mesh=join(*panels), material=wall))
    shadow = plain(mix(kit.palette.dark, (0, 0, 0), 0.3), 0.9)
    holes = [
        g.disc(0.14, 0.05).turned("x", 90).moved(x=x + 1.5 + dx, y=_WALL + 0.03, z=z)
        for x in np.arange(-27.0, 28.0, 9.0)
        for dx in (-2.9, 2.9)
        for z in (1.6, 5.5, 8.6, 12.5, 15.6, 19.5)
    ]
    parts.append(Part(mesh=join(g.wall(_WALL + 0.3), *holes), material=shadow))
    return _room(kit, parts)


def villa(kit: Kit) -> SetDesign:
    """Limewashed wall with an arched niche on stone tiles."""
    tiles = kit.material("tiles", kit.palette.pale, tile=22.0)
    parts = [Part(mesh=g.floor().turned("z", 45), material=tiles)]
    niche = g.wall_with_arch(_WALL, 5.0, 11.0, 1.6, x=-6.2)
    parts.append(Part(mesh=niche, material=kit.backdrop()))
    parts.append(Part(mesh=g.wall(_WALL + 1.6), material=kit.backdrop()))
    return _room(kit, parts)


def board_room(kit: Kit) -> SetDesign:
    """Pale floorboards, lower wall of painted boards with a rail, plaster above."""
    boards = kit.material("planks", mix(kit.palette.floor, _WHITE, 0.4), tile=8.0)
    parts = [Part(mesh=g.floor().turned("z", 90), material=boards)]
    parts.append(Part(mesh=g.wall(_WALL + 0.2), material=matt(kit.backdrop())))
    paint = plain(mix(kit.palette.wall, kit.palette.dark, 0.25), 0.5)
    staves = [
        box(1.18, 0.2, 6.6, bevel=0.07, n=4).moved(x=x, y=_WALL + 0.1)
        for x in np.arange(-30.0, 30.1, 1.2)
    ]
    rail = box(70, 0.55, 0.4, bevel=0.1).moved(y=_WALL, z=6.6)
    parts.append(Part(mesh=join(*staves, rail, _skirting(0.9)), material=paint))
    return _room(kit, parts)


def bright_room(kit: Kit) -> SetDesign:
    """Pale boards and a plain light wall."""
    boards = kit.material("planks", mix(kit.palette.floor, _WHITE, 0.35), tile=8.0)
    parts = [Part(mesh=g.floor().turned("z", 90), material=boards)]
    parts.append(Part(mesh=g.wall(_WALL), material=matt(kit.backdrop())))
    parts.append(Part(mesh=_skirting(0.8), material=plain(_WHITE, 0.4)))
    return _room(kit, parts)


def _shifted(mesh: Mesh, kit: Kit) -> Mesh:
    return replace(mesh, uv=mesh.uv + kit.rng.uniform(0.0, 20.0, 2))


def _skirting(height: float) -> Mesh:
    return box(90, 0.3, height, bevel=0.08).moved(y=_WALL - 0.1)


def _moulding(x: float, z: float, width: float, height: float) -> Mesh:
    """Frame of half-round strips on the wall; `x` is its middle, `z` its foot."""
    upright = box(0.28, 0.24, height, bevel=0.1, n=6)
    level = box(width, 0.24, 0.28, bevel=0.1, n=6)
    y = _WALL
    return join(
        upright.moved(x=x - width / 2, y=y, z=z),
        upright.moved(x=x + width / 2, y=y, z=z),
        level.moved(x=x, y=y, z=z),
        level.moved(x=x, y=y, z=z + height - 0.28),
    )


def _side(kit: Kit) -> float:
    """Where fittings stand: away from the light, so that they cast nothing into the middle."""
    return 1.0 if kit.spec.key.azimuth > 180 else -1.0


def _rug(kit: Kit) -> Props:
    pile = kit.material("carpet", mix(kit.palette.pale, kit.palette.accent, 0.4), salt=2)
    return [Part(mesh=box(21.0, 9.5, 0.09, bevel=0.04).moved(y=0.2), material=pile)]


def _round_rug(kit: Kit) -> Props:
    pile = kit.material("carpet", mix(kit.palette.pale, kit.palette.floor, 0.5), salt=2)
    return [Part(mesh=g.disc(9.4, 0.09, bevel=0.04), material=pile)]


def _drape(kit: Kit) -> Props:
    """Sheer curtain hanging at the window's side, lit through."""
    side = -_side(kit)
    cloth = g.curtain(kit.rng, 17.0, 24.0, fold=0.8).scaled(0.45, 0.3, 1.0)
    cloth = cloth.moved(x=side * 10.8, y=_WALL - 1.2, z=0.1)
    sheer = kit.material("fabric", mix(kit.palette.pale, _WHITE, 0.7), salt=4, tile=1.2)
    return [Part(mesh=cloth, material=_lit(sheer, 0.4))]


def _lit(material: Material, power: float) -> Material:
    return replace(material, glow=(power, power * 0.97, power * 0.92))


def _potted(kit: Kit) -> Props:
    """Leafy plant in a pot beside the free floor."""
    side = _side(kit)
    x, y = side * 9.6, _WALL - 2.4
    pot = lathe(rounded([(1e-6, 0), (1.05, 0), (1.45, 2.5), (1.3, 2.5), (1.2, 2.1), (1e-6, 2.1)],
                        0.18))  # fmt: skip
    made = [Part(mesh=pot.moved(x=x, y=y), material=kit.material("plaster", _clay(kit), salt=7))]
    looks = (plain((0.32, 0.25, 0.17), 0.8), green(kit))
    for mesh, look in zip(bush(kit.rng, 5.4, count=15), looks, strict=True):
        made.append(Part(mesh=mesh.moved(x=x, y=y, z=2.2), material=look))
    return made


def _clay(kit: Kit) -> Rgb:
    return mix(kit.palette.pale, rgb("c9b8a2"), 0.4)


def _branches(kit: Kit) -> Props:
    """Tall floor vase with a few long branches."""
    x, y = _side(kit) * 9.4, _WALL - 2.2
    vase = lathe(rounded([(1e-6, 0), (0.8, 0), (1.25, 1.6), (0.95, 3.4), (0.5, 4.2), (0.6, 4.8),
                          (0.48, 4.8), (0.4, 4.2)], 0.5))  # fmt: skip
    made = [Part(mesh=vase.moved(x=x, y=y), material=kit.material("plaster", _clay(kit), salt=7))]
    looks = (plain((0.32, 0.25, 0.17), 0.8), green(kit))
    for heading in np.linspace(0, 300, 6):
        pair = sprig(kit.rng, float(kit.rng.uniform(5.5, 8.0)), leaves=22, leaf_length=1.2,
                     leaf_width=0.5)  # fmt: skip
        tilt = -float(kit.rng.uniform(58, 80))
        turn = float(heading + kit.rng.uniform(-20, 20))
        for mesh, look in zip(pair, looks, strict=True):
            placed = mesh.turned("y", tilt).turned("z", turn).moved(x=x, y=y, z=4.4)
            made.append(Part(mesh=placed, material=look))
    return made


def _panes(kit: Kit) -> Props:
    """A tall window with glazing bars in the key's beam: its light lies on the wall."""
    return [Part(mesh=_window(kit.spec.key), material=plain((0.25, 0.25, 0.25), 0.9))]


def _window(key: Key) -> Mesh:
    w, h, side, bar = 14.0, 25.0, 90.0, 0.5
    bars = [box(bar, h, 0.2, bevel=0.02, n=2).moved(x=x) for x in (-w / 6, w / 6)]
    bars += [box(w, bar, 0.2, bevel=0.02, n=2).moved(y=y) for y in (-h / 3, -h / 9, h / 9, h / 3)]
    bars += [box(side, h + 2 * side, 0.2, bevel=0.02, n=2).moved(x=s * (w + side) / 2)
             for s in (-1, 1)]  # fmt: skip
    bars += [box(w, side, 0.2, bevel=0.02, n=2).moved(y=s * (h + side) / 2) for s in (-1, 1)]
    centre: Array = np.array([1.0, 3.0, 4.0])
    return facing(join(*bars), key, centre, 40.0)


_FITTINGS: dict[str, Callable[[Kit], Props]] = {
    "rug": _rug, "round-rug": _round_rug, "drape": _drape, "potted": _potted,
    "branches": _branches, "panes": _panes,
}  # fmt: skip
