"""What the rendering generators yield, and how their files are written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One finished item: how many are done of how many, its name and its seconds."""

    done: int
    total: int
    name: str
    seconds: float


def save_picture(picture: NDArray[np.uint8], path: Path, *, quality: int = 92) -> None:
    """Write (h, w, 3) or (h, w) uint8 as JPEG or PNG by suffix; appears complete or not at all."""
    from PIL import Image

    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    options: dict[str, Any] = {}
    if path.suffix == ".jpg":
        options = {"quality": quality, "subsampling": 0, "optimize": True}
    Image.fromarray(picture).save(part, **options)
    part.replace(path)


def save_json(record: Mapping[str, Any], path: Path) -> None:
    """Write a record as indented JSON; appears complete or not at all."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.json")
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
