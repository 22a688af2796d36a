"""`GET /v1/changes`: what callbacks say, as a feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from kirakat.service.parts import Parts
from kirakat.service.routes.deps import Limit, Reader, WithParts, problems
from kirakat.service.schemas import ChangeBody, ChangesBody
from kirakat.store.creatives import creatives_by_key
from kirakat.store.identities import webhook_id_of
from kirakat.store.records import CreativeRecord, Transition
from kirakat.store.states import EVENT_OF
from kirakat.store.transitions import read_changes
from kirakat.store.watch import read_marks

router = APIRouter(tags=["changes"])
Since = Annotated[int | None, Query(ge=0, le=2**31 - 1, description="`next` of the answer before.")]


@router.get("/v1/changes", responses=problems())
def changes(
    caller: Reader, parts: WithParts, since: Since = None, limit: Limit = 1000
) -> ChangesBody:
    """What became ready, was rejected or retired after `since`, oldest first.

    Without `since` nothing but the feed's end. What became ready and is something else by now is
    left out: what it is now comes later in the feed.
    """
    merchant_id = caller.merchant_id
    with parts.database.reading() as connection:
        if since is None:
            mark = read_marks(connection, (merchant_id,)).get(merchant_id)
            return ChangesBody(changes=[], next=mark.sequence if mark else 0, more=False)
        page = read_changes(connection, merchant_id, since=since, limit=limit + 1)
        shown = page[:limit]
        keys = sorted({item.key for item in shown if item.target in EVENT_OF})
        known = creatives_by_key(connection, merchant_id, keys)
    events = [_event(item, known[item.key], parts) for item in shown if item.key in known]
    return ChangesBody(
        changes=[event for event in events if event is not None],
        next=shown[-1].sequence if shown else since,
        more=len(page) > limit,
    )


def _event(change: Transition, creative: CreativeRecord, parts: Parts) -> ChangeBody | None:
    """The change as an event; None when it is none, or the creative has moved on."""
    kind = EVENT_OF.get(change.target)
    is_ready = change.target == "ready"
    is_current = (creative.state, creative.revision) == ("ready", change.revision)
    if kind is None or (is_ready and not is_current):
        return None
    return ChangeBody(
        id=webhook_id_of(change.key, change.revision, kind, "feed"),
        type=kind,
        timestamp=_time(change.at),
        data={
            "key": change.key,
            "revision": change.revision,
            "sequence": 0,
            "change": change.sequence,
            "merchant_id": change.merchant_id,
            "offer_id": creative.offer_id,
            "placement": creative.placement.name,
            "treatment": creative.treatment,
            "arm": creative.arm if creative.treatment == "generated" else None,
            **_picture(creative, parts, is_ready=is_ready),
            "reason": None if is_ready else change.reason,
        },
    )


def _picture(creative: CreativeRecord, parts: Parts, *, is_ready: bool) -> dict[str, object]:
    if not is_ready or not creative.sha256 or not creative.format:
        names = ("image_url", "width", "height", "format", "verdict")
        return dict.fromkeys(names)
    url = parts.addresses.url(
        creative.merchant_id, creative.sha256, creative.format, now=parts.clock.now()
    )
    return {
        "image_url": url,
        "width": creative.width,
        "height": creative.height,
        "format": creative.format,
        "verdict": (creative.gate or {}).get("verdict"),
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
