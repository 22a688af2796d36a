"""Publish many claims in one transaction of few statements.

Only whole claims come here: a picture for every key. Whatever else came of a claim is written
by `publish_outcome`, alone.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.port.engine import Job
from kirakat.engine.worker.publish import Stored, finished_of, held_keys, keep_evidence, move_of
from kirakat.engine.worker.record_source import record_source
from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.store.claim_company import finish_company, held_claims
from kirakat.store.claims import finish_render
from kirakat.store.records import Finished, Move
from kirakat.store.transitions import publish_all

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A claim whose pictures are stored."""

    claim: Claim
    outcome: Outcome
    stored: Stored

    @property
    def is_whole(self) -> bool:
        """Whether every key has its picture."""
        return all(record.key in self.outcome.pictures for record in self.claim.keys)


def publish_together(
    connection: Connection, engine: DbosEngine, ready: Sequence[Ready], *, now: datetime
) -> set[str]:
    """Publish and end whole claims; gives the renders that were still held.

    Claims that were taken away are left alone, so are keys that were cancelled or retired.
    """
    held = held_claims(
        connection, [(item.claim.render.render_id, item.claim.ticket) for item in ready]
    )
    mine = [item for item in ready if item.claim.render.render_id in held]
    unapproved = held_keys(connection, [item.claim for item in mine])
    by_merchant: dict[str, list[tuple[Move, Finished]]] = {}
    for item in mine:
        record_source(connection, item.claim, item.outcome, now)
        keep_evidence(connection, item.claim, item.stored)
        moves = by_merchant.setdefault(item.claim.render.merchant_id, [])
        moves += _publications(item, unapproved)
    for merchant_id, published in sorted(by_merchant.items()):
        publish_all(connection, merchant_id, published, now=now)
    again = set(finish_company(connection, sorted(held), now=now)) if held else set()
    for item in mine:
        if item.claim.render.render_id in again:
            _finish_alone(connection, engine, item.claim, now)
    return held


def _publications(item: Ready, unapproved: Container[str]) -> list[tuple[Move, Finished]]:
    actor = item.claim.render.executor_id
    pictures = item.outcome.pictures
    return [
        (
            move_of(record, pictures[record.key], actor, unapproved),
            finished_of(pictures[record.key], item.stored.pictures[record.key]),
        )
        for record in item.claim.keys
    ]


def _finish_alone(connection: Connection, engine: DbosEngine, claim: Claim, now: datetime) -> None:
    render_id = claim.render.render_id
    again = finish_render(connection, render_id=render_id, ticket=claim.ticket, now=now)
    if again is not None:
        engine.enqueue(connection, [Job(render_id, again)])
