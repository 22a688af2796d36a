"""Judge one raw row: an offer, or why not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from kirakat.catalog.links import is_remote, link_problem
from kirakat.catalog.raw_row import RawRow
from kirakat.types import Offer, Rejection

# Characters; somewhat above the specification's own limits, far below what hurts.
_MAX_LENGTH = {
    "id": 100,
    "title": 500,
    "image_link": 2048,
    "additional_image_link": 2048,
    "link": 2048,
    "description": 20_000,
}
_MAX_ATTRIBUTE_LENGTH = 2_000
_MAX_ADDITIONAL_IMAGES = 50
_REQUIRED = ("id", "title", "image_link")
_OPTIONAL = (
    "description",
    "link",
    "price",
    "brand",
    "color",
    "material",
    "product_type",
    "google_product_category",
    "item_group_id",
)
# A number with separators, and a currency before or after it.
_PRICE = re.compile(r"[^\d\s-]{0,4}\s*\d[\d.,'\s]*[^\d\s]{0,5}")
_LINK_LIST = re.compile(r"\s*,\s*(?=https?://)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

Note = Callable[[Rejection], None]


def build_offer(row: RawRow, *, merchant_id: str, note: Note) -> Offer | None:
    """The row's offer, or None when it has none.

    `note` receives the reason for a row without an offer, and every optional cell that was
    left out because it cannot be used; such an offer is built without the cell.
    """
    refusal = _unusable(row)
    if refusal is not None:
        note(refusal)
        return None
    known = {column: _optional(row, column, note) for column in _OPTIONAL}
    return Offer(
        offer_id=row.first("id").strip(),
        merchant_id=merchant_id,
        title=" ".join(clean_text(row.first("title")).split()),
        image_link=row.first("image_link").strip(),
        additional_image_links=_additional_images(row, note),
        attributes=_attributes(row, note),
        line=row.line,
        **known,
    )


def clean_text(value: str) -> str:
    """The text without control characters (tabs and line ends stay) and outer white space."""
    return _CONTROLS.sub(" ", value).strip()


def rejection(row: RawRow, column: str, value: str, reason: str) -> Rejection:
    """A rejection of the row whose texts can be written anywhere."""
    return Rejection(
        offer_id=_printable(row.first("id"))[:100],
        line=row.line,
        field=column,
        value=_printable(value)[:200],
        reason=reason,
    )


def _printable(value: str) -> str:
    return clean_text(value.encode("utf-8", "backslashreplace").decode())


def _unusable(row: RawRow) -> Rejection | None:
    """Why the row gives no offer at all."""
    if row.problem:
        return rejection(row, "", row.excerpt, row.problem)
    for column, cells in row.values.items():
        for cell in cells:
            if _SURROGATE.search(cell):
                reason = "has bytes that are not in the file's encoding; save the feed as UTF-8"
                return rejection(row, column, cell, reason)
    for column in _REQUIRED:
        reason = _required_problem(column, row.first(column))
        if reason:
            return rejection(row, column, row.first(column), reason)
    return None


def _required_problem(column: str, value: str) -> str:
    if not _is_visible(clean_text(value)):
        return "is missing"
    if len(value) > _MAX_LENGTH[column]:
        return f"is longer than {_MAX_LENGTH[column]} characters"
    if column == "id" and _CONTROLS.search(value.strip()):
        return "contains a control character"
    return link_problem(value.strip()) if column == "image_link" else ""


def _is_visible(value: str) -> bool:
    """Whether any character would leave ink (format characters and separators do not)."""
    return any(unicodedata.category(char)[0] not in "CZ" for char in value)


def _optional(row: RawRow, column: str, note: Note) -> str:
    """A known column's text, or nothing with a note when it cannot be used."""
    value = clean_text(row.first(column))
    limit = _MAX_LENGTH.get(column, _MAX_ATTRIBUTE_LENGTH)
    if len(value) > limit:
        reason = f"is longer than {limit} characters and was left out; the offer is used"
        note(rejection(row, column, value, reason))
        return ""
    if column == "price" and value and not _PRICE.fullmatch(value):
        note(rejection(row, column, value, "is no price and was left out; the offer is used"))
        return ""
    return value


def _additional_images(row: RawRow, note: Note) -> tuple[str, ...]:
    """The further image links that have the shape of one."""
    links: list[str] = []
    for link in _split_links(row.values.get("additional_image_link", ())):
        too_long = len(link) > _MAX_LENGTH["additional_image_link"]
        problem = "is too long" if too_long else link_problem(link)
        if not problem and len(links) == _MAX_ADDITIONAL_IMAGES:
            problem = f"is beyond the first {_MAX_ADDITIONAL_IMAGES}"
        if problem:
            reason = f"{problem} and was left out; the offer is used"
            note(rejection(row, "additional_image_link", link, reason))
        else:
            links.append(link)
    return tuple(dict.fromkeys(links))


def _split_links(cells: tuple[str, ...]) -> list[str]:
    """Links of cells that hold one each or a comma-separated list."""
    links: list[str] = []
    for cell in cells:
        parts = _LINK_LIST.split(cell) if is_remote(cell.strip()) else cell.split(",")
        links += [part.strip() for part in parts if part.strip()]
    return links


def _attributes(row: RawRow, note: Note) -> Mapping[str, str]:
    """Every other column; a column that repeats is joined with commas."""
    known = {*_REQUIRED, *_OPTIONAL, "additional_image_link", ""}
    attributes = {}
    for column, cells in row.values.items():
        if column in known:
            continue
        value = clean_text(", ".join(cells))
        if len(value) > _MAX_ATTRIBUTE_LENGTH:
            reason = f"is longer than {_MAX_ATTRIBUTE_LENGTH} characters and was left out"
            note(rejection(row, column, value, f"{reason}; the offer is used"))
        elif value:
            attributes[column] = value
    return attributes
