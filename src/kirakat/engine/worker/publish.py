"""Publish what was rendered: blobs first, then all rows in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.port.engine import Job
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.put_back import put_back
from kirakat.engine.worker.record_source import record_source
from kirakat.engine.worker.renderer import Claim, Failure, Outcome, Picture
from kirakat.errors import ConflictError
from kirakat.store.claims import bury_render, finish_render, hold_render
from kirakat.store.records import CreativeRecord, Finished, Move
from kirakat.store.states import CreativeState
from kirakat.store.transitions import publish, transition
from kirakat.types import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kirakat.store.blobs import Blobs

_STATES: Mapping[Verdict, CreativeState] = {
    "pass": "ready",
    "review": "in_review",
    "reject": "rejected",
}
_NO_RESULT = Failure(reason="the renderer gave nothing for it", permanent=False)


def store_pictures(blobs: Blobs, outcome: Outcome) -> dict[str, str]:
    """Keep every picture's bytes; gives their SHA-256 by key. Safe to repeat."""
    return {key: blobs.put(picture.data) for key, picture in outcome.pictures.items()}


def publish_outcome(
    connection: Connection,
    engine: DbosEngine,
    claim: Claim,
    outcome: Outcome,
    stored: Mapping[str, str],
    *,
    options: WorkerOptions,
    now: datetime,
) -> None:
    """Move every key of the claim on and end the claim.

    Pictures go where the gate sends them; a permanent failure makes its key a dead letter, a
    passing one another try of the render. Keys that were cancelled or retired meanwhile are
    left alone. Raises `ConflictError`, having changed nothing, when the claim was taken away.
    """
    ticket, render_id = claim.ticket, claim.render.render_id
    hold_render(connection, render_id=render_id, ticket=ticket)
    record_source(connection, claim, outcome, now)
    actor = claim.render.executor_id
    for record in claim.keys:
        picture = outcome.pictures.get(record.key)
        if picture is not None:
            _publish(connection, record, picture, stored[record.key], actor, now)
    failures = _failures(claim, outcome)
    passing = [item.reason for item in failures.values() if not item.permanent]
    if failures and not passing and len(failures) == len(claim.keys):
        reason = next(iter(failures.values())).reason
        bury_render(connection, render_id=render_id, ticket=ticket, error=reason, now=now)
        return
    _bury_keys(connection, claim, failures, actor, now)
    if passing:
        put_back(
            connection, engine, claim.render,
            error=passing[0], outcome="failed", options=options, now=now,
        )  # fmt: skip
        return
    again = finish_render(connection, render_id=render_id, ticket=ticket, now=now)
    if again is not None:
        engine.enqueue(connection, [Job(render_id, again)])


def finished_of(picture: Picture, sha256: str) -> Finished:
    """What the store keeps of a picture whose blob has that hash."""
    return Finished(
        sha256=sha256,
        format=picture.format,
        bytes=len(picture.data),
        width=picture.width,
        height=picture.height,
        certificate=picture.certificate,
        gate=picture.gate,
        attempt=picture.attempt,
    )


def move_of(record: CreativeRecord, picture: Picture, actor: str) -> Move:
    """Where the gate sends a picture's key."""
    return _move(record, _STATES[picture.verdict], picture.reason, actor)


def _failures(claim: Claim, outcome: Outcome) -> dict[str, Failure]:
    return {
        record.key: outcome.failures.get(record.key, _NO_RESULT)
        for record in claim.keys
        if record.key not in outcome.pictures
    }


def _publish(
    connection: Connection,
    record: CreativeRecord,
    picture: Picture,
    sha256: str,
    actor: str,
    now: datetime,
) -> None:
    try:
        publish(connection, move_of(record, picture, actor), finished_of(picture, sha256), now=now)
    except ConflictError:
        # Cancelled or retired while it was made: nothing was written, and nobody waits.
        return


def _bury_keys(
    connection: Connection, claim: Claim, failures: Mapping[str, Failure], actor: str, now: datetime
) -> None:
    for record in claim.keys:
        failure = failures.get(record.key)
        if failure is None or not failure.permanent:
            continue
        try:
            transition(connection, _move(record, "dead", failure.reason, actor), now=now)
        except ConflictError:
            # As above.
            continue


def _move(record: CreativeRecord, target: CreativeState, reason: str, actor: str) -> Move:
    return Move(
        merchant_id=record.merchant_id,
        key=record.key,
        revision=record.revision,
        origin="rendering",
        target=target,
        reason=reason,
        actor=actor,
    )
