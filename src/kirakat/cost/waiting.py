"""How long creatives take to be ready, and how often the original is shown meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The first hours of a catalogue."""

    # Hours until half, and all, of the impressions can show a creative.
    half: float
    whole: float
    # Impressions that are served with the original before that.
    originals: float
    # What it would be if offers were made in the order of the feed instead.
    originals_in_feed_order: float


def wait(*, offers: int, hours: float, impressions_a_day: float, skew: float = 1.0) -> Waiting:
    """Offers are made at an even pace over `hours`, the most asked first, as the queue does.

    The traffic of the offer at rank r is proportional to r^-skew (Zipf; Breslau et al. 1999 found
    .64 to .83 on the web, shops are steeper; 0 is even).
    """
    if not offers or not hours:
        return Waiting(half=0.0, whole=0.0, originals=0.0, originals_in_feed_order=0.0)
    hourly = impressions_a_day / 24
    # Rank r is ready at hours * r / offers and missed hourly * share(r) * that.
    mean_rank = _power_sum(offers, 1 - skew) / _power_sum(offers, -skew)
    return Waiting(
        half=hours * _median_rank(offers, skew) / offers,
        whole=hours,
        originals=hourly * hours * mean_rank / offers,
        originals_in_feed_order=hourly * hours * (offers + 1) / (2 * offers),
    )


def _power_sum(count: int, power: float) -> float:
    """Sum of r^power for r = 1..count: exact up to 10,000, then by Euler and Maclaurin."""
    exact = min(count, 10_000)
    total = math.fsum(float(rank) ** power for rank in range(1, exact + 1))
    if exact == count:
        return total
    grown = math.log(count / exact) if power == -1 else _area(count, exact, power)
    ends: float = float(count) ** power - float(exact) ** power
    return total + grown + ends / 2


def _area(high: float, low: float, power: float) -> float:
    """The integral of x^power."""
    ends: tuple[float, float] = (high ** (power + 1), low ** (power + 1))
    return (ends[0] - ends[1]) / (power + 1)


def _median_rank(offers: int, skew: float) -> int:
    """The rank up to which half of the traffic goes."""
    whole, low, high = _power_sum(offers, -skew), 1, offers
    while low < high:
        middle = (low + high) // 2
        if _power_sum(middle, -skew) * 2 >= whole:
            high = middle
        else:
            low = middle + 1
    return low
