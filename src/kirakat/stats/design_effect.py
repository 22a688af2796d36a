"""How many more impressions are needed because users come back and differ."""

from __future__ import annotations

from kirakat.stats.compare import ratio_variance
from kirakat.stats.estimate import NotEstimable
from kirakat.stats.sufficient import RatioSums


def design_effect(sums: RatioSums) -> float | NotEstimable:
    """Variance of a click-through rate over users, against that of independent impressions.

    Kish (1965), "Survey Sampling", ch. 8. 1: impressions are as good as independent; 2: twice as
    many are needed. `sums`: clicks over impressions of past users, the experiment's own kind.
    """
    if sums.units < 2 or sums.x <= 0:
        return NotEstimable("fewer than two users, or no impression")
    rate = sums.ratio
    if not 0 < rate < 1:
        return NotEstimable("no impression, or every one, was clicked")
    return ratio_variance(sums) / (rate * (1 - rate) / sums.x)
