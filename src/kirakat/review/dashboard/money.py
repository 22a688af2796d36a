"""Cost so far: renders that were booked, by the seconds they take and the price of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from kirakat.store.tables import spend

_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What a render costs; whoever mounts the pages takes it from the price table."""

    currency: str
    machine: str
    # Of one machine.
    hour: float
    # Of one render by the table of timings, for as long as none was timed here.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Renders and what they cost."""

    total: int
    # Oldest first, each day of the last two weeks once.
    days: Sequence[tuple[date, int]]
    # Of one render; None without a price.
    each: float | None
    currency: str
    # How the price came about.
    told: str

    def price(self, number: int) -> str:
        """The price of so many renders, such as "1.20 EUR"; empty without a price."""
        if self.each is None:
            return ""
        price = number * self.each
        text = f"{price:,.2f}" if price >= 1 or not number else f"{price:.2g}"
        return f"{text} {self.currency}"


def read_cost(
    connection: Connection, merchant_id: str, rates: Rates | None, measured: float | None, *,
    now: datetime,
) -> Cost:  # fmt: skip
    """`measured`: seconds of machine time that a render took lately."""
    mine = spend.c.merchant_id == merchant_id
    total = connection.execute(select(func.sum(spend.c.renders)).where(mine)).scalar() or 0
    first = now.date() - timedelta(days=_DAYS - 1)
    rows = connection.execute(
        select(spend.c.day, spend.c.renders).where(mine, spend.c.day >= first)
    )
    by_day = {row.day: int(row.renders) for row in rows}
    days = [first + timedelta(days=number) for number in range(_DAYS)]
    each, told = _each(rates, measured)
    return Cost(
        total=int(total),
        days=[(day, by_day.get(day, 0)) for day in days],
        each=each,
        currency=rates.currency if rates else "",
        told=told,
    )


def _each(rates: Rates | None, measured: float | None) -> tuple[float | None, str]:
    if rates is None:
        return None, "No price is known here: see kirakat plan."
    seconds = rates.seconds if measured is None else measured
    how = "by the table of timings" if measured is None else "as measured lately"
    price = f"{rates.hour:g} {rates.currency} an hour of {rates.machine}"
    return seconds * rates.hour / 3600, f"{seconds:.2f} s a render {how}, {price}"
