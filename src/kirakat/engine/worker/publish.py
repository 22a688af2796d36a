"""Publish what was rendered: blobs first, then all rows in one transaction."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
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
from kirakat.store.evidence import put_evidence
from kirakat.store.publish_policies import held_offers
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


# Why a picture that passed the gate is shown to nobody yet.
HELD = "passed the gate; its catalogue holds everything until a person approves it"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The SHA-256 of what is in the blob store: of pictures by key, of evidence by key and name."""

    pictures: Mapping[str, str]
    evidence: Mapping[str, Mapping[str, str]]


def store_pictures(blobs: Blobs, outcome: Outcome) -> Stored:
    """Keep the bytes of every picture and of its evidence. Safe to repeat."""
    return Stored(
        pictures={key: blobs.put(made.data) for key, made in outcome.pictures.items()},
        evidence={
            key: {name: blobs.put(data) for name, data in made.evidence.items()}
            for key, made in outcome.pictures.items()
            if made.evidence
        },
    )


def held_keys(connection: Connection, claims: Sequence[Claim]) -> frozenset[str]:
    """The keys of offers whose catalogue publishes nothing before a person approved it."""
    by_merchant: dict[str, dict[str, str]] = {}
    for claim in claims:
        keys = by_merchant.setdefault(claim.render.merchant_id, {})
        keys.update({record.key: record.offer_id for record in claim.keys})
    held: set[str] = set()
    for merchant_id, offers in by_merchant.items():
        waiting = held_offers(connection, merchant_id, offers.values())
        held.update(key for key, offer_id in offers.items() if offer_id in waiting)
    return frozenset(held)


def keep_evidence(connection: Connection, claim: Claim, stored: Stored) -> None:
    """Note the evidence of a claim's keys."""
    for record in claim.keys:
        if record.key in stored.evidence:
            put_evidence(
                connection, record.merchant_id, record.key, record.revision,
                stored.evidence[record.key],
            )  # fmt: skip


def publish_outcome(
    connection: Connection,
    engine: DbosEngine,
    claim: Claim,
    outcome: Outcome,
    stored: Stored,
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
    keep_evidence(connection, claim, stored)
    actor, held = claim.render.executor_id, held_keys(connection, [claim])
    for record in claim.keys:
        picture = outcome.pictures.get(record.key)
        if picture is not None:
            move = move_of(record, picture, actor, held)
            _publish(connection, move, finished_of(picture, stored.pictures[record.key]), now)
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


def move_of(record: CreativeRecord, picture: Picture, actor: str, held: Container[str]) -> Move:
    """Where the gate, and the catalogue's publish policy, send a picture's key."""
    if picture.verdict == "pass" and record.key in held:
        return _move(record, "in_review", HELD, actor)
    return _move(record, _STATES[picture.verdict], picture.reason, actor)


def _failures(claim: Claim, outcome: Outcome) -> dict[str, Failure]:
    return {
        record.key: outcome.failures.get(record.key, _NO_RESULT)
        for record in claim.keys
        if record.key not in outcome.pictures
    }


def _publish(connection: Connection, move: Move, finished: Finished, now: datetime) -> None:
    try:
        publish(connection, move, finished, now=now)
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
