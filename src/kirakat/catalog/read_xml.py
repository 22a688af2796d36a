"""Merchant Center XML (RSS 2.0 and Atom), one raw row at a time and in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING
from xml.etree.ElementTree import ParseError  # only the exception; parsing is defusedxml's

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from kirakat.catalog.columns import normalise_column
from kirakat.catalog.raw_row import RawRow
from kirakat.errors import FeedError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_GOOGLE = "{http://base.google.com/ns/1.0}"
_ITEMS = frozenset({"item", "entry"})
# Elements inside one item; more is no offer.
_MAX_ELEMENTS = 2_000


def read_xml(source: IO[bytes]) -> Iterator[RawRow]:
    """Raw rows of an RSS or Atom feed, counted by element.

    Document types, entities and external references are refused. Raises `FeedError` where
    the XML breaks off, after the rows before it.
    """
    rows = 0
    try:
        for item in _items(source):
            rows += 1
            yield _row(item, rows)
    except DefusedXmlException as error:
        raise FeedError(
            "the feed declares a document type or entities, which Kirakat refuses; "
            "export it without <!DOCTYPE>",
            rows=rows,
        ) from error
    except (ParseError, LookupError, ValueError) as error:
        raise FeedError(
            f"{_parse_problem(error)}; reading stopped after {rows} items", rows=rows
        ) from error


def _parse_problem(error: Exception) -> str:
    text = f"the XML is broken: {error}"
    if "unbound prefix" in text:
        return f'{text}; declare xmlns:g="http://base.google.com/ns/1.0" on the first element'
    return f"{text}; export the feed again, in UTF-8 and with & written as &amp;"


def _items(source: IO[bytes]) -> Iterator[Element]:
    """Complete item elements; whatever was read is dropped from the tree at once."""
    events = defusedxml.ElementTree.iterparse(
        source, events=("start", "end"), forbid_dtd=True, forbid_entities=True
    )
    path: list[Element] = []
    item: Element | None = None
    inside = 0
    for event, element in events:
        if event == "start":
            path.append(element)
            inside += 1
            if item is None and _local(element.tag) in _ITEMS:
                item, inside = element, 0
            if inside > _MAX_ELEMENTS and item is not None:
                raise ValueError(f"an item has more than {_MAX_ELEMENTS} elements")
            continue
        path.pop()
        if item is not None and item is element:
            yield item
            item = None
        if item is None and path:
            path[-1].remove(element)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _row(item: Element, number: int) -> RawRow:
    """Cells of an item; a g: element wins over a plain one of the same name."""
    google: dict[str, tuple[str, ...]] = {}
    plain: dict[str, tuple[str, ...]] = {}
    for child in item:
        cells = google if child.tag.startswith(_GOOGLE) else plain
        name, text = normalise_column(_local(child.tag)), _text(child)
        if text:
            cells[name] = (*cells.get(name, ()), text)
    return RawRow(line=number, values={**plain, **google})


def _text(element: Element) -> str:
    """The element's text, an Atom link's address, or the texts of what it groups."""
    if len(element):
        return ", ".join(f"{_local(part.tag)}: {(part.text or '').strip()}" for part in element)
    return (element.text or element.get("href") or "").strip()
