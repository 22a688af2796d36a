"""The parameter record of one scene; everything in it follows from these numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kirakat.training.render.light import Key
from kirakat.training.render.materials import Material, surface
from kirakat.training.render.palettes import PALETTES, Palette, Rgb, mix


@dataclass(frozen=True, kw_only=True)
class SceneSpec:
    """One scene. Angles in degrees, image positions as fractions, lengths in world units."""

    scene_id: str
    seed: int
    # Which builder lays the set out, see `sets.BUILDERS`.
    setting: str
    surface: str
    lighting: str
    palette: str
    key: Key
    view: str = "standing"
    camera_elevation: float = 15.0
    props: tuple[str, ...] = ()
    backdrop: str = "plaster"
    support_at: tuple[float, float] = (0.5, 0.7)
    # World width of the picture at the support.
    frame: float = 10.0
    aperture: float = 0.3
    tags: tuple[str, ...] = ()
    # Product categories that the scene is kept for; empty for all.
    categories: tuple[str, ...] = ()
    # Second palette, for props; empty for the scene's own.
    accent: str = ""
    # Multiplies the exposure that the palette asks for.
    brightness: float = 1.0


# Surfaces with a colour of their own, pulled only partly towards the palette.
_NATURAL: dict[str, tuple[Rgb, float]] = {
    "marble": ((0.93, 0.915, 0.89), 0.12),
    "wood": ((0.68, 0.50, 0.34), 0.15),
    "planks": ((0.70, 0.54, 0.38), 0.15),
    "herringbone": ((0.70, 0.54, 0.38), 0.15),
    "polished": ((0.66, 0.655, 0.64), 0.35),
    "concrete": ((0.66, 0.655, 0.64), 0.35),
    "terrazzo": ((0.86, 0.84, 0.80), 0.3),
    "sand": ((0.84, 0.74, 0.60), 0.35),
    "stone": ((0.42, 0.42, 0.42), 0.4),
    "moss": ((0.30, 0.38, 0.16), 0.1),
    "metal": ((0.80, 0.79, 0.78), 0.3),
    "tiles": ((0.90, 0.90, 0.87), 0.25),
    "asphalt": ((0.33, 0.33, 0.34), 0.1),
}


@dataclass(frozen=True, eq=False)
class Kit:
    """A spec with its random stream and materials, handed to the builders."""

    spec: SceneSpec
    rng: np.random.Generator
    texture_size: int = 1024

    @cached_property
    def palette(self) -> Palette:
        """Colours of the scene."""
        return PALETTES[self.spec.palette]

    @cached_property
    def accent_palette(self) -> Palette:
        """Colours of its props."""
        return PALETTES[self.spec.accent or self.spec.palette]

    def material(self, name: str, colour: Rgb, *, salt: int = 0, tile: float = 0.0) -> Material:
        """Surface `name` in `colour`, softened towards the surface's natural colour."""
        base, pull = _NATURAL.get(name, (colour, 1.0))
        tint = mix(base, colour, pull)
        return surface(
            name, tint, self.spec.seed % 7 + 10 * salt, size=self.texture_size, tile=tile
        )

    def main(self, *, tile: float = 0.0) -> Material:
        """Material of the surface that carries the product."""
        return self.material(self.spec.surface, self.palette.pale, tile=tile)

    def backdrop(self) -> Material:
        """Material of the wall."""
        return self.material(self.spec.backdrop, self.palette.wall, salt=1)


def matt(material: Material) -> Material:
    """The same material without gloss, for large backdrops."""
    return replace(material, roughness=0.95, specular=0.1)
