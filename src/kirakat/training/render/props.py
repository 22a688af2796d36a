"""Things that stand around the free space: at the sides and behind, never in the middle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.materials import Material, leaf_material, plain
from kirakat.training.render.mesh import box, lathe, plate, rounded, sphere
from kirakat.training.render.palettes import Rgb, mix, rgb
from kirakat.training.render.plants import bush, frond, sprig
from kirakat.training.render.scene_spec import Kit
from kirakat.training.render.stage import Part

Props = list[Part]
_GREENS: tuple[Rgb, ...] = (rgb("6f8458"), rgb("55704a"), rgb("8a9a6b"), rgb("4a6a55"))


def _side(kit: Kit) -> float:
    return 1.0 if kit.rng.random() < 0.5 else -1.0


def _between(kit: Kit, low: float, high: float) -> float:
    return float(kit.rng.uniform(low, high))


def green(kit: Kit) -> Material:
    """Leaf colour of the scene."""
    return leaf_material(_GREENS[int(kit.rng.integers(len(_GREENS)))])


def column(kit: Kit) -> Props:
    """A fluted or plain column on one side, running out of the picture."""
    x, r = _side(kit) * _between(kit, 4.0, 4.9), _between(kit, 0.8, 1.2)
    plain_one = g.disc(r, 16) if kit.rng.random() < 0.5 else g.fluted(r, 16)
    look = kit.material("plaster", mix(kit.palette.wall, kit.palette.dark, 0.35), salt=2)
    return [Part(mesh=plain_one.moved(x=x, y=_between(kit, 3, 5)), material=look)]


def drums(kit: Kit) -> Props:
    """Two low drums of different height on one side."""
    side, y = _side(kit), _between(kit, 1.5, 3.5)
    look = kit.material(kit.spec.surface, kit.accent_palette.floor, salt=3)
    return [
        Part(
            mesh=g.disc(1.1, _between(kit, 2.2, 3.6)).moved(x=side * 4.3, y=y + 1.2), material=look
        ),
        Part(
            mesh=g.disc(0.8, _between(kit, 0.8, 1.5)).moved(x=side * 3.4, y=y - 0.9), material=look
        ),
    ]


def spheres(kit: Kit) -> Props:
    """A few balls of different size, left and right."""
    made = []
    for side, colour in ((1, kit.accent_palette.accent), (-1, kit.accent_palette.pale)):
        r = _between(kit, 0.45, 1.1)
        look = kit.material("plaster", colour, salt=4)
        at = sphere(r).moved(x=side * _between(kit, 3.7, 4.6), y=_between(kit, 0.4, 3.5))
        made.append(Part(mesh=at, material=look))
    r = _between(kit, 0.25, 0.4)
    small = sphere(r).moved(x=_side(kit) * _between(kit, 3.3, 3.7), y=_between(kit, -1.6, -0.4))
    return [
        *made,
        Part(mesh=small, material=kit.material("plaster", kit.accent_palette.dark, salt=5)),
    ]


def arch_panel(kit: Kit) -> Props:
    """Arched slabs standing behind the support, one in front of the other."""
    x = _between(kit, -0.7, 0.7)
    back = kit.material("plaster", mix(kit.palette.wall, kit.palette.dark, 0.25), salt=2)
    front = kit.material("plaster", kit.palette.pale, salt=6)
    width = _between(kit, 6.0, 7.2)
    made = [Part(mesh=g.arch(width, _between(kit, 8, 9.5), 0.5).moved(x=x, y=4.6), material=back)]
    shift = _side(kit) * _between(kit, 2.4, 3.2)
    made.append(
        Part(mesh=g.arch(3.0, _between(kit, 4.5, 6), 0.5).moved(x=x + shift, y=3.9), material=front)
    )
    return made


def frames(kit: Kit) -> Props:
    """Nested arched frames, like a passage."""
    made = []
    for i, tone in enumerate((0.0, 0.25, 0.5)):
        look = kit.material("plaster", mix(kit.palette.wall, kit.palette.dark, tone), salt=2 + i)
        frame = g.arch(9.0 - 1.3 * i, 9.5 - 0.9 * i, 1.0, 0.75).moved(y=3.2 + 1.2 * i)
        made.append(Part(mesh=frame, material=look))
    return made


def disc_panel(kit: Kit) -> Props:
    """A large round disc standing upright behind the support."""
    r = _between(kit, 3.2, 4.0)
    look = kit.material("plaster", mix(kit.palette.wall, kit.accent_palette.accent, 0.5), salt=2)
    disc = g.disc(r, 0.4).turned("x", 90).moved(x=_between(kit, -0.9, 0.9), y=5.0, z=r * 0.93 + 0.6)
    return [Part(mesh=disc, material=look)]


def pebbles(kit: Kit) -> Props:
    """River stones at the sides."""
    colours = (kit.palette.dark, kit.palette.wall, mix(kit.palette.pale, kit.palette.dark, 0.5))
    looks = [kit.material("stone", c, salt=3 + i) for i, c in enumerate(colours)]
    made = []
    for i in range(9):
        at = _side(kit) * _between(kit, 3.2, 5.0)
        stone = g.pebble(kit.rng, _between(kit, 0.25, 0.85)).moved(x=at, y=_between(kit, -2.2, 2.8))
        made.append(Part(mesh=stone, material=looks[i % 3]))
    return made


def vase(kit: Kit) -> Props:
    """A stoneware vase with a few twigs, out of focus on one side."""
    side = _side(kit)
    x, y = side * _between(kit, 3.7, 4.4), _between(kit, 1.8, 3.4)
    profile = rounded([(1e-6, 0), (0.62, 0), (0.95, 0.9), (0.8, 1.7), (0.32, 2.3), (0.36, 2.8),
                       (0.27, 2.8), (0.25, 2.3)], 0.45)  # fmt: skip
    look = kit.material("plaster", kit.accent_palette.pale, salt=7)
    made = [Part(mesh=lathe(profile).moved(x=x, y=y), material=look)]
    leaves = green(kit)
    for _ in range(4):
        twig = sprig(kit.rng, _between(kit, 3.2, 5.2), leaves=14, leaf_length=0.95, leaf_width=0.5)
        tilt, heading = -_between(kit, 55, 82), 90 - side * 60 + _between(kit, -90, 90)
        for mesh, material in zip(twig, (plain((0.32, 0.25, 0.17), 0.8), leaves), strict=True):
            placed = mesh.turned("y", tilt).turned("z", heading).moved(x=x, y=y, z=2.5)
            made.append(Part(mesh=placed, material=material))
    return made


def plants(kit: Kit) -> Props:
    """Blurred bushes behind, left and right."""
    leaves, stems = green(kit), plain((0.3, 0.24, 0.16), 0.8)
    made = []
    for side in (-1, 1):
        shrub = bush(kit.rng, _between(kit, 3.2, 4.6))
        x, y = side * _between(kit, 4.6, 5.8), _between(kit, 3.5, 5.5)
        for mesh, look in zip(shrub, (stems, leaves), strict=True):
            made.append(Part(mesh=mesh.moved(x=x, y=y, z=-0.3), material=look))
    return made


def palm(kit: Kit) -> Props:
    """Palm fronds reaching into the picture from one upper corner, behind the support."""
    side = _side(kit)
    leaves, stem = green(kit), plain((0.35, 0.38, 0.2), 0.6)
    made = []
    for tilt in (-12.0, 14.0, 42.0):
        pair = frond(kit.rng, _between(kit, 5.0, 6.5))
        for mesh, look in zip(pair, (stem, leaves), strict=True):
            placed = mesh.turned("x", 60).turned("y", tilt + _between(kit, -6, 6))
            if side > 0:
                placed = placed.turned("z", 180)
            made.append(
                Part(mesh=placed.moved(x=side * 6.6, y=3.6, z=_between(kit, 5, 6.5)), material=look)
            )
    return made


def curtain(kit: Kit) -> Props:
    """Hanging cloth on one side behind."""
    look = kit.material("linen", mix(kit.palette.pale, kit.palette.wall, 0.4), salt=3, tile=3.0)
    side = _side(kit)
    cloth = g.curtain(kit.rng, 5.5, 22).moved(x=side * 5.4, y=_between(kit, 4.5, 5.5))
    return [Part(mesh=cloth, material=look)]


def cubes(kit: Kit) -> Props:
    """Blocks of a few heights behind the support."""
    made = []
    layout = (
        (-4.1, 2.6, 2.0, 2.6),
        (-2.4, 4.6, 2.2, 4.2),
        (3.6, 3.0, 2.2, 3.4),
        (4.6, 0.9, 1.4, 1.2),
    )
    tones = (kit.accent_palette.wall, kit.palette.dark, kit.accent_palette.accent, kit.palette.pale)
    for i, ((x, y, side, high), tone) in enumerate(zip(layout, tones, strict=True)):
        block = box(side, side, high * _between(kit, 0.8, 1.2), bevel=0.07)
        placed = block.turned("z", _between(kit, -14, 14)).moved(
            x=x * _between(kit, 0.95, 1.1), y=y
        )
        made.append(Part(mesh=placed, material=kit.material("plaster", tone, salt=3 + i)))
    return made


def toys(_kit: Kit) -> Props:
    """Playful set pieces: half arches (rainbow), a cone and a ring in pastel colours."""
    tones = (rgb("e8a0a0"), rgb("f3d38a"), rgb("9cc9b8"), rgb("9db7dc"))
    made = []
    for i, tone in enumerate(tones[:3]):
        r = 2.4 - 0.62 * i
        outline = g.arch_outline(2 * r, r + 0.01)
        inner = g.arch_outline(2 * (r - 0.5), r - 0.5 + 0.01)
        made.append(
            Part(mesh=plate(outline, inner, 0.9).moved(x=-3.9, y=2.8), material=plain(tone, 0.45))
        )
    cone = lathe(rounded([(1e-6, 0), (0.9, 0), (0.05, 2.4), (1e-6, 2.45)], 0.06))
    made.append(Part(mesh=cone.moved(x=4.1, y=2.2), material=plain(tones[3], 0.45)))
    ball = sphere(0.5).moved(x=3.3, y=-0.6)
    return [*made, Part(mesh=ball, material=plain(tones[1], 0.4))]


def ring(kit: Kit) -> Props:
    """A large brass or painted ring standing behind."""
    look = plain(mix(kit.accent_palette.accent, rgb("c9a05f"), 0.5), 0.28, metallic=1.0)
    big = g.ring(_between(kit, 2.6, 3.3), 0.11).moved(x=_between(kit, -1, 1), y=3.4)
    return [Part(mesh=big, material=look)]


def backlights(kit: Kit) -> Props:
    """Far blurred highlights, as of lamps or sun through leaves."""
    made = []
    for _ in range(26):
        power = _between(kit, 1.0, 4.0)
        glow = (power, power * _between(kit, 0.78, 0.95), power * _between(kit, 0.5, 0.8))
        look = plain((0.1, 0.1, 0.1), 0.9, glow=glow)
        ball = sphere(_between(kit, 0.12, 0.34)).moved(
            x=_between(kit, -12, 12), y=_between(kit, 16, 24), z=_between(kit, 1, 18)
        )
        made.append(Part(mesh=ball, material=look))
    return made


def citrus(kit: Kit) -> Props:
    """Lemons and oranges with a leaf at one side."""
    side, made = _side(kit), []
    fruit = (plain(rgb("e8b923"), 0.42), plain(rgb("de7a22"), 0.42))
    for i, (x, y) in enumerate(((4.7, 2.6), (5.6, 1.2), (3.9, 3.9))):
        r = _between(kit, 0.62, 0.74)
        long = 1.22 if i != 1 else 1.0
        ball = sphere(r).moved(z=-r).scaled(long, 1, 1).turned("z", _between(kit, 0, 180))
        ball = ball.moved(x=side * x, y=y, z=r)
        made.append(Part(mesh=ball, material=fruit[i == 1]))
    twig = sprig(kit.rng, 2.6, leaves=6, leaf_length=1.2, leaf_width=0.6)
    for mesh, look in zip(twig, (plain((0.36, 0.3, 0.2), 0.8), green(kit)), strict=True):
        placed = mesh.turned("z", 90 - side * 50).moved(x=side * 5.2, y=1.9, z=0.2)
        made.append(Part(mesh=placed, material=look))
    return made


def potted(kit: Kit) -> Props:
    """Herbs in a clay pot at one side of a worktop."""
    side = _side(kit)
    x, y = side * _between(kit, 4.9, 5.3), _between(kit, 3.4, 4.2)
    pot = lathe(rounded([(1e-6, 0), (0.75, 0), (1.05, 1.7), (0.95, 1.7), (0.85, 1.45),
                         (1e-6, 1.45)], 0.12))  # fmt: skip
    tone = kit.accent_palette.accent if kit.spec.accent else kit.palette.pale
    made = [Part(mesh=pot.moved(x=x, y=y), material=kit.material("plaster", tone, salt=7))]
    looks = (plain((0.32, 0.36, 0.17), 0.8), green(kit))
    for mesh, look in zip(bush(kit.rng, 2.2, count=20), looks, strict=True):
        made.append(Part(mesh=mesh.moved(x=x, y=y, z=1.4), material=look))
    return made


def bowls(kit: Kit) -> Props:
    """A stack of stoneware bowls at one side."""
    side = _side(kit)
    shell = lathe(rounded([(1e-6, 0), (0.6, 0), (1.25, 0.75), (1.17, 0.78), (0.55, 0.12),
                           (1e-6, 0.1)], 0.1))  # fmt: skip
    tones = (kit.palette.pale, mix(kit.palette.pale, kit.palette.accent, 0.35), kit.palette.wall)
    made = []
    for i, tone in enumerate(tones):
        placed = shell.moved(x=side * 5.2, y=3.4, z=0.26 * i)
        made.append(Part(mesh=placed, material=kit.material("plaster", tone, salt=6 + i)))
    return made


def sun_flecks(kit: Kit) -> Props:
    """Blurred discs of sun between far leaves."""
    made = []
    for _ in range(60):
        power = 0.25 + 1.3 * _between(kit, 0.0, 1.0) ** 2
        look = plain((0.1, 0.1, 0.1), 0.9, glow=(power * 0.95, power, power * 0.55))
        x, z = _between(kit, -14, 14), float(kit.rng.normal(5.5, 3.0))
        round_ = g.disc(_between(kit, 0.3, 0.8), 0.01, bevel=0.002, segments=48).turned("x", 90)
        made.append(Part(mesh=round_.moved(x=x, y=_between(kit, 17, 24), z=z), material=look))
    return made


PROPS: dict[str, Callable[[Kit], Props]] = {
    "column": column, "drums": drums, "spheres": spheres, "arch-panel": arch_panel,
    "frames": frames, "disc-panel": disc_panel, "pebbles": pebbles, "vase": vase,
    "plants": plants, "palm": palm, "curtain": curtain, "cubes": cubes, "toys": toys,
    "ring": ring, "backlights": backlights, "citrus": citrus, "potted": potted, "bowls": bowls,
    "sun-flecks": sun_flecks,
}  # fmt: skip


def place_props(kit: Kit) -> Props:
    """All props that the scene names, in order."""
    return [part for name in kit.spec.props for part in PROPS[name](kit)]


def scattered(kit: Kit, count: int, inner: float, outer: float) -> list[tuple[float, float]]:
    """Points around the free centre, at least `inner` away from it."""
    angle = kit.rng.uniform(0, 2 * np.pi, count)
    reach = kit.rng.uniform(inner, outer, count)
    return [(float(r * np.cos(a)), float(r * np.sin(a))) for a, r in zip(angle, reach, strict=True)]
