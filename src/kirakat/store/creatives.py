"""Look creatives up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from kirakat.errors import NotFoundError
from kirakat.store.bulk import AnyRow, as_record, in_chunks
from kirakat.store.json_records import from_json
from kirakat.store.records import CreativeRecord, ReadyCreative
from kirakat.store.states import WAITING, CreativeState
from kirakat.store.tables import creatives
from kirakat.types import Placement


def ready_creatives(
    connection: Connection, merchant_id: str, keys: Sequence[str]
) -> dict[str, ReadyCreative]:
    """Those of the keys that are ready to be shown, in one statement for up to 8,000 keys."""
    columns = [creatives.c[name] for name in ReadyCreative.__dataclass_fields__]
    found = {}
    for part in in_chunks(keys):
        statement = select(*columns).where(
            creatives.c.key.in_(part),
            creatives.c.merchant_id == merchant_id,
            creatives.c.state == "ready",
        )
        rows = connection.execute(statement)
        found.update({row.key: as_record(ReadyCreative, row) for row in rows})
    return found


def creatives_by_key(
    connection: Connection, merchant_id: str, keys: Sequence[str]
) -> dict[str, CreativeRecord]:
    """Those of the keys that are known, whatever their state."""
    found: dict[str, CreativeRecord] = {}
    for part in in_chunks(keys):
        statement = select(creatives).where(
            creatives.c.key.in_(part), creatives.c.merchant_id == merchant_id
        )
        found.update({item.key: item for item in _records(connection, statement)})
    return found


def get_creative(connection: Connection, merchant_id: str, key: str) -> CreativeRecord:
    """One creative; raises `NotFoundError` for a key that the merchant never asked for."""
    found = creatives_by_key(connection, merchant_id, (key,))
    if key not in found:
        raise NotFoundError(f"no creative {key}", key=key)
    return found[key]


def list_creatives(
    connection: Connection,
    merchant_id: str,
    *,
    states: Sequence[CreativeState] = (),
    offer_id: str | None = None,
    after: str = "",
    limit: int = 100,
) -> list[CreativeRecord]:
    """A page of creatives by key, beginning after the key `after`; no states means any."""
    statement = (
        select(creatives)
        .where(creatives.c.merchant_id == merchant_id, creatives.c.key > after)
        .order_by(creatives.c.key)
        .limit(limit)
    )
    if states:
        statement = statement.where(creatives.c.state.in_(states))
    if offer_id is not None:
        statement = statement.where(creatives.c.offer_id == offer_id)
    return _records(connection, statement)


def waiting_creatives(connection: Connection, render_id: str) -> list[CreativeRecord]:
    """The creatives that wait on a render, by key: what its worker has to publish.

    Those in `rendering` belong to the present claim; those in `requested` came later.
    """
    statement = (
        select(creatives)
        .where(creatives.c.render_id == render_id, creatives.c.state.in_(WAITING))
        .order_by(creatives.c.key)
    )
    return _records(connection, statement)


def rendering_creatives(
    connection: Connection, render_ids: Sequence[str]
) -> dict[str, list[CreativeRecord]]:
    """The creatives that belong to the present claims of several renders, by render."""
    found: dict[str, list[CreativeRecord]] = {render_id: [] for render_id in render_ids}
    for part in in_chunks(render_ids):
        statement = (
            select(creatives)
            .where(creatives.c.render_id.in_(part), creatives.c.state == "rendering")
            .order_by(creatives.c.key)
        )
        for record in _records(connection, statement):
            found[record.render_id].append(record)
    return found


def _records(connection: Connection, statement: Select[Any]) -> list[CreativeRecord]:
    return [_record(row) for row in connection.execute(statement)]


def _record(row: AnyRow) -> CreativeRecord:
    return as_record(CreativeRecord, row, placement=from_json(Placement, row.placement))
