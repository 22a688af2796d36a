"""Products of several shapes: teapot, sofa, stool, ball, blocks, bowl, towels, honey, flask."""

from __future__ import annotations

import numpy as np

from kirakat.training.render import geometry as g
from kirakat.training.render.labels import label, label_material, wrap_sheet
from kirakat.training.render.materials import Material, plain, surface
from kirakat.training.render.mesh import (
    Mesh,
    box,
    grid_mesh,
    join,
    lathe,
    plate,
    rounded,
    sphere,
    tube,
)
from kirakat.training.render.noise import band_noise, smoothstep
from kirakat.training.render.palettes import Rgb, mix, rgb, shade
from kirakat.training.render.stage import Part
from kirakat.training.render.turned_products import (
    BLACK,
    GOLD,
    STEEL,
    WOOD,
    Parts,
    Rng,
    brand,
    ceramic,
)


def _wood() -> Material:
    return surface("wood", WOOD, 1, size=512, tile=5.0)


def _turned(parts: list[tuple[Mesh, Material]], degrees: float) -> Parts:
    return tuple(Part(mesh=mesh.turned("z", degrees), material=look) for mesh, look in parts)


def teapot(rng: Rng, colour: Rgb) -> Parts:
    """Round-bellied teapot with a lid, spout to the right, handle to the left."""
    t = np.linspace(-0.42 * np.pi, 0.40 * np.pi, 40)
    belly = np.stack([1.62 * np.cos(t) ** 0.85, 1.32 + 1.28 * np.sin(t)], 1)
    foot = [(1e-6, 0.06), (0.72, 0.06), (0.78, 0.0), (0.86, 0.04)]
    body = lathe(np.concatenate([foot, belly]), crease=50)
    top = float(belly[-1, 1])
    lid = lathe(rounded([(0.66, top - 0.02), (0.66, top + 0.06), (0.4, top + 0.22),
                         (1e-6, top + 0.3)], 0.1))  # fmt: skip
    knob = sphere(0.2).moved(z=top + 0.22)
    s = np.linspace(0, 1, 30)
    spout = tube(
        np.stack([1.2 + 1.35 * s, 0 * s, 0.95 + 1.45 * s**1.6 + 0.1 * np.sin(np.pi * s)], 1),
        0.42 - 0.24 * s**0.7,
        segments=32,
    )
    a = np.linspace(np.radians(68), np.radians(292), 40)
    path = np.stack([-1.5 + 0.98 * np.cos(a) * 1.05, 0 * a, 1.42 + 0.86 * np.sin(a)], 1)
    glaze = ceramic(colour, glossy=rng.random() < 0.8)
    return _turned(
        [(body, glaze), (lid, glaze), (knob, _wood()), (spout, glaze), (tube(path, 0.14), glaze)],
        -14.0,
    )


def flask(_rng: Rng, colour: Rgb) -> Parts:
    """Insulated drinking bottle, powder-coated, with a screw cap and loop."""
    r, h = 0.82, 3.35
    body = lathe(rounded([(1e-6, 0), (r, 0), (r, h), (0.52, h + 0.45), (0.52, h + 0.6),
                          (1e-6, h + 0.6)], 0.2))  # fmt: skip
    base = g.disc(r * 0.985, 0.16, bevel=0.05)
    ring = g.disc(0.54, 0.12, bevel=0.03).moved(z=h + 0.56)
    cap = g.disc(0.6, 0.62, bevel=0.08).moved(z=h + 0.68)
    t = np.linspace(np.pi, 0, 30)
    loop = tube(np.stack([0.42 * np.cos(t), 0 * t, h + 1.24 + 0.42 * np.sin(t)], 1), 0.1)
    paint = plain(colour, 0.42, clearcoat=0.1)
    return _turned(
        [(body.moved(z=0.05), paint), (base, STEEL), (ring, STEEL), (join(cap, loop), BLACK)], 20.0
    )


