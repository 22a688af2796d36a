"""Printed fronts of invented brands, drawn as textures, and the sheets that carry them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.materials import Material
from kirakat.training.render.mesh import Mesh, grid_mesh
from kirakat.training.render.palettes import Rgb

BRANDS = ("LUMEN", "ORRIS", "TALLA", "NOVE", "HALM", "SOLA", "KERN", "VITRI", "AUME", "BIRK")


def _byte(colour: Rgb) -> tuple[int, int, int]:
    return (round(colour[0] * 255), round(colour[1] * 255), round(colour[2] * 255))


def label(
    title: str, lines: tuple[str, ...], paper: Rgb, ink: Rgb, *, aspect: float = 1.0, style: int = 0
) -> NDArray[np.float32]:
    """Label picture (square texels stretched to `aspect` = width / height), sRGB in [0, 1].

    Styles: 0 frame, 1 band below, 2 large disc.
    """
    from PIL import Image, ImageDraw, ImageFont

    w, h = int(768 * min(aspect, 1.6)), int(768 * min(aspect, 1.6) / aspect)
    image = Image.new("RGB", (w, h), _byte(paper))
    draw = ImageDraw.Draw(image)
    pen = _byte(ink)
    edge = w // 18
    if style == 0:
        draw.rectangle((edge, edge, w - edge, h - edge), outline=pen, width=max(w // 160, 2))
    elif style == 1:
        draw.rectangle((0, int(h * 0.74), w, h), fill=pen)
    else:
        r, x, y = int(min(w, h) * 0.2), w // 2, int(h * 0.72)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=pen)
    size = int(min(w * 0.78 / max(len(title), 4) * 1.45, h * 0.3))
    big = ImageFont.load_default(size)
    draw.text((w / 2, h * 0.36), title, font=big, fill=pen, anchor="mm")
    small = ImageFont.load_default(max(int(w * 0.052), 12))
    # The disc takes the lines' place, the band their last rows.
    room = {0: 3, 1: 2, 2: 0}[style]
    for i, line in enumerate(lines[:room]):
        draw.text(
            (w / 2, h * 0.42 + size * 0.62 + w * 0.075 * i), line, font=small, fill=pen, anchor="mm"
        )
    return np.asarray(image, dtype=np.float32) / 255.0


def label_material(picture: NDArray[np.float32], *, roughness: float = 0.55) -> Material:
    """Printed paper; one tile is the whole label."""
    return Material(albedo=picture, tile=1.0, roughness=roughness, specular=0.35)


def wrap_sheet(radius: float, low: float, high: float, angle: float = 150.0) -> Mesh:
    """Curved label around a cylinder, `angle` degrees wide, facing the camera; uv 0..1."""
    t = np.linspace(0.0, 1.0, 65)
    a = np.radians(-90.0 + (t - 0.5) * angle)
    x, y = (radius + 0.012) * np.cos(a), (radius + 0.012) * np.sin(a)
    rows = np.array([low, high])
    points = np.stack([np.broadcast_to(x, (2, 65)), np.broadcast_to(y, (2, 65)),
                       np.broadcast_to(rows[:, None], (2, 65))], 2)  # fmt: skip
    normals = points * np.array([1.0, 1.0, 0.0])
    normals = normals / np.linalg.norm(normals, axis=2, keepdims=True)
    uv = np.stack(np.broadcast_arrays(t[None, :], 1.0 - np.array([[0.0], [1.0]])), 2)
    return grid_mesh(points, uv, normals)


def flat_sheet(width: float, low: float, high: float, y: float) -> Mesh:
    """Flat label facing the camera at depth y; uv 0..1."""
    x = np.array([-width / 2, width / 2])
    z = np.array([low, high])
    points = np.stack([np.broadcast_to(x, (2, 2)), np.full((2, 2), y - 0.012),
                       np.broadcast_to(z[:, None], (2, 2))], 2)  # fmt: skip
    uv = np.stack(np.broadcast_arrays(np.array([[0.0, 1.0]]), np.array([[1.0], [0.0]])), 2)
    return grid_mesh(points, uv, np.broadcast_to(np.array([0.0, -1.0, 0.0]), points.shape))
