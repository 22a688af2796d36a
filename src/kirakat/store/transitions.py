"""Change a creative's state by compare-and-set, with its history and callbacks.

The creative's row, the row of `transitions` and the callbacks commit together. Writers of one
merchant's transitions take turns (they lock the merchant's row first), which makes the
sequence numbers gapless and their order the order of commits. Whoever also changes the render
changes it before its creatives, so that two writers never wait for each other crosswise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, tuple_, update

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import as_record, in_chunks, insert_all
from kirakat.store.callback_rows import Moved, write_callbacks
from kirakat.store.records import Finished, Move, Transition
from kirakat.store.states import CreativeState, revision_step
from kirakat.store.tables import creatives, merchants, transitions


def transition(connection: Connection, move: Move, *, now: datetime) -> int:
    """Make one move; gives the creative's revision after it.

    Raises `ConflictError` when the creative is no longer in (origin, revision), and
    `StoreError` for a move that is not allowed.
    """
    return _one(connection, move, {}, now)


def publish(connection: Connection, move: Move, finished: Finished, *, now: datetime) -> int:
    """Make the move of a finished image (to ready, in_review or rejected) and keep its facts.

    Raises as `transition` does.
    """
    return _one(connection, move, _facts(finished), now)


def publish_all(
    connection: Connection,
    merchant_id: str,
    published: Sequence[tuple[Move, Finished]],
    *,
    now: datetime,
) -> tuple[str, ...]:
    """Publish many finished images of a merchant in few statements; gives the keys that moved.

    Those that are no longer in (origin, revision) are left alone. All moves have one actor.
    """
    moved: list[str] = []
    routes: dict[tuple[CreativeState, CreativeState, str], list[tuple[Move, Finished]]] = {}
    for move, finished in published:
        routes.setdefault((move.origin, move.target, move.reason), []).append((move, finished))
    for (origin, target, reason), part in sorted(routes.items()):
        step = revision_step(origin, target)
        last = _lock_merchant(connection, merchant_id)
        values = {"state": target, "reason": reason, "updated_at": now}
        if target == "ready":
            values["ready_at"] = now
        rows = _set_facts(connection, merchant_id, part, step, values)
        why = (reason, part[0][0].actor)
        _write_history(connection, merchant_id, rows, (origin, target), why, last, now)
        write_callbacks(connection, merchant_id, rows, target, reason, now)
        _advance(connection, merchant_id, len(rows), takes_back=origin == "ready")
        moved += [row.key for row in rows]
    return tuple(moved)


def transition_all(
    connection: Connection,
    *,
    merchant_id: str,
    keys: Mapping[str, int],
    origin: CreativeState,
    target: CreativeState,
    reason: str,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Make the same move with many creatives, given as key: revision; gives the keys that moved.

    Those that are no longer in (origin, revision) are left alone.
    """
    moved = _move(connection, merchant_id, keys, (origin, target), {}, (reason, actor), now)
    return tuple(row.key for row in moved)