def honey_jar(rng: Rng, _colour: Rgb) -> Parts:
    """Full honey jar with a paper label and a metal lid."""
    r, h = 1.2, 2.25
    body = lathe(rounded([(1e-6, 0), (r, 0), (r, h), (0.95, h + 0.28), (0.95, h + 0.36),
                          (1e-6, h + 0.36)], 0.2))  # fmt: skip
    honey = plain(rgb("b8680f"), 0.06, clearcoat=1.0)
    lid = g.disc(1.05, 0.52, bevel=0.07).moved(z=h + 0.3)
    paper = rgb("f4ecd9")
    picture = label(brand(rng), ("WILDFLOWER HONEY", "350 g"), paper, rgb("3a2a17"), aspect=1.75,
                    style=0)  # fmt: skip
    sheet = wrap_sheet(r, 0.45, h - 0.3, 128)
    return (
        Part(mesh=body, material=honey),
        Part(mesh=lid, material=GOLD),
        Part(mesh=sheet, material=label_material(picture)),
    )


def sofa(_rng: Rng, colour: Rgb) -> Parts:
    """Two-seat sofa in woven cloth on tapered wooden legs, turned a little."""
    cloth = surface("fabric", colour, 4, size=1024, tile=1.6)
    pieces = [box(6.3, 2.7, 0.62, bevel=0.14).moved(z=0.72)]
    for s in (-1, 1):
        pieces.append(box(0.72, 2.8, 1.95, bevel=0.26, n=14).moved(x=s * 3.1, z=0.66))
        seat = box(2.68, 2.45, 0.72, bevel=0.24, n=14).moved(x=s * 1.35, y=-0.16, z=1.28)
        back = box(2.62, 0.78, 1.62, bevel=0.32, n=14).turned("x", -11)
        pieces += [seat, back.moved(x=s * 1.35, y=0.72, z=1.86)]
    pieces.append(box(6.2, 0.56, 2.5, bevel=0.22, n=14).moved(y=1.2, z=0.7))
    bolster = box(1.45, 0.5, 1.25, bevel=0.24, n=14).turned("x", -20).turned("z", 14)
    pillow = surface("fabric", mix(colour, rgb("f0e6d4"), 0.7), 5, size=512, tile=1.2)
    legs = [
        tube([(x, y, 0.0), (x * 0.97, y * 0.96, 0.8)], [0.1, 0.16])
        for x in (-2.9, 2.9)
        for y in (-1.15, 1.15)
    ]
    return _turned(
        [(join(*pieces), cloth), (bolster.moved(x=-1.95, y=0.05, z=1.98), pillow),
         (join(*legs), _wood())],
        16.0,
    )  # fmt: skip


def stool(_rng: Rng, colour: Rgb) -> Parts:
    """Round stool: upholstered seat on four splayed wooden legs with a ring."""
    seat = lathe(rounded([(1e-6, 3.05), (1.5, 3.05), (1.55, 3.55), (1e-6, 3.7)], 0.25))
    board = g.disc(1.42, 0.16, bevel=0.05).moved(z=2.92)
    legs, rails = [], []
    for angle in np.radians((45, 135, 225, 315)):
        c, s = np.cos(angle), np.sin(angle)
        legs.append(tube([(1.62 * c, 1.62 * s, 0), (1.05 * c, 1.05 * s, 2.98)], [0.09, 0.16]))
    t = np.linspace(0, 2 * np.pi, 65)
    rails.append(tube(np.stack([1.38 * np.cos(t), 1.38 * np.sin(t), 0 * t + 1.1], 1), 0.06))
    cloth = surface("fabric", colour, 4, size=512, tile=1.4)
    return _turned([(seat, cloth), (join(board, *legs), _wood()), (join(*rails), GOLD)], 22.0)


def ball(rng: Rng, colour: Rgb) -> Parts:
    """Basketball: pebbled leather and dark seams."""
    n, radius = 1024, 1.6
    u, v = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)
    theta, phi = 2 * np.pi * u, np.pi * (v - 0.5)
    x, y, z = np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)
    bow = np.abs(y) - 0.52 - 0.2 * z**2
    seam = np.minimum(np.minimum(np.abs(x), np.abs(z)), np.abs(bow))
    line = 1.0 - smoothstep(0.016, 0.026, seam)
    pebbles = np.abs(band_noise(n, n / 9, rng, width=0.4))
    tone = np.asarray(colour)[None, None, :] * (0.9 + 0.1 * pebbles[:, :, None])
    albedo = tone + (np.asarray(rgb("211c1a")) - tone) * line[:, :, None]
    hide = Material(
        albedo=np.clip(albedo, 0, 1).astype(np.float32),
        height=(0.012 * pebbles * (1 - line) - 0.05 * line).astype(np.float32),
        tile=1.0,
        roughness=0.55,
        specular=0.35,
    )
    round_, up = np.linspace(0, 2 * np.pi, 129), np.linspace(-np.pi / 2, np.pi / 2, 65)
    angle, rise = np.meshgrid(round_, up)
    level = np.cos(rise)
    normals = np.stack([level * np.cos(angle), level * np.sin(angle), np.sin(rise)], 2)
    uv = np.stack([angle / (2 * np.pi), 0.5 - rise / np.pi], 2)
    globe = grid_mesh(normals * radius, uv, normals)
    placed = globe.turned("z", 38).turned("y", 24).turned("x", -18).moved(z=radius)
    return (Part(mesh=placed, material=hide),)


