"""Training renders on disk: one folder each, named by its index."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import TrainingError

_FILES = ("picture.jpg", "matte.png", "twin.jpg", "caption.txt")


@dataclass(frozen=True, kw_only=True)
class TrainingRender:
    """A product in a scene, the same scene without it, the product's coverage and a caption."""

    index: int
    folder: Path

    def picture(self) -> NDArray[np.uint8]:
        """(H, W, 3) with the product."""
        return _read(self.folder / "picture.jpg", "RGB")

    def twin(self) -> NDArray[np.uint8]:
        """(H, W, 3) of the same scene without the product."""
        return _read(self.folder / "twin.jpg", "RGB")

    def matte(self) -> NDArray[np.uint8]:
        """(H, W) exact coverage of the product, 255 where it covers all."""
        return _read(self.folder / "matte.png", "L")

    def caption(self) -> str:
        """What the picture shows, in phrases separated by commas, as a prompt would say it.

        The product's own words, when `meta.json` has them, come first, as a title does.
        """
        scene = (self.folder / "caption.txt").read_text(encoding="utf-8").strip()
        meta = self.folder / "meta.json"
        if not meta.is_file():
            return scene
        product = json.loads(meta.read_text(encoding="utf-8"))["product"]["caption"]
        return f"{product}, on {scene}"


def list_renders(folder: Path) -> list[TrainingRender]:
    """The complete renders under `folder`, by index. Raises `TrainingError` when none is."""
    renders = [
        TrainingRender(index=int(child.name), folder=child)
        for child in folder.iterdir()
        if child.name.isdigit() and all((child / name).is_file() for name in _FILES)
    ]
    if not renders:
        raise TrainingError(f"no complete render under {folder}", folder=folder)
    return sorted(renders, key=lambda render: render.index)


def is_held_out(index: int, share: float) -> bool:
    """True for every (1/share)-th index, which stays so while more renders arrive."""
    every = round(1 / share)
    return index % every == every - 1


def _read(path: Path, mode: str) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert(mode))
