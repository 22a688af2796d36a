"""What is kept of a merchant's own photo: how good it is, and what kind of picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

PhotoComposition = Literal[
    "plain ground", "tight", "small", "scene", "several objects", "cut off",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PhotoFacts:
    """A photo, judged."""

    # 0 to 1.
    quality: float
    composition: PhotoComposition
    # What `quality` is made of, each 0 to 1: resolution, sharpness, exposure, cleanness, framing.
    parts: Mapping[str, float]


def encode_facts(facts: PhotoFacts) -> bytes:
    """For a cache."""
    return json.dumps(asdict(facts)).encode()


def decode_facts(data: bytes) -> PhotoFacts:
    """What `encode_facts` was given."""
    values: dict[str, Any] = json.loads(data)
    return PhotoFacts(**values)
