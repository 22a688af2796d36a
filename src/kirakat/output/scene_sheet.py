"""All scenes of a library on one picture."""

from __future__ import annotations

import io
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Final, get_args

from kirakat.files import write_whole
from kirakat.output.contact_sheet import Cell, Row, draw_sheet
from kirakat.output.thumbnails import decode_small
from kirakat.types import ProductView, Scene

_VIEWS: Final[tuple[ProductView, ...]] = get_args(ProductView)
_COLUMNS: Final = 8
# Pixels.
_SIDE: Final = 240


def write_scene_sheet(scenes: Sequence[Scene], path: Path) -> None:
    """Draw the scenes as a JPEG at `path`, those for the same views together."""
    rows = []
    for view in _VIEWS:
        chosen = [scene for scene in scenes if _first_view(scene) == view]
        for start in range(0, len(chosen), _COLUMNS):
            part = chosen[start : start + _COLUMNS]
            title = "" if start else f"For products that are {view}"
            cells: dict[Hashable, Cell] = {
                column: _cell(scene) for column, scene in enumerate(part)
            }
            rows.append(
                Row(title=title, note="" if start else f"{len(chosen)} scenes", cells=cells)
            )
    buffer = io.BytesIO()
    sheet = draw_sheet(rows, heading=f"{len(scenes)} scenes")
    sheet.save(buffer, "JPEG", quality=85, optimize=True)
    write_whole(path, buffer.getvalue())


def _first_view(scene: Scene) -> ProductView:
    return next(view for view in _VIEWS if view in scene.views)


def _cell(scene: Scene) -> Cell:
    image = decode_small(scene.path.read_bytes(), width=_SIDE, height=_SIDE)
    note = f"{scene.surface}  ·  {scene.palette}  ·  {scene.lighting}"
    return Cell(image=image, name=scene.scene_id, note=note)
