"""A merchant's own photo, judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PhotoComposition = Literal[
    "plain ground", "tight", "small", "scene", "several objects", "cut off",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PhotoFacts:
    """How good a photo is, and what kind of picture."""

    # 0 to 1.
    quality: float
    composition: PhotoComposition
    # What `quality` is made of, each 0 to 1: resolution, sharpness, exposure, cleanness, framing.
    parts: Mapping[str, float]
