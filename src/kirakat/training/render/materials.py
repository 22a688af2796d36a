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


def plain(
    colour: Rgb,
    roughness: float = 0.5,
    *,
    metallic: float = 0.0,
    clearcoat: float = 0.0,
    glow: Rgb | None = None,
) -> Material:
    """Untextured material of one colour (sRGB); `glow` is emitted radiance."""
    return Material(
        albedo=colour, roughness=roughness, metallic=metallic, clearcoat=clearcoat, glow=glow
    )


def surface(name: str, tint: Rgb, seed: int, *, size: int = 1024, tile: float = 0.0) -> Material:
    """Material of a named surface around a tint (sRGB); deterministic in all arguments.

    Raises KeyError for a name outside the closed vocabulary of surfaces.
    """
    rounded = (round(tint[0], 4), round(tint[1], 4), round(tint[2], 4))
    made = _surface(name, rounded, seed, size)
    return replace(made, tile=tile) if tile else made


@lru_cache(maxsize=24)
def _surface(name: str, tint: Rgb, seed: int, size: int) -> Material:
    recipe = _RECIPES[name]
    albedo, height = recipe.maker(tint, np.random.default_rng([seed, size]), size)
    return Material(
        albedo=albedo,
        height=height,
        tile=recipe.tile,
        roughness=recipe.roughness,
        specular=recipe.specular,
        metallic=recipe.metallic,
        sheen=recipe.sheen,
    )


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    maker: textures.Maker
    # Side of one repetition in world units.
    tile: float
    roughness: float
    specular: float = 0.5
    metallic: float = 0.0
    sheen: float = 0.0


_RECIPES: dict[str, _Recipe] = {
    "marble": _Recipe(maker=textures.marble, tile=11.0, roughness=0.16, specular=0.5),
    "wood": _Recipe(maker=textures.wood, tile=9.0, roughness=0.42, specular=0.4),
    "planks": _Recipe(maker=textures.planks, tile=16.0, roughness=0.38, specular=0.4),
    "herringbone": _Recipe(maker=textures.herringbone, tile=10.0, roughness=0.34, specular=0.45),
    "carpet": _Recipe(maker=textures.carpet, tile=3.0, roughness=0.95, specular=0.05, sheen=0.4),
    "polished": _Recipe(maker=textures.concrete, tile=16.0, roughness=0.2, specular=0.45),
    "concrete": _Recipe(maker=textures.concrete, tile=9.0, roughness=0.72, specular=0.3),
    "linen": _Recipe(maker=textures.linen, tile=5.0, roughness=0.9, specular=0.1, sheen=0.4),
    "terrazzo": _Recipe(maker=textures.terrazzo, tile=6.0, roughness=0.25, specular=0.45),
    "sand": _Recipe(maker=textures.sand, tile=5.0, roughness=0.95, specular=0.15),
    "stone": _Recipe(maker=textures.stone, tile=9.0, roughness=0.55, specular=0.4),
    "plaster": _Recipe(maker=textures.plaster, tile=9.0, roughness=0.85, specular=0.2),
    "moss": _Recipe(maker=textures.moss, tile=5.0, roughness=0.9, specular=0.1, sheen=0.5),
    "water": _Recipe(maker=textures.water, tile=12.0, roughness=0.03, specular=0.8),
    "pool": _Recipe(maker=textures.pool, tile=13.0, roughness=0.05, specular=0.6),
    "satin": _Recipe(
        maker=textures.satin, tile=4.0, roughness=0.36, specular=0.9, metallic=0.4, sheen=0.6
    ),
    "gradient": _Recipe(maker=textures.paper, tile=6.0, roughness=0.55, specular=0.35),
    "paper": _Recipe(maker=textures.paper, tile=6.0, roughness=0.9, specular=0.15),
    "metal": _Recipe(maker=textures.brushed, tile=6.0, roughness=0.32, metallic=1.0),
    "asphalt": _Recipe(maker=textures.asphalt, tile=5.0, roughness=0.8, specular=0.3),
    "tiles": _Recipe(maker=textures.tiles, tile=6.0, roughness=0.18, specular=0.5),
    "leather": _Recipe(maker=textures.leather, tile=2.5, roughness=0.45, specular=0.45),
    "fabric": _Recipe(maker=textures.linen, tile=2.0, roughness=0.9, specular=0.1, sheen=0.4),
}


def leaf_material(tint: Rgb, *, glossy: bool = False) -> Material:
    """Waxy or matt leaf of one green."""
    return plain(mix(tint, shade(tint, 1.15), 0.5), 0.35 if glossy else 0.6)
