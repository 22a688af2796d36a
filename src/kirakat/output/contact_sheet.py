"""`contact-sheet.jpg`: every offer as a row, to be judged at a glance.

Columns are the source photo, the positioned product, and generated creatives of several
prompts and placements. A column shows one placement, so its pictures share a shape.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Hashable, Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from kirakat.files import write_if_changed
from kirakat.output.choose import positioned_creative, varied_creatives
from kirakat.output.thumbnails import decode_small, shrink
from kirakat.types import Creative, OfferResult, Verdict

ROWS_PER_SHEET: Final = 12

# Pixels.
_ROW_HEIGHT: Final = 240
_WIDEST_CELL: Final = 460
_NARROWEST_CELL: Final = 150
_WIDEST_SHEET: Final = 2800
_MARGIN: Final = 64
_COLUMN_GAP: Final = 20
_HEADER: Final = 118
_TITLE_HEIGHT: Final = 44
_CAPTION_HEIGHT: Final = 60
_ROW_GAP: Final = 40
_MARK: Final = 15
# Width over height from which a picture lies on the ground without a box of its own.
_STRIP: Final = 3.0

_GROUND: Final = "#efece6"
_EMPTY: Final = "#e6e2da"
_RULE: Final = "#d8d3c9"
_INK: Final = "#24211d"
_MUTED: Final = "#6b665d"
_MARK_COLOURS: Final[dict[Verdict, str]] = {"review": "#9a6400", "reject": "#a8322a"}
_LEGEND: Final[dict[Verdict, str]] = {"reject": "rejected", "review": "needs review"}
_NAMES: Final = re.compile(r"contact-sheet(-\d+)?\.jpg")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A picture with its captions."""

    image: Image.Image
    # Two short lines under the picture.
    name: str
    note: str
    verdict: Verdict = "pass"


@dataclass(frozen=True, kw_only=True)
class Row:
    """An offer's pictures by column."""

    title: str
    note: str
    cells: dict[Hashable, Cell]


class ContactSheets:
    """Collects rows and writes a sheet as soon as it is full."""

    def __init__(self, folder: Path, *, heading: str, rows_per_sheet: int = ROWS_PER_SHEET) -> None:
        self._folder = folder
        self._heading = heading
        self._rows_per_sheet = rows_per_sheet
        self._rows: list[Row] = []
        self._paths: list[Path] = []

    def add(self, result: OfferResult) -> None:
        """Append an offer's row."""
        self._rows.append(make_row(result))
        if len(self._rows) == self._rows_per_sheet:
            self._flush()

    def close(self) -> tuple[Path, ...]:
        """Write the last sheet, remove those that a longer run left, return all paths."""
        if self._rows:
            self._flush()
        for path in self._folder.glob("contact-sheet*.jpg"):
            if _NAMES.fullmatch(path.name) and path not in self._paths:
                path.unlink()
        return tuple(self._paths)

    def _flush(self) -> None:
        number = len(self._paths) + 1
        name = "contact-sheet.jpg" if number == 1 else f"contact-sheet-{number}.jpg"
        buffer = io.BytesIO()
        sheet = draw_sheet(self._rows, heading=f"{self._heading}  ·  sheet {number}")
        sheet.save(buffer, "JPEG", quality=88, optimize=True, subsampling=0)
        self._paths.append(self._folder / name)
        write_if_changed(self._paths[-1], buffer.getvalue())
        self._rows = []


def make_row(result: OfferResult) -> Row:
    """An offer's row, decoded small."""
    cells: dict[Hashable, Cell] = {}
    if result.thumbnail is not None:
        photo = shrink(result.thumbnail, width=_WIDEST_CELL, height=_ROW_HEIGHT)
        cells["source"] = Cell(image=photo, name="Source photo", note="")
    positioned = positioned_creative(result)
    if positioned is not None:
        cells["positioned"] = _cell(positioned, "Positioned")
    for slot, creative in varied_creatives(result).items():
        cells[slot] = _cell(creative, creative.prompt.prompt_id if creative.prompt else "Generated")
    title = _plain(result.offer.title) or result.offer.offer_id
    return Row(title=title, note=f"{result.offer.offer_id}  ·  {result.category}", cells=cells)


def _cell(creative: Creative, name: str) -> Cell:
    placement = creative.key.placement
    return Cell(
        image=decode_small(creative.data, width=_WIDEST_CELL, height=_ROW_HEIGHT),
        name=name,
        note=f"{placement.name}  {placement.width} x {placement.height}",
        verdict=creative.gate.verdict,
    )


def draw_sheet(rows: list[Row], *, heading: str) -> Image.Image:
    """A sheet of all rows, in RGB; its legend explains the marks that are on it."""
    columns = _column_widths(rows)
    width = 2 * _MARGIN + sum(columns.values()) + _COLUMN_GAP * (len(columns) - 1)
    width = max(width, 1100)
    row_height = _TITLE_HEIGHT + _ROW_HEIGHT + _CAPTION_HEIGHT
    height = _HEADER + len(rows) * (row_height + _ROW_GAP) - _ROW_GAP + _MARGIN
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    marks = {cell.verdict for row in rows for cell in row.cells.values()}
    _draw_header(draw, width, heading=heading, marks=marks)
    for index, row in enumerate(rows):
        _draw_row(sheet, draw, row, columns, top=_HEADER + index * (row_height + _ROW_GAP))
    return sheet


