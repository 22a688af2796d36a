"""Words for what a scene shows, from the same closed vocabularies as the prompt pools."""

from __future__ import annotations

from typing import Final

from kirakat.training.render.products import KINDS
from kirakat.training.render.scene_spec import SceneSpec
from kirakat.types import Scene

_PLACES: Final[dict[str, str]] = {
    "podium": "{surface} podium",
    "pedestal": "{surface} block pedestal",
    "stairs": "{surface} steps",
    "passage": "round podium before a {surface} arch",
    "tabletop": "{surface} tabletop, blurred kitchen",
    "terrace": "{surface} tabletop, blurred garden",
    "rock": "natural {surface} slab",
    "pond": "stone island in still water",
    "mossy": "flat stone on moss and grass",
    "dunes": "rippled sand",
    "room": "{surface} floor before a plain wall",
    "seamless": "{surface} seamless backdrop",
    "ground": "{surface} ground before a wall",
    "flatlay": "{surface} surface seen from above",
    "bare-wall": "{surface} wall with wooden pegs",
    "clothes-rail": "clothes rail before a {surface} wall",
}
_LIGHTS: Final[dict[str, str]] = {
    "softbox": "soft studio light",
    "window-blind": "window-blind shadows",
    "foliage-shadow": "foliage shadows",
    "sun": "bright direct sun",
    "golden-hour": "golden-hour light",
    "spotlight": "spotlight",
    "overcast": "overcast daylight",
    "rim": "rim light on a dark set",
}
_PROPS: Final[dict[str, str]] = {
    "column": "a column",
    "drums": "low drums",
    "spheres": "spheres",
    "arch-panel": "arched panels",
    "frames": "nested arches",
    "disc-panel": "a large disc",
    "pebbles": "pebbles",
    "vase": "a vase with twigs",
    "plants": "blurred plants",
    "palm": "palm leaves",
    "curtain": "a linen curtain",
    "cubes": "blocks",
    "ring": "a brass ring",
    "toys": "playful shapes",
    "sprigs": "eucalyptus sprigs",
    "stones": "pebbles",
    "cloth": "folded linen",
    "sheets": "paper sheets",
    "dishes": "small bowls",
    "palms": "palm leaves",
}
_TEMPERATURES: Final[dict[str, str]] = {"warm": "warm ", "cool": "cool ", "neutral": ""}


def scene_caption(spec: SceneSpec) -> str:
    """Prompt-like description of a scene, e.g. "a beige marble podium, window-blind shadows"."""
    place = _PLACES[spec.setting].format(surface=spec.surface)
    temperature = _TEMPERATURES[spec.key.temperature]
    parts = [f"a {spec.palette} {place}", _LIGHTS[spec.lighting]]
    parts += [_PROPS[name] for name in spec.props if name in _PROPS]
    if spec.view == "standing" and spec.setting not in ("tabletop", "terrace", "mossy"):
        parts.append(f"{temperature}{spec.palette} backdrop")
    elif temperature:
        parts.append(f"{temperature}light")
    return ", ".join(parts)


def library_caption(scene: Scene) -> str:
    """The same for a scene of the library, from what its description says."""
    view = " seen from above" if "lying" in scene.views else ""
    temperature = _TEMPERATURES[scene.light.temperature]
    parts = [f"a {scene.palette} {scene.surface} surface{view}", _LIGHTS[scene.lighting]]
    parts += [tag.replace("-", " ") for tag in sorted(scene.tags)]
    return ", ".join([*parts, f"{temperature}{scene.palette} backdrop"])


def product_caption(kind: str, colour: str) -> str:
    """Words for a product, e.g. "a navy ceramic mug"."""
    word = KINDS[kind]
    article = "an" if colour[0] in "aeiou" else "a"
    return f"{article} {colour} {word.material} {word.noun}"