def retire_creatives(
    connection: Connection,
    *,
    merchant_id: str,
    image_ids: Sequence[str] = (),
    offer_ids: Sequence[str] = (),
    reason: str,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Take back everything made of images or offers; gives the keys, sorted.

    What is waiting is cancelled, what exists is retired. Two ads may share an image: creatives
    of an offer are those that were first asked for with it.
    """
    _lock_merchant(connection, merchant_id)
    found: dict[CreativeState, dict[str, int]] = {}
    for column, values in ((creatives.c.image_id, image_ids), (creatives.c.offer_id, offer_ids)):
        for part in in_chunks(values):
            statement = select(creatives.c.key, creatives.c.state, creatives.c.revision).where(
                creatives.c.merchant_id == merchant_id, column.in_(part)
            )
            for row in connection.execute(statement):
                found.setdefault(row.state, {})[row.key] = row.revision
    moved: list[str] = []
    for origin, target in _TAKEN_BACK.items():
        moved += transition_all(
            connection, merchant_id=merchant_id, keys=found.get(origin, {}),
            origin=origin, target=target, reason=reason, actor=actor, now=now,
        )  # fmt: skip
    return tuple(sorted(moved))


def read_changes(
    connection: Connection, merchant_id: str, *, since: int = 0, limit: int = 1000
) -> list[Transition]:
    """The merchant's transitions after number `since`, in order.

    A reader that continues from the last number it saw misses none.
    """
    statement = (
        select(transitions)
        .where(transitions.c.merchant_id == merchant_id, transitions.c.sequence > since)
        .order_by(transitions.c.sequence)
        .limit(limit)
    )
    return [as_record(Transition, row) for row in connection.execute(statement)]


_TAKEN_BACK: Mapping[CreativeState, CreativeState] = {
    "requested": "cancelled",
    "rendering": "cancelled",
    "in_review": "retired",
    "ready": "retired",
    "rejected": "retired",
    "dead": "retired",
}


def _facts(finished: Finished) -> dict[str, Any]:
    return {
        "sha256": finished.sha256,
        "format": finished.format,
        "bytes": finished.bytes,
        "width": finished.width,
        "height": finished.height,
        "certificate": dict(finished.certificate),
        "gate": dict(finished.gate),
        "attempt": finished.attempt,
    }


def _one(connection: Connection, move: Move, facts: Mapping[str, Any], now: datetime) -> int:
    route = (move.origin, move.target)
    why = (move.reason, move.actor)
    keys = {move.key: move.revision}
    moved = _move(connection, move.merchant_id, keys, route, facts, why, now)
    if not moved:
        raise ConflictError(
            f"{move.key} is no longer {move.origin} at revision {move.revision}", move=move
        )
    return moved[0].revision


def _move(
    connection: Connection,
    merchant_id: str,
    keys: Mapping[str, int],
    route: tuple[CreativeState, CreativeState],
    facts: Mapping[str, Any],
    why: tuple[str, str],
    now: datetime,
) -> list[Moved]:
    origin, target = route
    step = revision_step(origin, target)
    if not keys:
        return []
    last = _lock_merchant(connection, merchant_id)
    values = {**facts, "state": target, "reason": why[0], "updated_at": now}
    if target == "ready":
        values["ready_at"] = now
    moved = _compare_and_set(connection, merchant_id, keys, origin, step, values)
    _write_history(connection, merchant_id, moved, route, why, last, now)
    write_callbacks(connection, merchant_id, moved, target, why[0], now)
    _advance(connection, merchant_id, len(moved), takes_back=origin == "ready")
    return moved


def _lock_merchant(connection: Connection, merchant_id: str) -> int:
    """The number of the merchant's last transition, which only this transaction now raises."""
    statement = (
        select(merchants.c.sequence)
        .where(merchants.c.merchant_id == merchant_id)
        .with_for_update(key_share=True)
    )
    last = connection.execute(statement).scalar_one_or_none()
    if last is None:
        raise NotFoundError(f"no merchant {merchant_id}", merchant_id=merchant_id)
    return int(last)


def _compare_and_set(
    connection: Connection,
    merchant_id: str,
    keys: Mapping[str, int],
    origin: CreativeState,
    step: int,
    values: Mapping[str, Any],
) -> list[Moved]:
    table = creatives.c
    returned = [table[name] for name in Moved._fields]
    moved: list[Moved] = []
    for part in in_chunks(sorted(keys.items())):
        statement = (
            update(creatives)
            .where(table.merchant_id == merchant_id, table.state == origin)
            .where(tuple_(table.key, table.revision).in_(part))
            .values(**values, revision=table.revision + step)
            .returning(*returned)
        )
        moved += [Moved(*row) for row in connection.execute(statement)]
    return sorted(moved)


def _set_facts(
    connection: Connection,
    merchant_id: str,
    part: Sequence[tuple[Move, Finished]],
    step: int,
    values: Mapping[str, Any],
) -> list[Moved]:
    """Compare, then set, row by row: the merchant's lock lets nobody come between."""
    table = creatives.c
    wanted = {(move.key, move.revision): finished for move, finished in part}
    held = connection.execute(
        select(table.key, table.revision)
        .where(table.merchant_id == merchant_id, table.state == part[0][0].origin)
        .where(tuple_(table.key, table.revision).in_(sorted(wanted)))
        .order_by(table.key)
    ).all()
    if not held:
        return []
    rows = [{"the_key": row.key, **_facts(wanted[row.key, row.revision]), **values} for row in held]
    names = [name for name in rows[0] if name != "the_key"]
    connection.execute(
        update(creatives)
        .where(table.key == bindparam("the_key"))
        .values(revision=table.revision + step, **{name: bindparam(name) for name in names}),
        rows,
    )
    statement = (
        select(*(table[name] for name in Moved._fields))
        .where(table.key.in_([row.key for row in held]))
        .order_by(table.key)
    )
    return [Moved(*row) for row in connection.execute(statement)]


def _write_history(
    connection: Connection,
    merchant_id: str,
    moved: Sequence[Moved],
    route: tuple[CreativeState, CreativeState],
    why: tuple[str, str],
    last: int,
    now: datetime,
) -> None:
    rows = [
        {
            "merchant_id": merchant_id,
            "sequence": number,
            "key": row.key,
            "revision": row.revision,
            "origin": route[0],
            "target": route[1],
            "reason": why[0],
            "actor": why[1],
            "at": now,
        }
        for number, row in enumerate(moved, start=last + 1)
    ]
    insert_all(connection, transitions, rows)


def _advance(connection: Connection, merchant_id: str, count: int, *, takes_back: bool) -> None:
    if count:
        connection.execute(
            update(merchants)
            .where(merchants.c.merchant_id == merchant_id)
            .values(
                sequence=merchants.c.sequence + count,
                epoch=merchants.c.epoch + int(takes_back),
            )
        )
