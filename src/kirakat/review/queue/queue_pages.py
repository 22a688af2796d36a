"""The queue as a grid, and one creative at a time."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from kirakat.review.desk import ROOT
from kirakat.review.queue.filters import AGES, DEFECTS, SHOWN, VERDICTS, read_filters
from kirakat.review.queue.item import read_item
from kirakat.review.queue.queries import (
    Reader,
    choices,
    count_queue,
    queue_keys,
    queue_lines,
)
from kirakat.review.reasons import REASONS
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit

# Pictures of one page of the grid, and keys that the single view knows ahead.
_PAGE, _AHEAD = 48, 1_000


def show_queue(visit: Visit) -> Response:
    """The grid, or the part of it that scrolling or a filter asks for."""
    filters, reader = read_filters(visit.query), _reader(visit)
    start = int(visit.query("start")) if visit.query("start").isdigit() else 0
    with visit.desk.database.reading() as connection:
        lines = queue_lines(connection, reader, filters, start=start, limit=_PAGE + 1)
        total = count_queue(connection, reader, filters)
        offered = choices(connection, reader, filters) if not start else {}
    values: dict[str, Any] = {
        "filters": filters,
        "lines": lines[:_PAGE],
        "start": start,
        "total": total,
        "more": start + _PAGE if len(lines) > _PAGE else 0,
        "reasons": REASONS,
        "undo": _undo_offer(visit),
    }
    if start and visit.is_partial:
        return show(visit, "queue/_cards.html.j2", **values)
    return show(visit, "queue/queue.html.j2", fields=_fields(offered), **values)


def show_next(visit: Visit) -> Response:
    """To the first creative that waits, or back to the empty grid."""
    filters = read_filters(visit.query)
    with visit.desk.database.reading() as connection:
        keys = queue_keys(connection, _reader(visit), filters, limit=1)
    undo = visit.query("undo")
    query = filters.address()
    if undo:
        query += f"{'&' if query else '?'}undo={undo}"
    path = f"{ROOT}/queue/{keys[0][0]}" if keys else f"{ROOT}/queue"
    return RedirectResponse(path + query, 303)


def show_item(visit: Visit) -> Response:
    """One creative with what comes after it."""
    filters, key = read_filters(visit.query), visit.path("key")
    with visit.desk.database.reading() as connection:
        item = read_item(connection, visit.account, key)
        keys = queue_keys(connection, _reader(visit), filters, limit=_AHEAD)
    here = (key, item.creative.sha256 or "")
    keys = keys if here in keys else [here, *keys]
    return show(
        visit,
        "queue/single.html.j2",
        item=item,
        keys=keys,
        at=keys.index(here),
        filters=filters,
        reasons=REASONS,
        undo=_undo_offer(visit),
    )


def show_item_part(visit: Visit) -> Response:
    """One creative without the page around it, which scripts fetch ahead."""
    filters = read_filters(visit.query)
    with visit.desk.database.reading() as connection:
        item = read_item(connection, visit.account, visit.path("key"))
    return show(
        visit, "queue/_item.html.j2",
        item=item, filters=filters, reasons=REASONS,
    )  # fmt: skip


def _reader(visit: Visit) -> Reader:
    account = visit.account
    return Reader(merchant_id=account.merchant_id, name=account.name, now=visit.desk.clock.now())


def _undo_offer(visit: Visit) -> tuple[str, str] | None:
    """Key and event of the decision before, which the page offers to take back."""
    key, _, event = visit.query("undo").partition(":")
    return (key, event) if key and event else None


def _fields(offered: dict[str, dict[str, int]]) -> list[tuple[str, str, dict[str, str]]]:
    """Name, label and choices of each filter; the verdict "any" is the empty one."""
    counted = {
        name: {value: f"{value} ({number:,})" for value, number in values.items()}
        for name, values in offered.items()
    }
    found: dict[str, dict[str, str]] = {
        "show": dict(SHOWN),
        "category": counted.get("category", {}),
        "placement": counted.get("placement", {}),
        "verdict": dict(VERDICTS),
        "defect": dict(DEFECTS),
        "prompt": counted.get("prompt", {}),
        "recipe": counted.get("recipe", {}),
        "age": dict(AGES),
    }
    return [(name, name.capitalize(), values) for name, values in found.items()]