def blocks(_rng: Rng, colour: Rgb) -> Parts:
    """Wooden building blocks stacked to a small gate."""
    tones = (colour, rgb("e2b04a"), rgb("c9674c"), rgb("7fa58c"), rgb("e9dcc4"))
    paints = [plain(tone, 0.5) for tone in tones]
    made = [
        (box(1.2, 1.2, 1.2, bevel=0.07).turned("z", 6).moved(x=-1.35), paints[0]),
        (box(1.2, 1.2, 1.2, bevel=0.07).turned("z", -5).moved(x=1.35), paints[3]),
        (g.disc(0.56, 1.2, bevel=0.06).moved(x=-1.35, z=1.2), paints[1]),
        (g.disc(0.56, 1.2, bevel=0.06).moved(x=1.35, z=1.2), paints[1]),
    ]
    bridge = plate(
        g.arch_outline(3.9, 1.96),
        g.arch_outline(1.44, 0.73),
        1.1,
    )
    made.append((bridge.moved(y=-0.55, z=2.4), _wood()))
    cube = box(1.0, 1.0, 1.0, bevel=0.07).turned("z", 28).moved(x=2.9, y=0.25)
    made.append((cube, paints[2]))
    made.append((sphere(0.5).moved(x=0.1, y=-0.15), paints[2]))
    return _turned(made, -6.0)


def dog_bowl(rng: Rng, colour: Rgb) -> Parts:
    """Ceramic pet bowl, full of kibble."""
    outside = [(1e-6, 0.05), (1.85, 0.05), (1.95, 0.0), (1.62, 1.25), (1.48, 1.25)]
    shell = lathe(rounded(outside, 0.07))
    inside = lathe(rounded([(1.48, 1.25), (1.34, 0.5), (1e-6, 0.4)], 0.1))
    foot = g.disc(1.9, 0.08, bevel=0.02)
    crumbs = [g.disc(1.2, 0.55, bevel=0.2).moved(z=0.45)]
    for _ in range(230):
        reach, angle = 1.28 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        size = rng.uniform(0.11, 0.15)
        heap = 0.98 + 0.3 * (1 - (reach / 1.3) ** 2) + rng.uniform(-0.05, 0.05)
        one = sphere(float(size), segments=14).scaled(1.15, 1.0, 0.72)
        crumbs.append(
            one.turned("x", float(rng.uniform(-50, 50))).turned("z", float(rng.uniform(0, 180)))
            .moved(x=float(reach * np.cos(angle)), y=float(reach * np.sin(angle)), z=float(heap))
        )  # fmt: skip
    glaze = ceramic(colour)
    food = plain(rgb("8a5a34"), 0.75)
    return (
        Part(mesh=shell, material=glaze),
        Part(mesh=inside, material=glaze),
        Part(mesh=foot, material=plain(shade(colour, 0.5), 0.8)),
        Part(mesh=join(*crumbs), material=food),
    )


def towels(_rng: Rng, colour: Rgb) -> Parts:
    """Three folded bath towels, stacked; their folds face the camera."""
    tones = (shade(colour, 0.82), colour, mix(colour, (1, 1, 1), 0.45))
    made = []
    for i, tone in enumerate(tones):
        pile = surface("carpet", tone, 3 + i, size=512, tile=1.6)
        z, turn = 1.02 * i, (2.0, -2.5, 1.5)[i]
        layers = [
            box(4.0 - 0.06 * k, 2.9 - 0.05 * k, 0.36, bevel=0.17, n=12).moved(z=z + 0.33 * k)
            for k in range(3)
        ]
        made.append((join(*layers).turned("z", turn), pile))
    return _turned(made, 14.0)
