"""Studio pictures sketched in a tenth of a second, to train on before and beside the renders.

They are flat drawings with the composition of a product photo: wall, floor or podium, light
pattern, product with shading, contact and cast shadow. They teach layout, edges, colours and
shadows; what materials and light really look like comes from the renders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.palettes import LIGHTINGS, PALETTES, SURFACES, Palette
from kirakat.training.tiny.sketch_product import Product, draw_product
from kirakat.training.tiny.textures import Plane, clouds, light_pattern, surface_texture


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """The same contents as a training render's folder."""

    # (S, S, 3)
    picture: NDArray[np.uint8]
    twin: NDArray[np.uint8]
    # (S, S)
    matte: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True, kw_only=True)
class _Setting:
    palette: Palette
    palette_name: str
    surface: str
    lighting: str
    # Rows of the horizon and of the product's foot, in parts of the side; a horizon of 0 means
    # seen from above.
    horizon: float
    foot: float
    # -1 light from the left, 1 from the right.
    light: float


def sketch(rng: np.random.Generator, side: int) -> Sketch:
    """One random sketch of `side` pixels."""
    setting = _setting(rng)
    scene = _room(rng, setting, side)
    podium = setting.horizon > 0 and rng.random() < 0.5
    if podium:
        _draw_podium(rng, scene, setting)
    pattern = light_pattern(rng, setting.lighting, side)[..., None]
    scene = scene * pattern * _tint(setting.lighting)
    product = draw_product(
        rng, side, foot=setting.foot, light=setting.light, flat=setting.horizon == 0
    )
    shaded = scene * _shadow(rng, product.matte, setting)[..., None]
    lit = product.colour * (0.75 + 0.25 * pattern) * _tint(setting.lighting)
    alpha = product.matte[..., None]
    picture = shaded * (1 - alpha) + lit * alpha
    return Sketch(
        picture=_pixels(picture),
        twin=_pixels(scene),
        matte=(product.matte * 255 + 0.5).astype(np.uint8),
        caption=_caption(product, setting, podium),
    )


def _setting(rng: np.random.Generator) -> _Setting:
    name = str(rng.choice(list(PALETTES)))
    above = rng.random() < 0.15
    horizon = 0.0 if above else float(rng.uniform(0.35, 0.68))
    foot = rng.uniform(0.6, 0.8) if above else rng.uniform(horizon + 0.08, 0.88)
    return _Setting(
        palette=PALETTES[name],
        palette_name=name,
        surface=str(rng.choice(SURFACES)),
        lighting=str(rng.choice(LIGHTINGS)),
        horizon=horizon,
        foot=float(foot),
        light=float(rng.uniform(-1, 1)),
    )


def _room(rng: np.random.Generator, setting: _Setting, side: int) -> NDArray[np.float32]:
    """Wall and floor (S, S, 3) in [0, 1], before the light falls on them."""
    import cv2

    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side)
    wall = 1 + 0.03 * clouds(rng, side, 1.4) + 0.25 * (0.4 - rows)
    picture = wall[..., None] * _colour(setting.palette.wall)
    for _ in range(int(rng.integers(0, 5))):
        _draw_prop(rng, picture, setting)
    blur = side * float(rng.uniform(0.004, 0.025))
    behind = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.float32)
    texture = surface_texture(rng, setting.surface, side)
    if setting.horizon == 0:
        below = np.ones_like(rows)
    else:
        # Perspective of a plane: depth falls off with the distance below the horizon.
        depth = 0.25 / (rows - setting.horizon + 0.12)
        u = ((columns - 0.5) * depth * 1.5 + 0.5) * side % side
        texture = np.asarray(
            cv2.remap(
                texture,
                u.astype(np.float32),
                (depth * side % side).astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP,
            ),
            np.float32,
        )
        softness = float(rng.uniform(0.002, 0.02)) if rng.random() < 0.7 else 0.12
        below = np.clip((rows - setting.horizon) / softness + 0.5, 0, 1)
    ground = (1 + texture[..., None]) * _colour(setting.palette.floor)
    mixed = behind + below[..., None] * (ground - behind)
    return np.asarray(mixed, np.float32)


