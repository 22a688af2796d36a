"""Why an act came too late, in words for the person who was second."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from kirakat.review.reasons import BY_NAME
from kirakat.store.ledger import read_reviews
from kirakat.store.ledger_records import ReviewRecord
from kirakat.store.records import CreativeRecord

_DID: Mapping[str, str] = {
    "approve": "approved",
    "reject": "rejected",
    "undo": "took back a decision about",
    "mask": "mended the mask of",
}
_IS: Mapping[str, str] = {
    "requested": "It waits to be made again.",
    "rendering": "It is being made again.",
    "in_review": "It waits for a decision in a newer form: look at it once more.",
    "ready": "It is shown to shoppers.",
    "rejected": "It is rejected.",
    "dead": "It could not be made again.",
    "cancelled": "It was cancelled.",
    "retired": "Its photo or offer has changed, so it was taken back.",
}


def explain(connection: Connection, creative: CreativeRecord, reader: str) -> str:
    """Who decided about a creative last, and what became of it."""
    events = read_reviews(connection, creative.merchant_id, creative.key)
    told = [event for event in events if event.verdict in _DID]
    now = _IS[creative.state]
    return f"{describe(told[-1], reader)} {now}" if told else now


def describe(event: ReviewRecord, reader: str) -> str:
    """One event as a sentence."""
    who = "You" if event.reviewer == reader else event.reviewer
    reason = BY_NAME.get(str(event.record.get("reason", "")))
    why = f", {reason.label.lower()}" if reason else ""
    return f"{who} {_DID.get(event.verdict, event.verdict)} it at {event.at:%H:%M} UTC{why}."
