"""Keep a person's matte, and have everything of that photo made again from step 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from kirakat.engine.port.engine import Engine, jobs_of
from kirakat.errors import ConflictError
from kirakat.review.review_events import write_event
from kirakat.store.creatives import creatives_by_key, get_creative
from kirakat.store.edited_mattes import add_edited_matte, list_edited_mattes
from kirakat.store.jobs import remake_creative
from kirakat.store.records import AskOutcome, CreativeRecord, Move
from kirakat.store.render_rows import lock_render
from kirakat.store.review_records import Account, EditedMatte
from kirakat.store.states import CreativeState
from kirakat.store.tables import creatives
from kirakat.store.transitions import transition

# What is made again. Renders that wait take the new matte by themselves.
_REMADE: tuple[CreativeState, ...] = ("ready", "in_review", "rejected", "dead")
_WHY = "the mask was mended"


@dataclass(frozen=True, kw_only=True)
class NewMatte:
    """A matte whose blob is stored."""

    sha256: str
    # What it began from: a segmenter's name, or "person".
    model: str
    # Number of the matte that the person saw; 0: none was drawn before.
    seen: int


def save_matte(
    connection: Connection,
    person: Account,
    key: str,
    matte: NewMatte,
    engine: Engine,
    *,
    now: datetime,
) -> int:
    """Keep the matte; gives how many creatives are made again.

    Raises `ConflictError` when somebody else has saved another one meanwhile, and
    `NotFoundError` for a creative that is not there.
    """
    opened = get_creative(connection, person.merchant_id, key)
    found = _of_image(connection, opened)
    # Renders before creatives, in one order, as everybody does.
    for render_id in sorted({item.render_id for item in found}):
        lock_render(connection, render_id)
    before = _compare(connection, opened, matte.seen)
    add_edited_matte(
        connection, person.merchant_id, opened.image_id,
        sha256=matte.sha256, model=matte.model, actor=person.name, now=now,
    )  # fmt: skip
    made = [_remake(connection, item, person, now) for item in _of_image(connection, opened)]
    engine.enqueue(connection, jobs_of([outcome for _, outcome in made]))
    hashes = {"mask_before": before.sha256 if before else "", "mask_after": matte.sha256}
    for creative, outcome in made:
        write_event(
            connection, creative, "mask", person.name,
            target=outcome.state, revision_after=outcome.revision, now=now, **hashes,
        )  # fmt: skip
    if not any(creative.key == key for creative, _ in made):
        write_event(
            connection, opened, "mask", person.name,
            target=opened.state, revision_after=opened.revision, now=now, **hashes,
        )  # fmt: skip
    return len(made)


def _of_image(connection: Connection, opened: CreativeRecord) -> list[CreativeRecord]:
    statement = select(creatives.c.key).where(
        creatives.c.merchant_id == opened.merchant_id,
        creatives.c.image_id == opened.image_id,
        creatives.c.state.in_(_REMADE),
        creatives.c.treatment != "original",
    )
    keys: Sequence[str] = connection.execute(statement).scalars().all()
    found = creatives_by_key(connection, opened.merchant_id, keys)
    return [found[key] for key in sorted(found)]


def _compare(connection: Connection, opened: CreativeRecord, seen: int) -> EditedMatte | None:
    held = list_edited_mattes(connection, opened.merchant_id, opened.image_id)
    last = held[0] if held else None
    if last is not None and last.number != seen:
        raise ConflictError(
            f"{last.actor} saved another mask of this photo at {last.at:%H:%M} UTC. Load the page "
            "again to go on from that one."
        )
    return last


def _remake(
    connection: Connection, creative: CreativeRecord, person: Account, now: datetime
) -> tuple[CreativeRecord, AskOutcome]:
    """The creative as it was, and the new revision that waits; what was shown is taken back."""
    at = creative
    if creative.state == "ready":
        move = Move(
            merchant_id=creative.merchant_id, key=creative.key, revision=creative.revision,
            origin="ready", target="retired", reason=_WHY, actor=person.name,
        )  # fmt: skip
        at = replace(creative, revision=transition(connection, move, now=now), state="retired")
    outcome = remake_creative(
        connection, merchant_id=at.merchant_id, key=at.key, revision=at.revision,
        reason=_WHY, actor=person.name, now=now, redraw=False,
    )  # fmt: skip
    return creative, outcome
