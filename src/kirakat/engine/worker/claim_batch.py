"""Claim what is rendered next: the most urgent render, and others that can be made with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.renderer import Claim
from kirakat.store.claim_company import claim_company
from kirakat.store.claims import claim_render
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
    leader = _claim_leader(connection, tickets[0], executor, unfit, now)
    if leader is None:
        return []
    company: list[RenderRecord] = []
    places = 0 if leader.attempts > 1 else _book(connection, leader, len(tickets) - 1, now)
    if places:
        chosen = tickets[1 : places + 1]
        company = claim_company(connection, leader, tickets=chosen, now=now)
        _give_back(connection, leader, places - len(company), now)
    claimed = [leader, *company]
    keys = rendering_creatives(connection, [render.render_id for render in claimed])
    return [
        Claim(ticket=render.ticket, render=render, keys=tuple(keys[render.render_id]))
        for render in claimed
    ]


def _claim_leader(
    connection: Connection,
    ticket: str,
    executor: Executor,
    unfit: Collection[str],
    now: datetime,
) -> RenderRecord | None:
    """The most urgent render within its merchant's budget, which is booked."""
    skipped = set(merchants_over_budget(connection, day=now.date()))
    while True:
        with connection.begin_nested() as attempt:
            render = claim_render(
                connection,
                ticket=ticket,
                executor_id=executor.executor_id,
                now=now,
                skip_merchants=skipped,
                skip_recipes=unfit,
            )
            if render is None or render.attempts > 1:
                return render
            if spend_renders(connection, render.merchant_id, day=now.date()):
                return render
            attempt.rollback()
        skipped.add(render.merchant_id)


def _book(connection: Connection, leader: RenderRecord, wanted: int, now: datetime) -> int:
    """How many more renders the merchant can pay for today, up to `wanted`; they are booked."""
    merchant_id, day = leader.merchant_id, now.date()
    cap = get_merchant(connection, merchant_id).daily_renders
    places = wanted
    if cap is not None:
        places = min(wanted, cap - read_spend(connection, merchant_id, day=day))
    if places <= 0 or not spend_renders(connection, merchant_id, day=day, renders=places):
        return 0
    return places


def _give_back(connection: Connection, leader: RenderRecord, places: int, now: datetime) -> None:
    if places:
        spend_renders(connection, leader.merchant_id, day=now.date(), renders=-places)
