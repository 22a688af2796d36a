"""Sums of a log that an estimate is made of: they grow part by part, whatever its length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kirakat.bandit.ope.estimate import Answer, Estimate, NotEstimable, Requirements
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats, Indices
from kirakat.stats.effective_size import effective_size
from kirakat.stats.intervals import Interval, normal_quantile, weighted_poisson


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """What the estimators have in common: value = (sum w r + sum m) / size."""

    # (n,) weights of the clicks, and what a reward model adds to each decision.
    weights: Floats
    model: Floats
    # What these decisions add to the divisor: their number, or the sum of their weights.
    size: float


class Tally:
    """Cluster totals of weighted clicks and of a reward model's part.

    Clicks are rare: their weighted sum is a weighted Poisson count (Fay and Feuer, 1997), over
    cluster totals, since one shopper's clicks come together. A reward model's part is a mean of
    many small terms, hence normal, with the variance of a ratio over clusters. The two are joined
    by recovering variances from limits (Zou and Donner, 2008); their covariance, which is negative
    where the model is any good, is left out.

    With fewer groups than clusters several clusters share one (a group is a cluster's number
    modulo the groups): memory stays bounded, variances stay right, and effective clicks are
    counted a little too low.
    """

    def __init__(self, estimator: str, groups: int) -> None:
        self._estimator = estimator
        self._clicks, self._model, self._counts = np.zeros((3, groups))
        self._rounds, self._size, self._unlogged, self._heaviest = 0, 0.0, 0.0, 0.0
        self._used, self._came = 0, 0.0
        self._weight = self._square = 0.0

    def add(self, rounds: LoggedRounds, target: Floats, weighted: Weighted) -> None:
        """Count decisions with the target's probabilities (n, K) and the estimator's weights.

        What a row of probabilities lacks to 1 lies on arms that the log never named.
        """
        if not len(rounds):
            return
        groups, size = rounds.clusters % len(self._clicks), len(self._clicks)
        clicks = weighted.weights * rounds.rewards
        self._clicks += np.bincount(groups, weights=clicks, minlength=size)
        self._model += np.bincount(groups, weights=weighted.model, minlength=size)
        self._counts += np.bincount(groups, minlength=size)
        self._rounds += len(rounds)
        self._size += weighted.size
        self._used += int((weighted.weights > 0.0).sum())
        self._unlogged += len(rounds) - float(np.where(rounds.supported, target, 0.0).sum())
        self._came += float(rounds.rewards.sum())
        self._weight += float(weighted.weights.sum())
        self._square += float(weighted.weights @ weighted.weights)
        self._heaviest = max(self._heaviest, float(weighted.weights.max()))

    def answer(self, requirements: Requirements) -> Answer:
        """The value with limits that hold for few clicks, or why there is none."""
        effective = effective_size(self._clicks)
        unlogged = max(self._unlogged, 0.0) / max(self._rounds, 1)
        expected = self._expected_clicks()
        reason = _refusal(expected, self._used, unlogged, requirements)
        if reason:
            return NotEstimable(
                estimator=self._estimator,
                reason=reason,
                expected_clicks=expected,
                effective_clicks=effective,
                rounds=self._used,
                unlogged_mass=unlogged,
            )
        return Estimate(
            estimator=self._estimator,
            interval=self._interval(requirements.confidence),
            expected_clicks=expected,
            effective_clicks=effective,
            rounds=self._used,
            unlogged_mass=unlogged,
        )

    def _expected_clicks(self) -> float:
        """Effective decisions by their weights, times the click rate of all decisions."""
        if not self._square:
            return 0.0
        return self._weight**2 / self._square * self._came / self._rounds

    def _interval(self, confidence: float) -> Interval:
        clicks = self._clicks
        largest = max(self._heaviest, float(clicks.max()))
        counted = weighted_poisson(float(clicks.sum()), float(clicks @ clicks), largest, confidence)
        value = counted.value + float(self._model.sum())
        half = normal_quantile(confidence) * self._model_deviation()
        low = value - math.hypot(counted.value - counted.low, half)
        high = value + math.hypot(counted.high - counted.value, half)
        # A model's corrections can outweigh its clicks; a click rate below 0 there is none.
        value, low, high = (max(one, 0.0) / self._size for one in (value, low, high))
        return Interval(value=value, low=low, high=high)

    def _model_deviation(self) -> float:
        """Standard deviation of the model's sum, over clusters and their sizes."""
        clusters = int((self._counts > 0.0).sum())
        if clusters < 2:
            return 0.0
        mean = float(self._model.sum()) / self._rounds
        residual = self._model - mean * self._counts
        return math.sqrt(float(residual @ residual) * clusters / (clusters - 1))


def answer_once(
    estimator: str,
    rounds: LoggedRounds,
    target: Floats,
    weighted: Weighted,
    requirements: Requirements | None,
) -> Answer:
    """The answer of a log that is in memory, every cluster a group of its own."""
    labels: Indices = np.unique(rounds.clusters, return_inverse=True)[1].reshape(-1)
    tally = Tally(estimator, int(labels.max(initial=0)) + 1)
    tally.add(rounds.labelled(labels), target, weighted)
    return tally.answer(requirements or Requirements())


def _refusal(expected: float, used: int, unlogged: float, requirements: Requirements) -> str:
    if not used:
        return "no logged decision could have been the target's"
    if unlogged > requirements.unlogged_mass:
        return f"{unlogged:.1%} of the target's choices are arms that were never logged there"
    if expected < requirements.effective_clicks:
        least = requirements.effective_clicks
        return f"{expected:.1f} effective clicks expected, {least:g} needed"
    return ""