def _draw_prop(rng: np.random.Generator, picture: NDArray[np.float32], setting: _Setting) -> None:
    """A ball, column or frond far behind the product."""
    import cv2

    side = len(picture)
    colours = (setting.palette.pale, setting.palette.dark, setting.palette.accent)
    colour = np.array(colours[int(rng.integers(3))]) * rng.uniform(0.8, 1.1)
    x = int(side * rng.uniform(-0.05, 1.05))
    base = int(side * (setting.horizon or rng.random()))
    size = int(side * rng.uniform(0.04, 0.16))
    kind = rng.integers(3)
    if kind == 0:
        cv2.circle(picture, (x, base - size), size, colour.tolist(), -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.rectangle(picture, (x - size // 2, base - 4 * size), (x + size // 2, base),
                      colour.tolist(), -1)  # fmt: skip
    else:
        for angle in rng.uniform(200, 340, 6):
            cv2.ellipse(picture, (x, base), (2 * size, size // 3), angle, 0, 180,
                        (colour * rng.uniform(0.7, 1.2)).tolist(), -1, cv2.LINE_AA)  # fmt: skip


def _draw_podium(rng: np.random.Generator, scene: NDArray[np.float32], setting: _Setting) -> None:
    """A round podium whose top holds the product's foot; its shadow lies beside it."""
    import cv2

    side = len(scene)
    centre, top = side // 2, int(side * setting.foot)
    width, tall = int(side * rng.uniform(0.2, 0.42)), int(side * rng.uniform(0.03, 0.14))
    flat = max(4, int(width * rng.uniform(0.15, 0.3)))
    shape = np.zeros((side, side), np.float32)
    cv2.ellipse(shape, (centre, top + tall), (width, flat), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    cast = cv2.GaussianBlur(np.roll(shape, -int(setting.light * width * 0.3), 1), (0, 0), side / 40)
    scene *= 1 - 0.4 * cast[..., None]
    cv2.rectangle(shape, (centre - width, top), (centre + width, top + tall), 1.0, -1)
    columns = (np.arange(side, dtype=np.float32) - centre) / width
    shade = 0.8 - 0.25 * np.abs(columns - 0.4 * setting.light)
    colour = _colour(setting.palette.pale)
    scene += shape[..., None] * (shade[None, :, None] * colour - scene)
    lid = np.zeros_like(shape)
    cv2.ellipse(lid, (centre, top), (width, flat), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    texture = 1 + 0.5 * surface_texture(rng, setting.surface, side)
    scene += lid[..., None] * (texture[..., None] * colour - scene)


def _shadow(rng: np.random.Generator, matte: Plane, setting: _Setting) -> Plane:
    """Light (S, S) that the product leaves: a dark line at its foot and a cast shadow."""
    import cv2

    side = len(matte)
    foot = np.nonzero(matte.any(1))[0].max()
    if setting.horizon == 0:
        shift = np.roll(matte, (side // 60, -int(setting.light * side / 40)), (0, 1))
        return np.asarray(1 - 0.45 * cv2.GaussianBlur(shift, (0, 0), side / 70), np.float32)
    # The matte laid down: squashed to the floor and sheared away from the light.
    squash, shear = float(rng.uniform(0.08, 0.3)), -setting.light * float(rng.uniform(0.3, 1))
    lay = np.array([[1, -shear, shear * foot], [0, squash, foot * (1 - squash)]], np.float32)
    cast = cv2.warpAffine(matte, lay, (side, side))
    cast = cv2.GaussianBlur(cast, (0, 0), side * float(rng.uniform(0.006, 0.03)))
    line = matte.copy()
    line[: max(0, foot - side // 40)] = 0
    contact = cv2.GaussianBlur(np.roll(line, side // 100, 0), (0, 0), side / 80)
    rows = np.arange(side, dtype=np.float32)[:, None] / side
    on_floor = np.clip((rows - setting.horizon) * 20, 0, 1)
    strength = {"overcast": 0.25, "softbox": 0.4}.get(setting.lighting, 0.55)
    return np.asarray((1 - strength * cast * on_floor) * (1 - 0.8 * contact), np.float32)


def _tint(lighting: str) -> NDArray[np.float32]:
    tints = {"golden-hour": (1.1, 0.98, 0.8), "sun": (1.06, 1.02, 0.95), "rim": (0.6, 0.62, 0.66)}
    return _colour(tints.get(lighting, (1, 1, 1)))


def _caption(product: Product, setting: _Setting, podium: bool) -> str:
    place = f"on a {setting.surface} {'podium' if podium else 'surface'}"
    view = ", seen from above" if setting.horizon == 0 else ""
    return (
        f"{product.name}, {place}{view}, {setting.palette_name} background, "
        f"{setting.lighting.replace('-', ' ')} light, simple drawing"
    )


def _colour(rgb: tuple[float, float, float]) -> Plane:
    return np.array(rgb, np.float32)


def _pixels(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(light * 255 + 0.5, 0, 255), np.uint8)


def write_sketches(folder: Path, indices: Iterable[int], side: int, seed: int) -> None:
    """Write sketches in the layout of training renders; an index always gives the same one."""
    from PIL import Image

    for index in indices:
        drawn = sketch(np.random.default_rng([seed, index]), side)
        target = folder / f"{index:06d}"
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn.twin).save(target / "twin.jpg", quality=95)
        Image.fromarray(drawn.matte).save(target / "matte.png")
        Image.fromarray(drawn.picture).save(target / "picture.jpg", quality=95)
        (target / "caption.txt").write_text(drawn.caption, encoding="utf-8")