def _column_widths(rows: list[Row]) -> dict[Hashable, int]:
    """Widths in the order of appearance, as many columns as the sheet has room for."""
    widths: dict[Hashable, int] = {}
    for row in rows:
        for column, cell in row.cells.items():
            widest = max(cell.image.width, _NARROWEST_CELL, widths.get(column, 0))
            widths[column] = min(widest, _WIDEST_CELL)
    ordered = sorted(widths, key=_column_order)
    kept: dict[Hashable, int] = {}
    room = _WIDEST_SHEET - 2 * _MARGIN
    for column in ordered:
        room -= widths[column] + _COLUMN_GAP
        if room < -_COLUMN_GAP:
            break
        kept[column] = widths[column]
    return kept


def _column_order(column: Hashable) -> int:
    return {"source": 0, "positioned": 1}.get(column, 2) if isinstance(column, str) else 2


def _draw_header(
    draw: ImageDraw.ImageDraw, width: int, *, heading: str, marks: Set[Verdict]
) -> None:
    draw.text((_MARGIN, 40), "Kirakat", font=_font(34), fill=_INK)
    left = _MARGIN + draw.textlength("Kirakat", font=_font(34)) + 24
    draw.text((left, 52), _plain(heading), font=_font(20), fill=_MUTED)
    right = width - _MARGIN
    for verdict, label in _LEGEND.items():
        if verdict not in marks:
            continue
        right -= round(draw.textlength(label, font=_font(20)))
        draw.text((right, 52), label, font=_font(20), fill=_MUTED)
        right -= 2 * _MARK + 6
        _draw_mark(draw, verdict, x=right + _MARK - 4, y=64)
        right -= 36
    draw.line((_MARGIN, 96, width - _MARGIN, 96), fill=_RULE, width=2)


def _draw_row(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    row: Row,
    columns: dict[Hashable, int],
    *,
    top: int,
) -> None:
    room = sheet.width - 2 * _MARGIN
    title = _shorten(draw, row.title, _font(24), round(room * 0.6))
    draw.text((_MARGIN, top), title, font=_font(24), fill=_INK)
    left = _MARGIN + round(draw.textlength(title, font=_font(24))) + 20
    note = _shorten(draw, _plain(row.note), _font(18), sheet.width - _MARGIN - left)
    draw.text((left, top + 6), note, font=_font(18), fill=_MUTED)
    x, y = _MARGIN, top + _TITLE_HEIGHT
    for column, width in columns.items():
        cell = row.cells.get(column)
        if cell is None:
            draw.rectangle((x, y, x + width - 1, y + _ROW_HEIGHT - 1), outline=_EMPTY, width=2)
        else:
            _draw_cell(sheet, draw, cell, x=x, y=y, width=width)
        x += width + _COLUMN_GAP


def _draw_cell(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, cell: Cell, *, x: int, y: int, width: int
) -> None:
    if cell.image.width / cell.image.height < _STRIP:
        draw.rectangle((x, y, x + width - 1, y + _ROW_HEIGHT - 1), fill=_EMPTY)
    left = x + (width - cell.image.width) // 2
    upper = y + (_ROW_HEIGHT - cell.image.height) // 2
    sheet.paste(cell.image, (left, upper))
    if cell.verdict != "pass":
        corner = (left + cell.image.width - _MARK - 8, max(upper + _MARK + 8, y + _MARK + 8))
        _draw_mark(draw, cell.verdict, x=corner[0], y=corner[1])
    below = y + _ROW_HEIGHT + 8
    draw.text((x, below), _shorten(draw, _plain(cell.name), _font(20), width), _INK, _font(20))
    note = _shorten(draw, _plain(cell.note), _font(17), width)
    draw.text((x, below + 25), note, _MUTED, _font(17))


def _draw_mark(draw: ImageDraw.ImageDraw, verdict: Verdict, *, x: int, y: int) -> None:
    """A triangle with a bar asks for a look; a disc with a cross forbids."""
    colour, size = _MARK_COLOURS[verdict], _MARK
    if verdict == "review":
        for grow, fill in ((5, "white"), (0, colour)):
            reach = size + grow
            corners = [(x, y - reach - 1), (x - reach, y + reach - 4), (x + reach, y + reach - 4)]
            draw.polygon(corners, fill=fill)
        draw.line((x, y - 5, x, y + 3), fill="white", width=3)
        draw.ellipse((x - 2, y + 5, x + 2, y + 9), fill="white")
        return
    draw.ellipse((x - size - 2, y - size - 2, x + size + 2, y + size + 2), fill="white")
    draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
    for slope in (1, -1):
        draw.line((x - 6, y - 6 * slope, x + 6, y + 6 * slope), fill="white", width=4)


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101
    return font


def _shorten(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "...", font=font) > width:
        text = text[:-1]
    return text.rstrip() + "..." if text else ""


def _plain(text: str) -> str:
    """In the letters that Pillow's own font has: accents are dropped, the rest left out."""
    decomposed = unicodedata.normalize("NFKD", text)
    return " ".join("".join(_drawable(decomposed)).split())


def _drawable(text: str) -> Iterable[str]:
    swaps = {"×": "x", "–": "-", "—": "-", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss"}  # noqa: RUF001
    for char in text:
        if char.isascii() or char == "·":
            yield char if char.isprintable() else " "
        else:
            yield swaps.get(char, "")
