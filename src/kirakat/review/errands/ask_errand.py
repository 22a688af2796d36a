"""Ask a worker for something, or take up what was asked for already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from kirakat.review.web.visit import Visit
from kirakat.store.errands import Errand, ErrandKind, add_errand, find_errand, get_errand

# An errand that was asked for this lately is not asked for again while it is under way.
_LATELY = timedelta(minutes=10)


def ask_errand(visit: Visit, kind: ErrandKind, wanted: Mapping[str, Any]) -> Errand:
    """The errand that is under way for the same, or a new one; raises `StoreError`."""
    now = visit.desk.clock.now()
    with visit.desk.database.writing() as connection:
        found = last_errand(connection, visit, kind, wanted)
        if found is not None and found.state in ("queued", "running"):
            return found
        errand_id = add_errand(
            connection, visit.merchant_id, kind, wanted, actor=visit.account.name, now=now
        )
        return get_errand(connection, visit.merchant_id, errand_id)


def last_errand(
    connection: Connection,
    visit: Visit,
    kind: ErrandKind,
    wanted: Mapping[str, Any],
    *,
    within: timedelta = _LATELY,
) -> Errand | None:
    """What somebody asked for lately in the same words."""
    since = visit.desk.clock.now() - within
    return find_errand(connection, visit.merchant_id, kind, wanted, since=since)
