"""Environment pictures without a product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kirakat.types.products import ProductView


@dataclass(frozen=True, kw_only=True)
class Light:
    """The key light of a scene."""

    # Where it comes from, degrees clockwise seen from above: 0 from behind the camera,
    # 90 from the right, 180 from behind the scene, 270 from the left.
    azimuth: float = 315.0
    # Degrees above the ground.
    elevation: float = 50.0
    # 0 a bare sun to 1 a huge softbox.
    softness: float = 0.6
    temperature: Literal["warm", "neutral", "cool"] = "neutral"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An environment picture without a product, and its geometry."""

    scene_id: str
    path: Path
    width: int
    height: int
    # Where the centre of a product's base touches, as fractions of width and height.
    support_x: float
    support_y: float
    # Usable width of the support there, as a fraction of the width.
    support_width: float
    # Where the floor meets the wall, else the vanishing line, as a fraction of the height; None
    # in a view from above.
    horizon: float | None
    # Degrees above horizontal: 0 at eye level, 90 straight down.
    camera_elevation: float
    light: Light
    views: frozenset[ProductView]
    surface: str
    lighting: str
    palette: str
    tags: frozenset[str] = frozenset()
    # The only categories that it suits, such as a room that only furniture fits; empty: any.
    categories: frozenset[str] = frozenset()
    # How far down the picture the support goes on, as a fraction of the height: a floor reaches
    # to the bottom. None: no farther than the support point.
    support_front: float | None = None
    licence: str = ""
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class SceneQuery:
    """What a prompt wants of a scene; an empty set means anything."""

    surfaces: frozenset[str] = frozenset()
    lightings: frozenset[str] = frozenset()
    palettes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
