"""Merchants, their daily budget and what they spent of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record, upsert_into
from kirakat.store.records import Merchant
from kirakat.store.tables import merchants, spend


def put_merchant(
    connection: Connection,
    merchant_id: str,
    *,
    now: datetime,
    name: str = "",
    daily_renders: int | None = None,
) -> None:
    """Create a merchant, or change its name and daily budget (None: no cap)."""
    values = {"name": name, "daily_renders": daily_renders}
    statement = upsert_into(connection, merchants).values(
        merchant_id=merchant_id, created_at=now, **values
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id"], set_=values))


def ensure_merchant(connection: Connection, merchant_id: str, *, now: datetime) -> None:
    """Create a merchant without a cap unless it is there."""
    statement = upsert_into(connection, merchants).values(merchant_id=merchant_id, created_at=now)
    connection.execute(statement.on_conflict_do_nothing())


def get_merchant(connection: Connection, merchant_id: str) -> Merchant:
    """A merchant; raises `NotFoundError`."""
    row = connection.execute(
        select(merchants).where(merchants.c.merchant_id == merchant_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no merchant {merchant_id}", merchant_id=merchant_id)
    return as_record(Merchant, row)


def merchant_ids(connection: Connection) -> list[str]:
    """All merchants, by id."""
    return list(
        connection.execute(select(merchants.c.merchant_id).order_by("merchant_id")).scalars()
    )


def raise_epoch(connection: Connection, merchant_id: str) -> None:
    """Tell services that what they remember of a merchant is outdated."""
    connection.execute(
        update(merchants)
        .where(merchants.c.merchant_id == merchant_id)
        .values(epoch=merchants.c.epoch + 1)
    )


def read_epoch(connection: Connection, merchant_id: str) -> int:
    """Raised whenever a ready creative is taken back or the prompts change; 0 for nobody's."""
    statement = select(merchants.c.epoch).where(merchants.c.merchant_id == merchant_id)
    return connection.execute(statement).scalar_one_or_none() or 0


def spend_renders(connection: Connection, merchant_id: str, *, day: date, renders: int = 1) -> bool:
    """Book renders on a day's budget; False, and nothing booked, when it would be overdrawn.

    Raises `NotFoundError` for an unknown merchant.
    """
    cap = get_merchant(connection, merchant_id).daily_renders
    if cap is not None and renders > cap:
        return False
    statement = upsert_into(connection, spend).values(
        merchant_id=merchant_id, day=day, renders=renders
    )
    within = None if cap is None else spend.c.renders + renders <= cap
    booked = statement.on_conflict_do_update(
        index_elements=["merchant_id", "day"],
        set_={"renders": spend.c.renders + renders},
        where=within,
    ).returning(spend.c.renders)
    return connection.execute(booked).one_or_none() is not None


def merchants_over_budget(connection: Connection, *, day: date) -> frozenset[str]:
    """The merchants whose budget of that day is used up."""
    statement = (
        select(merchants.c.merchant_id)
        .outerjoin(spend, (spend.c.merchant_id == merchants.c.merchant_id) & (spend.c.day == day))
        .where(merchants.c.daily_renders.is_not(None))
        .where((merchants.c.daily_renders <= 0) | (spend.c.renders >= merchants.c.daily_renders))
    )
    return frozenset(connection.execute(statement).scalars())


def read_spend(connection: Connection, merchant_id: str, *, day: date) -> int:
    """Renders booked on a day."""
    statement = select(spend.c.renders).where(
        spend.c.merchant_id == merchant_id, spend.c.day == day
    )
    return connection.execute(statement).scalar_one_or_none() or 0
