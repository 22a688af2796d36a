"""`POST /v1/creatives:resolve` as JSON: from items, to answers, and answers without it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast, get_args

from kirakat.client.records import Answer, Item, Resolved, Status, Treatment

MAX_ITEMS = 100
# Tuples: what is looked up may be of any JSON type, even one that cannot be hashed.
_STATUSES: tuple[str, ...] = get_args(Status)
_TREATMENTS: tuple[str, ...] = get_args(Treatment)


class UnreadableAnswerError(ValueError):
    """The answer is not what docs/reference/http.md describes."""


def write_request(
    catalog: str,
    items: Sequence[Item],
    context: Mapping[str, object] | None,
    user: str | Mapping[str, object] | None,
) -> bytes:
    """The request's body. Raises `TypeError` or `ValueError` for what JSON cannot say."""
    body: dict[str, object] = {"catalog": catalog, "items": [write_item(item) for item in items]}
    if context is not None:
        body["context"] = dict(context)
    if user is not None:
        body["user"] = user if isinstance(user, str) else dict(user)
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def write_item(item: Item) -> dict[str, object]:
    """One item as the service reads it."""
    placement = item.placement if isinstance(item.placement, str) else dict(item.placement)
    written: dict[str, object] = {
        "offer_id": item.offer_id,
        "placement": placement,
        "treatment": item.treatment,
        "prompt": item.prompt,
    }
    if item.position is not None:
        written["position"] = item.position
    return written


def answer_locally(items: Sequence[Item], reason: str) -> Resolved:
    """The offers' own pictures, and why."""
    answers = tuple(local_answer(item, reason) for item in items)
    return Resolved(items=answers, request_id="", failure=reason)


def local_answer(item: Item, reason: str) -> Answer:
    """One offer's own picture, and why."""
    return Answer(
        offer_id=item.offer_id,
        status="unavailable",
        image_url=item.image_link,
        key="",
        operation=None,
        reason=reason,
        treatment_served="original",
        arm=None,
        decision_id=None,
        logged=False,
    )


def read_response(items: Sequence[Item], body: bytes) -> Resolved:
    """The answers to `items`.

    Raises `ValueError` when the body is no JSON or does not answer each item in its order.
    """
    value = json.loads(body)
    found = value.get("items") if isinstance(value, dict) else None
    if not isinstance(found, list) or len(found) != len(items):
        raise UnreadableAnswerError("the service did not answer item by item")
    request_id = value.get("request_id")
    return Resolved(
        items=tuple(_answer(item, one) for item, one in zip(items, found, strict=True)),
        request_id=request_id if isinstance(request_id, str) else "",
    )


def _answer(item: Item, found: object) -> Answer:
    if not isinstance(found, dict) or found.get("offer_id") != item.offer_id:
        raise UnreadableAnswerError(f"the service did not answer for {item.offer_id!r}")
    status, served = found.get("status"), found.get("treatment_served", "original")
    if status not in _STATUSES or served not in _TREATMENTS:
        raise UnreadableAnswerError(f"status {status!r} or treatment {served!r} is not known")
    # An offer that the service has never heard of has no address there.
    url = _text(found, "image_url")
    return Answer(
        offer_id=item.offer_id,
        status=cast(Status, status),
        image_url=url or item.image_link,
        key=_text(found, "key") or "",
        operation=_text(found, "operation"),
        reason=_text(found, "reason"),
        treatment_served=cast(Treatment, served) if url else "original",
        arm=_text(found, "arm"),
        decision_id=_text(found, "decision_id"),
        logged=found.get("logged") is True,
        token=_text(found, "token"),
        experiment=_text(found, "experiment"),
        variant=_text(found, "variant"),
    )


def _text(found: Mapping[str, object], name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise UnreadableAnswerError(f"field {name} is no text")
    return value
