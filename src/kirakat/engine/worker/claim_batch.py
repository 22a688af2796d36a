"""Claim what is rendered next: the most urgent render, and others that can be made with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.renderer import Claim
from kirakat.store.claim_company import claim_renders
from kirakat.store.creatives import rendering_creatives
from kirakat.store.merchants import (
    get_merchant,
    merchants_over_budget,
    read_spend,
    spend_renders,
)
from kirakat.store.records import RenderRecord

if TYPE_CHECKING:
    from sqlalchemy import Connection


def claim_batch(
    connection: Connection,
    tickets: Sequence[str],
    executor: Executor,
    *,
    now: datetime,
    unfit: Collection[str] = (),
) -> list[Claim]:
    """Claims for the first of the tickets, all of one kind; none when no render is due.

    The batch is led by the most urgent render and filled with the most urgent of its kind. A
    render that was tried before goes alone: should it kill the process, it takes nobody along.
    Merchants whose daily budget is spent are passed over, and the `unfit` recipes (digests).
    """
    executor.beat(connection, now)
    claimed = _claim_affordable(connection, tickets, executor, unfit, now)
    if not claimed:
        return []
    keys = rendering_creatives(connection, [render.render_id for render in claimed])
    return [
        Claim(ticket=render.ticket, render=render, keys=tuple(keys[render.render_id]))
        for render in claimed
    ]


def _claim_affordable(
    connection: Connection,
    tickets: Sequence[str],
    executor: Executor,
    unfit: Collection[str],
    now: datetime,
) -> list[RenderRecord]:
    """As many renders as their merchant can pay for today; they are booked."""
    skipped = set(merchants_over_budget(connection, day=now.date()))
    names = list(tickets)
    while True:
        with connection.begin_nested() as attempt:
            claimed = claim_renders(
                connection,
                tickets=names,
                executor_id=executor.executor_id,
                now=now,
                skip_merchants=skipped,
                skip_recipes=unfit,
            )
            if not claimed or _pay(connection, claimed, now):
                return claimed
            attempt.rollback()
        left = _affordable(connection, claimed[0].merchant_id, now)
        if left <= 0:
            skipped.add(claimed[0].merchant_id)
        names = list(tickets[:left]) if left > 0 else list(tickets)


def _pay(connection: Connection, claimed: Sequence[RenderRecord], now: datetime) -> bool:
    """Book what is tried for the first time; False when the day's budget is too small."""
    first = sum(render.attempts == 1 for render in claimed)
    merchant_id = claimed[0].merchant_id
    return not first or spend_renders(connection, merchant_id, day=now.date(), renders=first)


def _affordable(connection: Connection, merchant_id: str, now: datetime) -> int:
    """Renders that the merchant can still pay for today."""
    cap = get_merchant(connection, merchant_id).daily_renders or 0
    return cap - read_spend(connection, merchant_id, day=now.date())
