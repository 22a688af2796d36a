"""Rows of labelled pictures, to be looked at beside the tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kirakat.types import RGB

_GAP, _HEAD = 6, 26
_GROUND, _INK = "#f4f1ec", "#24211d"


def draw_strip(
    rows: Sequence[Sequence[RGB]], columns: Sequence[str], *, cell: int, labels: Sequence[str] = ()
) -> RGB:
    """A sheet of rows of pictures, each fitted into a square of `cell` pixels under its heading.

    `labels` are written over the first picture of every row.
    """
    width = _GAP + (cell + _GAP) * len(columns)
    sheet = Image.new("RGB", (width, _HEAD + (cell + _GAP) * len(rows)), _GROUND)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(max(min(cell // 11, 14), 9))
    for column, name in enumerate(columns):
        pen.text((_GAP + column * (cell + _GAP), 5), name, fill=_INK, font=font)
    for row, pictures in enumerate(rows):
        top = _HEAD + row * (cell + _GAP)
        for column, pixels in enumerate(pictures):
            picture = Image.fromarray(pixels)
            picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
            sheet.paste(picture, (_GAP + column * (cell + _GAP), top))
        if row < len(labels):
            box = pen.textbbox((_GAP + 3, top + 2), labels[row], font=font)
            pen.rectangle((box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1), fill=_GROUND)
            pen.text((_GAP + 3, top + 2), labels[row], fill=_INK, font=font)
    return np.asarray(sheet)


def save_strip(pixels: RGB, path: Path, *, quality: int = 82) -> None:
    """A JPEG; its folder is created when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "JPEG", quality=quality, optimize=True)
