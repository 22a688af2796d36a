"""How many clicks pay for the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.errors import CostError


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The point at which additional clicks have paid for the pictures."""

    # Clicks that the original pictures would have brought by then.
    clicks: float
    # The additional ones.
    additional: float
    # None where the traffic is not known.
    days: float | None


def break_even(
    *, price: float, click_value: float, lift: float, clicks_a_day: float | None = None
) -> BreakEven:
    """clicks = price / (click_value x lift): each old click brings `lift` new ones.

    `click_value` is what one click is worth to whoever pays, such as CPC times margin. Raises
    `CostError` when a click or the lift is worth nothing.
    """
    if click_value <= 0 or lift <= 0:
        raise CostError("the value of a click and the lift must be above 0 to pay for anything")
    clicks = price / (click_value * lift)
    days = clicks / clicks_a_day if clicks_a_day else None
    return BreakEven(clicks=clicks, additional=clicks * lift, days=days)
