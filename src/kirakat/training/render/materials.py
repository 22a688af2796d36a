"""What surfaces are made of: a procedural texture plus the numbers of a principled BSDF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render import textures
from kirakat.training.render.palettes import Rgb, mix, shade


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Principled material. Textures are tileable and share one tile.

    `albedo` is (n, n, 3) sRGB in [0, 1] or one colour; `height` is (n, n) in world units;
    `tile` is the side of one repetition in world units (one unit is about 4 cm).
    """

    albedo: NDArray[np.float32] | Rgb
    height: NDArray[np.float32] | None = None
    tile: float = 4.0
    roughness: float = 0.6
    specular: float = 0.5
    metallic: float = 0.0
    clearcoat: float = 0.0
    sheen: float = 0.0
    glass: bool = False
    # Radiance per channel (linear) of glowing materials such as flames and lamp shades.
    glow: Rgb | None = None


def plain(colour: Rgb, roughness: float = 0.5, **more: float) -> Material:
    """Untextured material of one colour."""
    return replace(Material(albedo=colour, roughness=roughness), **more)  # type: ignore[arg-type]


def surface(name: str, tint: Rgb, seed: int, *, size: int = 1024, tile: float = 0.0) -> Material:
    """Material of a named surface around a tint (sRGB); deterministic in all arguments.

    Raises KeyError for a name outside the closed vocabulary of surfaces.
    """
    made = _surface(name, tuple(round(c, 4) for c in tint), seed, size)  # type: ignore[arg-type]
    return replace(made, tile=tile) if tile else made


@lru_cache(maxsize=24)
def _surface(name: str, tint: Rgb, seed: int, size: int) -> Material:
    texture_of, tile, numbers = _RECIPES[name]
    albedo, height = texture_of(tint, np.random.default_rng([seed, size]), size)
    return replace(
        Material(albedo=albedo, height=height, tile=tile),
        **numbers,  # type: ignore[arg-type]
    )


_RECIPES: dict[str, tuple[textures.Maker, float, dict[str, float]]] = {
    "marble": (textures.marble, 11.0, {"roughness": 0.16, "specular": 0.5}),
    "wood": (textures.wood, 9.0, {"roughness": 0.42, "specular": 0.4}),
    "planks": (textures.planks, 16.0, {"roughness": 0.38, "specular": 0.4}),
    "concrete": (textures.concrete, 9.0, {"roughness": 0.72, "specular": 0.3}),
    "linen": (textures.linen, 5.0, {"roughness": 0.9, "specular": 0.1, "sheen": 0.4}),
    "terrazzo": (textures.terrazzo, 6.0, {"roughness": 0.25, "specular": 0.45}),
    "sand": (textures.sand, 5.0, {"roughness": 0.95, "specular": 0.15}),
    "stone": (textures.stone, 9.0, {"roughness": 0.55, "specular": 0.4}),
    "plaster": (textures.plaster, 9.0, {"roughness": 0.85, "specular": 0.2}),
    "moss": (textures.moss, 5.0, {"roughness": 0.9, "specular": 0.1, "sheen": 0.5}),
    "water": (textures.water, 12.0, {"roughness": 0.03, "specular": 0.8}),
    "satin": (textures.satin, 4.0, {"roughness": 0.34, "specular": 0.7, "sheen": 0.6}),
    "gradient": (textures.paper, 6.0, {"roughness": 0.55, "specular": 0.35}),
    "paper": (textures.paper, 6.0, {"roughness": 0.9, "specular": 0.15}),
    "metal": (textures.brushed, 6.0, {"roughness": 0.32, "metallic": 1.0}),
    "asphalt": (textures.asphalt, 5.0, {"roughness": 0.8, "specular": 0.3}),
    "tiles": (textures.tiles, 6.0, {"roughness": 0.18, "specular": 0.5}),
    "leather": (textures.leather, 2.5, {"roughness": 0.45, "specular": 0.45}),
    "fabric": (textures.linen, 2.0, {"roughness": 0.9, "specular": 0.1, "sheen": 0.4}),
}


def leaf_material(tint: Rgb, *, glossy: bool = False) -> Material:
    """Waxy or matt leaf of one green."""
    return plain(mix(tint, shade(tint, 1.15), 0.5), 0.35 if glossy else 0.6)
