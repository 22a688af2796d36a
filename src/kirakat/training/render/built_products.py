"""Products built from boxes, tubes and shells: perfume, carton, speaker, weights, toys, bags."""

from __future__ import annotations

import numpy as np

from kirakat.training.render.geometry import disc, ring
from kirakat.training.render.labels import flat_sheet, label, label_material
from kirakat.training.render.materials import Material, plain, surface
from kirakat.training.render.mesh import Mesh, box, grid_mesh, join, lathe, rounded, sphere, tube
from kirakat.training.render.palettes import Rgb, mix, rgb, shade
from kirakat.training.render.stage import Part
from kirakat.training.render.turned_products import (
    GOLD,
    STEEL,
    WOOD,
    Parts,
    Rng,
    brand,
    glass,
    ink_for,
)


def _wood() -> Material:
    return surface("wood", WOOD, 1, size=512, tile=5.0)


def perfume(rng: Rng, colour: Rgb) -> Parts:
    """Heavy glass flacon with tinted perfume, a metal collar and a block cap."""
    w, h, d = rng.uniform(2.2, 2.7), rng.uniform(2.6, 3.1), 1.15
    outer = box(w, d, h, bevel=0.16, n=12)
    liquid = box(w - 0.34, d - 0.34, h - 0.75, bevel=0.12, n=10).moved(z=0.3)
    neck = disc(0.42, 0.28).moved(z=h)
    cap = box(1.05, 0.95, 1.15, bevel=0.1).moved(z=h + 0.26)
    lid = GOLD if rng.random() < 0.4 else plain(shade(colour, 0.45), 0.25, clearcoat=0.7)
    paper = rgb("f6f1e8")
    sheet = flat_sheet(w * 0.5, h * 0.24, h * 0.58, -d / 2)
    picture = label(brand(rng), ("eau de parfum", "50 ml"), paper, ink_for(paper), aspect=1.4)
    return (
        Part(mesh=outer, material=glass()),
        Part(mesh=liquid, material=glass(mix(colour, (1, 1, 1), 0.45))),
        Part(mesh=neck, material=GOLD),
        Part(mesh=cap, material=lid),
        Part(mesh=sheet, material=label_material(picture)),
    )


def carton(rng: Rng, colour: Rgb) -> Parts:
    """Printed folding carton, slightly turned."""
    w, d, h = rng.uniform(1.8, 2.8), rng.uniform(1.0, 1.8), rng.uniform(2.8, 4.2)
    body = box(w, d, h, bevel=0.03)
    picture = label(
        brand(rng),
        ("natural", "organic", "500 g"),
        colour,
        ink_for(colour),
        aspect=float(w / h),
        style=int(rng.integers(3)),
    )
    sheet = flat_sheet(w - 0.06, 0.03, h - 0.03, -d / 2)
    turn = float(rng.uniform(-28, 28))
    return (
        Part(mesh=body.turned("z", turn), material=plain(shade(colour, 0.94), 0.5)),
        Part(mesh=sheet.turned("z", turn), material=label_material(picture)),
    )


def cosmetic_tube(rng: Rng, colour: Rgb) -> Parts:
    """Squeeze tube standing on its cap: round below, flat crimp above."""
    h, r = rng.uniform(3.2, 3.9), 0.85
    t = np.linspace(0, 1, 30)[:, None]
    a = np.linspace(0, 2 * np.pi, 97)[None, :]
    depth = r * (1 - t) + 0.03 * t
    width = r * (1 + 0.22 * t)
    points = np.stack([width * np.cos(a), depth * np.sin(a), (0.75 + t * h) * np.ones_like(a)], 2)
    normals = np.stack([np.cos(a) / width, np.sin(a) / depth, 0.2 * np.ones_like(a * t)], 2)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    # One full turn carries the print three times; the middle one faces the camera.
    uv = np.stack(np.broadcast_arrays(a / (2 * np.pi) * 3 + 0.25, 1 - t), 2)
    shell = grid_mesh(points, uv, normals)
    picture = label(
        brand(rng),
        ("hand cream", "75 ml"),
        colour,
        ink_for(colour),
        aspect=0.5,
        style=int(rng.integers(3)),
    )
    cap = plain((0.94, 0.93, 0.92), 0.35) if rng.random() < 0.6 else GOLD
    return (
        Part(mesh=shell, material=label_material(picture, roughness=0.4)),
        Part(mesh=disc(r * 0.92, 0.8), material=cap),
    )


