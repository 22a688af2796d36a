"""Contact sheets: one row an offer, tidy whatever the shapes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kirakat.output.choose import best_creative, varied_creatives
from kirakat.output.contact_sheet import ContactSheets, draw_sheet, make_row

SHAPES = {"square": (600, 600), "story": (540, 960), "wide": (1200, 628), "strip": (728, 90)}


def _result(make: Any, number: int = 0, **changes: Any) -> Any:
    creatives = [
        make.creative(prompt_id=prompt, placement=name, size=size, **changes)
        for prompt in ("oak", "sage", "dune")
        for name, size in SHAPES.items()
    ]
    plain = make.creative(treatment="positioned")
    return make.result(plain, *creatives, title=f"Mug {number}", offer_id=f"mug-{number}")


def test_sheets_hold_their_number_of_rows(tmp_path: Path, make: Any) -> None:
    """A large catalogue would make one picture that no viewer opens."""
    sheets = ContactSheets(tmp_path, heading="run", rows_per_sheet=2)
    for number in range(5):
        sheets.add(_result(make, number))
    assert [path.name for path in sheets.close()] == [
        "contact-sheet.jpg",
        "contact-sheet-2.jpg",
        "contact-sheet-3.jpg",
    ]


def test_sheet_has_the_size_of_its_rows(
    tmp_path: Path, make: Any, open_jpeg: Callable[[object], Image.Image]
) -> None:
    """Rows would overlap or the sheet would be half empty."""
    heights = []
    for rows in (1, 2, 3):
        sheets = ContactSheets(tmp_path / str(rows), heading="run", rows_per_sheet=9)
        (tmp_path / str(rows)).mkdir()
        for number in range(rows):
            sheets.add(_result(make, number))
        image = open_jpeg(sheets.close()[0])
        heights.append(image.height)
        assert image.width <= 2800
    assert heights[2] - heights[1] == heights[1] - heights[0] > 300


def test_sheets_of_a_longer_run_are_removed(tmp_path: Path, make: Any) -> None:
    """Old pictures would pass for new ones."""
    for name in ("contact-sheet-7.jpg", "contact-sheet-notes.jpg"):
        (tmp_path / name).write_bytes(b"old")
    sheets = ContactSheets(tmp_path, heading="run")
    sheets.add(_result(make))
    sheets.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "contact-sheet-notes.jpg",
        "contact-sheet.jpg",
    ]


@pytest.mark.parametrize("verdict", ["review", "reject"])
def test_verdicts_are_marked(make: Any, verdict: str) -> None:
    """A person would not see which pictures need a look."""
    sheets = [
        draw_sheet([make_row(_result(make, verdict=each))], heading="run")
        for each in ("pass", verdict)
    ]
    assert sheets[0].size == sheets[1].size
    assert sheets[0].tobytes() != sheets[1].tobytes()


def test_columns_show_every_prompt_and_every_placement(make: Any) -> None:
    """The sheet would show one prompt in all sizes, or all prompts in one."""
    slots = varied_creatives(_result(make))
    assert {number for number, _ in slots} == {0, 1, 2}
    assert {placement for _, placement in slots} == set(SHAPES)


def test_offer_without_anything_still_has_a_row(make: Any) -> None:
    """One unreadable photo would end the run."""
    row = make_row(make.result(thumbnail=False, title=""))
    assert draw_sheet([row], heading="run").mode == "RGB"


def test_best_creative_prefers_the_verdict_to_the_shape(make: Any) -> None:
    """The report would lead with a picture that the gate rejected."""
    rejected = make.creative(verdict="reject")
    wide = make.creative(placement="wide", size=(1200, 628))
    assert best_creative(make.result(rejected, wide)) is wide
