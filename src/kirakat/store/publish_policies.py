"""Whether what passes the gate is published at once, held for a person, or sampled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from kirakat.errors import StoreError
from kirakat.store.bulk import as_record, in_chunks, upsert_into
from kirakat.store.review_records import PublishMode, PublishPolicy
from kirakat.store.tables import creatives, offers
from kirakat.store.tables_review import publish_policies

# Keys are hashes, so those below a bound are a fair sample, and always the same one.
_DIGITS = 6


def put_publish_policy(
    connection: Connection,
    merchant_id: str,
    catalog: str,
    *,
    mode: PublishMode,
    share: float = 0.0,
    actor: str,
    now: datetime,
) -> None:
    """Say what becomes of a catalogue's creatives; raises `StoreError` for an illegal share."""
    if not 0.0 <= share <= 1.0:
        raise StoreError(f"the share of a sample is 0 to 1, not {share}", share=share)
    values = {"mode": mode, "share": share, "actor": actor, "updated_at": now}
    statement = upsert_into(connection, publish_policies).values(
        merchant_id=merchant_id, catalog=catalog, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["merchant_id", "catalog"], set_=values)
    )


def list_publish_policies(connection: Connection, merchant_id: str) -> list[PublishPolicy]:
    """A merchant's policies by catalogue; a catalogue without one publishes what passes."""
    statement = (
        select(publish_policies)
        .where(publish_policies.c.merchant_id == merchant_id)
        .order_by(publish_policies.c.catalog)
    )
    return [as_record(PublishPolicy, row) for row in connection.execute(statement)]


def held_offers(
    connection: Connection, merchant_id: str, offer_ids: Iterable[str]
) -> frozenset[str]:
    """Those of the offers whose creatives wait for a person even when they pass the gate.

    An offer of several catalogues is held when one of them is.
    """
    found: set[str] = set()
    for part in in_chunks(sorted(set(offer_ids))):
        statement = (
            select(offers.c.offer_id)
            .join(
                publish_policies,
                and_(
                    publish_policies.c.merchant_id == offers.c.merchant_id,
                    publish_policies.c.catalog == offers.c.catalog,
                ),
            )
            .where(offers.c.merchant_id == merchant_id, offers.c.offer_id.in_(part))
            .where(publish_policies.c.mode == "hold", offers.c.active)
        )
        found |= set(connection.execute(statement).scalars())
    return frozenset(found)


def is_sampled(policies: Iterable[PublishPolicy]) -> ColumnElement[bool]:
    """SQL: whether a row of `creatives` belongs to a sample that these policies ask for."""
    wanted = [
        and_(
            creatives.c.key < _bound(policy.share),
            exists().where(
                offers.c.merchant_id == creatives.c.merchant_id,
                offers.c.catalog == policy.catalog,
                offers.c.offer_id == creatives.c.offer_id,
            ),
        )
        for policy in policies
        if policy.mode == "sample" and policy.share > 0
    ]
    nothing = creatives.c.key != creatives.c.key
    return and_(creatives.c.treatment == "generated", or_(nothing, *wanted))


def _bound(share: float) -> str:
    """The key below which that share of all keys lies."""
    number = round(share * 16**_DIGITS)
    return "g" if number >= 16**_DIGITS else f"{number:0{_DIGITS}x}"