def speaker(rng: Rng, colour: Rgb) -> Parts:
    """Bookshelf speaker: wooden or painted box, two cones."""
    w, d, h = 2.5, 2.1, rng.uniform(3.7, 4.3)
    shell = _wood() if rng.random() < 0.5 else plain(colour, 0.35)
    front = plain(mix(colour, rgb("222224"), 0.85), 0.6)
    turn = float(rng.uniform(-24, 24))
    parts = [
        (box(w, d, h, bevel=0.1), shell),
        (box(w - 0.22, 0.06, h - 0.22, bevel=0.02).moved(y=-d / 2 - 0.01, z=0.11), front),
    ]
    for z, r in ((h * 0.34, 0.88), (h * 0.77, 0.45)):
        cone = lathe(
            [
                (r, 0.1),
                (r * 0.95, 0.16),
                (r * 0.82, 0.1),
                (r * 0.3, -0.14),
                (r * 0.28, -0.1),
                (1e-6, 0.02),
            ]
        )
        rim = tube(
            [(r * np.cos(t), r * np.sin(t), 0.08) for t in np.linspace(0, 2 * np.pi, 65)], 0.05
        )
        for mesh, look in ((cone, plain(rgb("2d2d2f"), 0.5)), (rim, STEEL)):
            parts.append((mesh.turned("x", 90).moved(y=-d / 2 - 0.06, z=z), look))
    return tuple(Part(mesh=m.turned("z", turn), material=look) for m, look in parts)


def kettlebell(_rng: Rng, colour: Rgb) -> Parts:
    """Cast kettlebell with a coloured band."""
    ball = sphere(1.45).scaled(1, 1, 0.94)
    foot = disc(0.95, 0.2)
    t = np.linspace(np.radians(236), np.radians(-56), 60)
    x, z = 1.12 * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.7, 2.95 + 0.95 * np.sin(t)
    grip = tube(np.stack([x, 0 * t, z], 1), 0.21, segments=24)
    iron = surface("asphalt", rgb("2a2a2c"), 1, size=512, tile=6.0)
    cast = Material(albedo=rgb("29292b"), height=iron.height, tile=3.0, roughness=0.5)
    bands = [disc(0.27, 0.24).moved(x=s * 1.0, z=2.42) for s in (-1, 1)]
    paint = plain(colour, 0.4)
    badge = lathe([(1e-6, 0.06), (0.55, 0.05), (0.58, 0.0)]).turned("x", 90).moved(y=-1.43, z=1.36)
    return (
        Part(mesh=join(ball, foot, grip), material=cast),
        Part(mesh=join(*bands), material=paint),
        Part(mesh=badge, material=paint),
    )


def dumbbell(rng: Rng, colour: Rgb) -> Parts:
    """Pair-less hexagon dumbbell, turned a little."""
    head = lathe(
        rounded([(1e-6, 0), (1.0, 0), (1.0, 1.15), (1e-6, 1.15)], 0.16), segments=6, crease=5
    )
    ends = [head.turned("y", 90).turned("x", 30).moved(x=x, z=0.866) for x in (-2.05, 0.9)]
    bar = tube(
        [(-1.0, 0, 0.866), (-0.5, 0, 0.866), (0, 0, 0.866), (0.5, 0, 0.866), (1.0, 0, 0.866)],
        [0.2, 0.23, 0.25, 0.23, 0.2],
        segments=32,
    )
    turn = float(rng.uniform(-35, 35))
    return (
        Part(mesh=join(*ends).turned("z", turn), material=plain(colour, 0.5)),
        Part(mesh=bar.turned("z", turn), material=STEEL),
    )


