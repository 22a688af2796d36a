"""People's decisions as JSON lines, with what the gate had measured: to calibrate it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from kirakat.store.creatives import creatives_by_key
from kirakat.store.records import CreativeRecord
from kirakat.store.tables import reviews

# Which of the gate's defects a person's reason speaks of; the others have no measure.
DEFECT_OF = {
    "product_altered": "product_altered",
    "virtual_extension": "virtual_extension",
    "floating_product": "floating",
    "halo_or_edge": "halo",
    "bad_mask": "bad_mask",
    "wrong_scale": "too_small",
}


def export_decisions(
    connection: Connection, merchant_id: str, *, start: datetime, end: datetime
) -> Iterator[dict[str, Any]]:
    """One mapping an event from `start` to before `end`, in the order of time.

    Events that were undone, and the undoing ones, are marked so and left in. "measures" are the
    certificate's numbers of that very picture; null where another picture has taken its place.
    """
    statement = (
        select(reviews)
        .where(reviews.c.merchant_id == merchant_id, reviews.c.at >= start, reviews.c.at < end)
        .order_by(reviews.c.at, reviews.c.review_id)
    )
    rows = connection.execute(statement).all()
    known = creatives_by_key(connection, merchant_id, sorted({row.key for row in rows}))
    undone = {row.record.get("undoes") for row in rows if row.verdict == "undo"}
    for row in rows:
        yield {
            "event": row.review_id,
            "at": row.at.isoformat(),
            "merchant_id": merchant_id,
            "key": row.key,
            "revision": row.revision,
            "reviewer": row.reviewer,
            "decision": row.verdict,
            "undone": row.review_id in undone,
            **row.record,
            "defect": DEFECT_OF.get(row.record.get("reason", "")),
            **_measured(known.get(row.key), row.record.get("sha256")),
        }


def _measured(creative: CreativeRecord | None, sha256: str | None) -> dict[str, Any]:
    if creative is None:
        return {"offer_id": None, "placement": None, "gate": None, "measures": None}
    is_same = creative.sha256 == sha256
    return {
        "offer_id": creative.offer_id,
        "placement": creative.placement.name,
        "treatment": creative.treatment,
        "gate": creative.gate if is_same else None,
        "measures": creative.certificate if is_same else None,
    }
