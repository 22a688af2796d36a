"""Scenes drawn at random from the same engine as the library, for training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kirakat.training.render.light import Key
from kirakat.training.render.palettes import PALETTES
from kirakat.training.render.products import COLOURS, KINDS
from kirakat.training.render.scene_spec import SceneSpec

Rng = np.random.Generator

# Setting: (weight, surfaces, props that suit it).
_SOLID = ("marble", "terrazzo", "plaster", "concrete", "stone", "wood", "paper", "metal")
_PODIUM_PROPS = (
    "column",
    "drums",
    "spheres",
    "arch-panel",
    "frames",
    "disc-panel",
    "pebbles",
    "vase",
    "palm",
    "curtain",
    "cubes",
    "ring",
    "toys",
)
_STANDING: Final[dict[str, tuple[float, tuple[str, ...], tuple[str, ...]]]] = {
    "podium": (0.34, _SOLID, _PODIUM_PROPS),
    "pedestal": (0.14, _SOLID, _PODIUM_PROPS),
    "seamless": (0.1, ("paper", "gradient"), ("vase", "spheres", "curtain", "palm")),
    "room": (0.08, ("wood",), ("vase", "curtain", "palm")),
    "tabletop": (0.08, ("wood", "marble"), ()),
    "rock": (0.08, ("stone", "wood"), ("pebbles", "plants", "palm")),
    "pond": (0.05, ("water",), ("palm",)),
    "passage": (0.04, ("plaster",), ("spheres", "vase")),
    "stairs": (0.03, ("plaster", "concrete"), ("palm",)),
    "ground": (
        0.06,
        ("concrete", "wood", "stone", "metal"),
        ("drums", "column", "cubes", "plants"),
    ),
    "mossy": (0.02, ("moss",), ()),
    "dunes": (0.03, ("sand",), ()),
    "terrace": (0.03, ("wood",), ()),
}
_LYING: Final = (
    "linen",
    "marble",
    "wood",
    "paper",
    "sand",
    "concrete",
    "terrazzo",
    "satin",
    "stone",
    "plaster",
)
_LYING_PROPS: Final = ("sprigs", "stones", "cloth", "sheets", "dishes", "palms")
# Softness range and elevation range of the key for each lighting, and its temperatures.
_LIGHTS: Final[dict[str, tuple[float, float, float, float, float, tuple[str, ...]]]] = {
    "softbox": (0.26, 0.25, 0.6, 38, 58, ("neutral", "warm", "cool")),
    "window-blind": (0.17, 0.03, 0.12, 34, 48, ("warm", "neutral")),
    "foliage-shadow": (0.17, 0.03, 0.1, 36, 50, ("warm", "neutral")),
    "sun": (0.13, 0.0, 0.06, 34, 55, ("warm", "neutral")),
    "golden-hour": (0.09, 0.02, 0.1, 18, 30, ("warm",)),
    "spotlight": (0.06, 0.06, 0.3, 46, 60, ("warm", "neutral")),
    "overcast": (0.07, 0.7, 0.95, 50, 70, ("cool", "neutral")),
    "rim": (0.05, 0.3, 0.6, 45, 60, ("cool", "neutral", "warm")),
}
# Product colours that match each palette.
MATCHING: Final[dict[str, tuple[str, ...]]] = {
    "beige": ("cream", "tan", "brown", "white"),
    "white": ("white", "cream", "grey", "black"),
    "grey": ("grey", "black", "white", "navy"),
    "charcoal": ("black", "grey", "tan"),
    "terracotta": ("terracotta", "brown", "red", "cream"),
    "sage": ("sage", "green", "cream", "white"),
    "forest": ("green", "sage", "brown", "tan"),
    "blush": ("pink", "cream", "white", "terracotta"),
    "sky": ("sky blue", "white", "navy", "cream"),
    "navy": ("navy", "sky blue", "black", "tan"),
    "lavender": ("lavender", "white", "pink", "navy"),
    "mustard": ("mustard", "brown", "cream", "black"),
    "teal": ("teal", "green", "cream", "sky blue"),
}


_TRAINED: Final = tuple(name for name, kind in KINDS.items() if not kind.flat)


@dataclass(frozen=True, kw_only=True)
class TrainingSpec:
    """One training picture: a scene, a product and how the product stands in it."""

    scene: SceneSpec
    kind: str
    colour: str
    # Product height over picture height, before the support's width limits it.
    size: float
    # Degrees that a lying product is turned on the surface.
    turn: float
    # Whether the product's colour was chosen to match the palette.
    matched: bool


def _pick(rng: Rng, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _weighted(rng: Rng, table: Mapping[str, tuple[float, *tuple[Any, ...]]]) -> str:
    names = list(table)
    weights = np.array([table[name][0] for name in names], dtype=np.float64)
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def _key(rng: Rng, lighting: str) -> Key:
    _, soft_low, soft_high, low, high, temperatures = _LIGHTS[lighting]
    azimuth = float(rng.uniform(280, 335)) if rng.random() < 0.6 else float(rng.uniform(25, 80))
    return Key(
        azimuth=round(azimuth, 1),
        elevation=round(float(rng.uniform(low, high)), 1),
        softness=round(float(rng.uniform(soft_low, soft_high)), 3),
        temperature=_pick(rng, temperatures),
    )


def _some_props(rng: Rng, options: tuple[str, ...]) -> tuple[str, ...]:
    count = int(rng.choice(3, p=(0.2, 0.5, 0.3)))
    chosen = rng.permutation(len(options))[: min(count, len(options))]
    return tuple(options[int(i)] for i in sorted(chosen))


def random_scene(index: int, seed: int) -> SceneSpec:
    """The `index`-th random scene of a seed. Its random stream is apart from the library's."""
    rng = np.random.default_rng([seed, index, 977])
    lighting, palette = _weighted(rng, _LIGHTS), _pick(rng, tuple(PALETTES))
    lying = rng.random() < 0.24
    setting = "flatlay" if lying else _weighted(rng, _STANDING)
    surfaces, props = (_LYING, _LYING_PROPS) if lying else _STANDING[setting][1:]
    x, y = (
        float(rng.normal(0.5, 0.035)),
        float(rng.uniform(0.5, 0.56) if lying else rng.uniform(0.66, 0.78)),
    )
    elevation = rng.uniform(82, 90) if lying else rng.choice([6, 10, 14, 18, 24, 32])
    far = setting in ("tabletop", "terrace")
    return SceneSpec(
        scene_id=f"training-{seed}-{index:05d}",
        seed=int(100_000 + seed * 1_000_003 + index) % 2_000_000_011,
        setting=setting,
        surface=_pick(rng, surfaces),
        lighting=lighting,
        palette=palette,
        view="lying" if lying else "standing",
        camera_elevation=float(elevation),
        key=_key(rng, lighting),
        props=_some_props(rng, props),
        backdrop=_pick(rng, ("plaster", "plaster", "paper", "concrete")),
        support_at=(round(min(max(x, 0.42), 0.58), 4), round(y, 4)),
        frame=round(float(rng.uniform(8.6, 11.0)) * (1.2 if setting == "room" else 1.0), 3),
        aperture=0.05 if lying else (0.7 if far else round(float(rng.uniform(0.12, 0.4)), 3)),
        accent=_pick(rng, tuple(PALETTES)) if rng.random() < 0.3 else "",
        brightness=round(float(rng.uniform(0.85, 1.15)), 3),
    )


def random_training_spec(index: int, seed: int) -> TrainingSpec:
    """The `index`-th random training picture of a seed: about 70 % have matching colours."""
    scene = random_scene(index, seed)
    rng = np.random.default_rng([seed, index, 978])
    matched = bool(rng.random() < 0.7)
    colour = _pick(rng, MATCHING[scene.palette] if matched else tuple(COLOURS))
    return TrainingSpec(
        scene=scene,
        kind=_pick(rng, _TRAINED),
        colour=colour,
        size=round(float(rng.uniform(0.38, 0.56)), 3),
        turn=round(float(rng.normal(0, 14)), 1),
        matched=matched,
    )