def stacking_rings(_rng: Rng, colour: Rgb) -> Parts:
    """Wooden stacking toy in a run of colours that starts from `colour`."""
    tones = [colour, rgb("e9b44c"), rgb("6fa08b"), rgb("d97a5b"), rgb("7d9cc0"), rgb("e8cfc0")]
    parts = [Part(mesh=disc(1.6, 0.3, bevel=0.1), material=_wood())]
    z = 0.3
    for i, tone in enumerate(tones):
        r = 1.4 - 0.15 * i
        donut = ring(r - 0.3, 0.3).moved(z=-r).turned("x", 90).moved(z=z + 0.3)
        parts.append(Part(mesh=donut, material=plain(tone, 0.4)))
        z += 0.55
    parts.append(Part(mesh=sphere(0.42).moved(z=z), material=_wood()))
    return tuple(parts)


def handbag(rng: Rng, colour: Rgb) -> Parts:
    """Structured leather bag with a flap, clasp and top handle."""
    w, d, h = rng.uniform(3.6, 4.2), 1.5, rng.uniform(2.5, 2.9)
    hide = surface("leather", colour, 3, size=512)
    body = box(w, d, h, bevel=0.35, n=14)
    taper = body.vertices.copy()
    up = taper[:, 2:3] / h
    taper[:, :2] *= 1.0 - np.array([[0.06, 0.42]]) * up
    body = Mesh(vertices=taper, normals=body.normals, uv=body.uv, faces=body.faces)
    flap = box(w * 0.93, 0.12, h * 0.52, bevel=0.06).turned("x", -8.5).moved(y=-d * 0.41, z=h * 0.5)
    t = np.linspace(np.pi, 0, 40)
    handle = tube(np.stack([w * 0.27 * np.cos(t), 0 * t, h - 0.05 + 1.25 * np.sin(t)], 1), 0.11)
    clasp = box(0.55, 0.16, 0.34, bevel=0.05).moved(y=-d * 0.55, z=h * 0.47)
    studs = [sphere(0.12).moved(x=s * w * 0.27, z=h - 0.1, y=-0.2) for s in (-1, 1)]
    turn = float(rng.uniform(-18, 18))
    parts = [(body, hide), (flap, hide), (handle, hide), (clasp, GOLD), (join(*studs), GOLD)]
    return tuple(Part(mesh=m.turned("z", turn), material=look) for m, look in parts)


def book(rng: Rng, colour: Rgb) -> Parts:
    """Notebook standing, slightly turned."""
    w, h, d = 2.8, 3.8, 0.45
    cover = box(w, d, h, bevel=0.05)
    pages = box(w - 0.1, d - 0.14, h + 0.005, bevel=0.01).moved(x=0.08)
    picture = label(brand(rng), ("notes",), colour, ink_for(colour), aspect=w / h, style=0)
    sheet = flat_sheet(w - 0.12, 0.06, h - 0.06, -d / 2)
    turn = float(rng.uniform(-30, 30))
    looks = (plain(colour, 0.5), plain(rgb("efe9dc"), 0.9), label_material(picture))
    return tuple(
        Part(mesh=m.turned("z", turn), material=look)
        for m, look in zip((cover, pages, sheet), looks, strict=True)
    )


def headphones(rng: Rng, colour: Rgb) -> Parts:
    """Over-ear headphones standing on their cups."""
    t = np.linspace(0.0, np.pi, 60)
    band = tube(np.stack([1.55 * np.cos(t), 0 * t, 1.7 + 2.1 * np.sin(t)], 1), 0.16).scaled(
        1, 1.9, 1
    )
    cups, pads = [], []
    for s in (-1, 1):
        shell = lathe(
            rounded([(1e-6, 0.0), (0.72, 0.0), (0.9, 0.35), (0.9, 0.6), (1e-6, 0.6)], 0.18)
        )
        pad = ring(0.66, 0.26).moved(z=-0.92).turned("z", 90)
        cups.append(shell.scaled(1, 1.12, 1).turned("y", 90 * -s).moved(x=s * 1.95, z=1.1))
        pads.append(pad.scaled(0.9, 1, 1.12).moved(x=s * 1.22, z=1.1))
    hide = plain(rgb("232325"), 0.6)
    turn = float(rng.uniform(-30, 30))
    parts = [(band, plain(colour, 0.35)), (join(*cups), plain(colour, 0.35)), (join(*pads), hide)]
    return tuple(Part(mesh=m.turned("z", turn), material=look) for m, look in parts)
