"""What an estimator answers: a value with its interval, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.stats.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What a log must hold before an estimate is given."""

    # Effective clicks to be expected (effective decisions by their weights, after Kish, times the
    # log's own click rate) below which an estimator refuses. Refusing by the clicks that came would
    # let lucky logs through: estimates a third too high where few were due.
    effective_clicks: float = 20.0
    # Mass that the target may give to arms that the log cannot speak of.
    unlogged_mass: float = 0.05
    confidence: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The target policy's click rate."""

    estimator: str
    interval: Interval
    # Expected, and as they came (Kish, over clusters).
    expected_clicks: float
    effective_clicks: float
    # Decisions with a weight above 0.
    rounds: int
    unlogged_mass: float


@dataclass(frozen=True, kw_only=True)
class NotEstimable:
    """The log cannot answer, and why; never a number in disguise."""

    estimator: str
    reason: str
    expected_clicks: float
    effective_clicks: float
    rounds: int
    unlogged_mass: float


Answer = Estimate | NotEstimable
