"""What an estimator answers: a value with its interval, or that there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats
from kirakat.stats.effective_size import effective_size
from kirakat.stats.intervals import Interval, normal_quantile, weighted_poisson
from kirakat.stats.sufficient import cluster_totals


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What a log must hold before an estimate is given."""

    # Effective number of clicks (Kish, over clusters) below which an estimator refuses.
    effective_clicks: float = 20.0
    # Mass that the target may give to arms that the log cannot speak of.
    unlogged_mass: float = 0.05
    confidence: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The target policy's click rate."""

    estimator: str
    interval: Interval
    effective_clicks: float
    # Decisions with a weight above 0.
    rounds: int
    unlogged_mass: float


@dataclass(frozen=True, kw_only=True)
class NotEstimable:
    """The log cannot answer, and why; never a number in disguise."""

    estimator: str
    reason: str
    effective_clicks: float
    rounds: int
    unlogged_mass: float


Answer = Estimate | NotEstimable


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """What the estimators have in common: value = (sum w r + sum m) / size."""

    estimator: str
    # (n,) weights of the clicks, and what a reward model adds to each decision.
    weights: Floats
    model: Floats
    # What the sums are divided by: decisions, or the sum of weights.
    size: float


def answer(
    rounds: LoggedRounds, target: Floats, weighted: Weighted, requirements: Requirements
) -> Answer:
    """The value with limits that hold for few clicks, or why there is none.

    Clicks are rare: their weighted sum is a weighted Poisson count (Fay and Feuer, 1997), over
    cluster totals, since one shopper's clicks come together. A reward model's part is a mean of
    many small terms, hence normal. The two are joined by recovering variances from limits (Zou and
    Donner, 2008); their covariance, which is negative where the model is any good, is left out.
    """
    clicks = cluster_totals(weighted.weights * rounds.rewards, rounds.clusters)
    effective = effective_size(clicks)
    used = int((weighted.weights > 0.0).sum())
    unlogged = rounds.unlogged_mass(target)
    reason = _refusal(effective, used, unlogged, requirements)
    if reason:
        return NotEstimable(
            estimator=weighted.estimator,
            reason=reason,
            effective_clicks=effective,
            rounds=used,
            unlogged_mass=unlogged,
        )
    largest = max(float(weighted.weights.max()), float(clicks.max()))
    counted = weighted_poisson(
        float(clicks.sum()), float(clicks @ clicks), largest, requirements.confidence
    )
    interval = _joined(counted, cluster_totals(weighted.model, rounds.clusters), requirements)
    return Estimate(
        estimator=weighted.estimator,
        interval=_scaled(interval, 1.0 / weighted.size),
        effective_clicks=effective,
        rounds=used,
        unlogged_mass=unlogged,
    )


def _refusal(effective: float, used: int, unlogged: float, requirements: Requirements) -> str:
    if not used:
        return "no logged decision could have been the target's"
    if unlogged > requirements.unlogged_mass:
        return f"{unlogged:.1%} of the target's choices are arms that were never logged there"
    if effective < requirements.effective_clicks:
        return f"{effective:.1f} effective clicks, fewer than {requirements.effective_clicks:g}"
    return ""


def _joined(counted: Interval, model: Floats, requirements: Requirements) -> Interval:
    value = counted.value + float(model.sum())
    deviation = float(np.sqrt(len(model) * model.var(ddof=1))) if len(model) > 1 else 0.0
    half = normal_quantile(requirements.confidence) * deviation
    return Interval(
        value=value,
        low=max(value - math.hypot(counted.value - counted.low, half), 0.0),
        high=value + math.hypot(counted.high - counted.value, half),
    )


def _scaled(interval: Interval, factor: float) -> Interval:
    return Interval(
        value=interval.value * factor, low=interval.low * factor, high=interval.high * factor
    )
