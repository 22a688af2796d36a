"""Kill switches and do-not-generate orders about offers, catalogues and merchants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, select

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record, in_chunks, upsert_into
from kirakat.store.merchants import raise_epoch
from kirakat.store.review_records import Control, ControlKind, ControlScope
from kirakat.store.tables import offers
from kirakat.store.tables_review import controls

STRICTEST_FIRST: tuple[ControlKind, ...] = ("kill", "do_not_generate")
_KEY = ["merchant_id", "scope", "name", "kind"]


def put_control(
    connection: Connection,
    merchant_id: str,
    *,
    scope: ControlScope,
    name: str = "",
    kind: ControlKind,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Give an order, or its new reason; services notice within a second.

    What exists is taken back by `retire_creatives`.
    """
    values = {"reason": reason, "actor": actor, "at": now}
    statement = upsert_into(connection, controls).values(
        merchant_id=merchant_id, scope=scope, name=name, kind=kind, **values
    )
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=values))
    raise_epoch(connection, merchant_id)


def lift_control(
    connection: Connection,
    merchant_id: str,
    *,
    scope: ControlScope,
    name: str = "",
    kind: ControlKind,
) -> None:
    """Take an order back; raises `NotFoundError`."""
    done = connection.execute(
        delete(controls).where(
            controls.c.merchant_id == merchant_id,
            controls.c.scope == scope,
            controls.c.name == name,
            controls.c.kind == kind,
        )
    )
    if not done.rowcount:
        raise NotFoundError(f"there is no such order about {name or merchant_id}", name=name)
    raise_epoch(connection, merchant_id)


def list_controls(connection: Connection, merchant_id: str) -> list[Control]:
    """A merchant's orders, the newest first."""
    statement = (
        select(controls)
        .where(controls.c.merchant_id == merchant_id)
        .order_by(controls.c.at.desc(), controls.c.scope, controls.c.name)
    )
    return [as_record(Control, row) for row in connection.execute(statement)]


@dataclass(frozen=True)
class Orders:
    """A merchant's orders at a moment, quick to ask."""

    # (scope, name, kind); the name is empty for the merchant.
    given: frozenset[tuple[str, str, str]] = frozenset()

    def about(self, offer_id: str, catalog: str) -> ControlKind | None:
        """The strictest order about an offer of a catalogue, or None."""
        places = (("merchant", ""), ("catalog", catalog), ("offer", offer_id))
        for kind in STRICTEST_FIRST:
            if any((*place, kind) in self.given for place in places):
                return kind
        return None


NO_ORDERS = Orders()


def read_orders(connection: Connection, merchant_id: str) -> Orders:
    """A merchant's orders."""
    columns = (controls.c.scope, controls.c.name, controls.c.kind)
    found = connection.execute(select(*columns).where(controls.c.merchant_id == merchant_id))
    return Orders(frozenset((scope, name, kind) for scope, name, kind in found))


def controlled_offers(
    connection: Connection,
    merchant_id: str,
    offer_ids: Iterable[str],
    *,
    kinds: Iterable[ControlKind] = ("kill", "do_not_generate"),
) -> frozenset[str]:
    """Those of the offers about which there is an order, by themselves or as part of more."""
    wanted, ids = tuple(kinds), sorted(set(offer_ids))
    mine = and_(controls.c.merchant_id == merchant_id, controls.c.kind.in_(wanted))
    everything = select(controls.c.kind).where(mine, controls.c.scope == "merchant").limit(1)
    if connection.execute(everything).first():
        return frozenset(ids)
    found: set[str] = set()
    for part in in_chunks(ids):
        alone = select(controls.c.name).where(
            mine, controls.c.scope == "offer", controls.c.name.in_(part)
        )
        listed = (
            select(offers.c.offer_id)
            .join(controls, and_(mine, controls.c.name == offers.c.catalog))
            .where(offers.c.merchant_id == merchant_id, offers.c.offer_id.in_(part))
            .where(controls.c.scope == "catalog", offers.c.active)
        )
        found |= set(connection.execute(alone).scalars())
        found |= set(connection.execute(listed).scalars())
    return frozenset(found)
