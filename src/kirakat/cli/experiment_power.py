"""`kirakat experiment power`: how many users a test needs, and what it can find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kirakat.errors import SettingsError


def power(
    lift: Annotated[
        float, typer.Option("--lift", help="Relative change worth finding: .05 is 5 %.")
    ] = 0.05,
    rate: Annotated[float, typer.Option("--rate", help="Clicks an impression today.")] = 0.0,
    impressions: Annotated[
        float, typer.Option("--impressions", min=1, help="Impressions a user while it runs.")
    ] = 5.0,
    effect: Annotated[
        float,
        typer.Option("--design-effect", min=0.1, help="How much users' differences inflate."),
    ] = 1.5,
    log: Annotated[
        Path | None,
        typer.Option("--log", help="Event log instead: rate and design effect are taken from it."),
    ] = None,
    variants: Annotated[int, typer.Option("--variants", min=2, help="Equal groups.")] = 2,
    users: Annotated[
        int, typer.Option("--users", min=0, help="All groups together: what would they find?")
    ] = 0,
    wanted: Annotated[
        float, typer.Option("--power", min=0.01, max=0.99, help="Chance to find the lift.")
    ] = 0.8,
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.5, max=0.999, help="Of the intervals.")
    ] = 0.95,
) -> None:
    """Say how many users find a lift, and what the users that you have can find.

    Examples:

    kirakat experiment power --rate 0.01 --impressions 6 --lift 0.15 --variants 3

    kirakat experiment power --log events/ --lift 0.05
    """
    from kirakat.stats.estimate import NotEstimable
    from kirakat.stats.power import detectable_lift, sample_size
    from kirakat.stats.power import power as chance_of

    variance, told = _variance(log, rate, impressions, effect)
    alpha = 1 - confidence
    typer.echo(told)
    size = sample_size(lift, variance, power_wanted=wanted, alpha=alpha)
    if isinstance(size, NotEstimable):
        raise SettingsError(f"--lift {lift}: {size.reason}")
    group = int(size) + 1
    typer.echo(
        f"a lift of {lift:+.1%} is found with a chance of {wanted:.0%} by {group:,} users a "
        f"variant: planned_users = {group * variants}"
    )
    if users:
        each = users / variants
        chance = chance_of(lift, variance, each, alpha=alpha)
        least = detectable_lift(variance, each, power_wanted=wanted, alpha=alpha)
        found = least.reason if isinstance(least, NotEstimable) else f"lifts from {least:+.1%} on"
        typer.echo(f"{users:,} users find it with a chance of {chance:.0%}; they find {found}")


def _variance(
    log: Path | None, rate: float, impressions: float, effect: float
) -> tuple[float, str]:
    """Variance of the log ratio of one user, and where it comes from."""
    from kirakat.stats.estimate import NotEstimable
    from kirakat.stats.power import unit_variance, unit_variance_of_rate

    if log is None:
        if not 0 < rate < 1:
            raise SettingsError("give --rate (such as 0.01), or --log with past events")
        told = f"assumed: {rate:.2%} clicks, {impressions:g} impressions a user, design effect "
        return unit_variance_of_rate(rate, impressions, effect), f"{told}{effect:g}"
    from kirakat.experiments.past_rates import past_click_rate
    from kirakat.stats.design_effect import design_effect

    past = past_click_rate(log)
    variance, found = unit_variance(past), design_effect(past)
    if isinstance(variance, NotEstimable) or isinstance(found, NotEstimable):
        reason = variance if isinstance(variance, NotEstimable) else found
        raise SettingsError(f"{log}: {getattr(reason, 'reason', '')}")
    told = (
        f"from {past.units:,.0f} users of {log}: {past.ratio:.2%} clicks, "
        f"{past.x / past.units:.1f} impressions a user, design effect {found:.2f}"
    )
    return variance, told
