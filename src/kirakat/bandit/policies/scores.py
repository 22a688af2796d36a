"""What a policy looks at, and what it must give back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.rows import row_maxima, row_sums
from kirakat.bandit.sums import Floats

# Bounds closer than this share of their size are a tie: different machines round differently.
TIE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Estimates of K arms for n decisions."""

    # (n, K) estimated click rates and their widths, unscaled; widths times `noise` are standard
    # deviations.
    means: Floats
    widths: Floats
    # (n, K) arms that can be chosen; each row has at least one.
    ready: NDArray[np.bool_]
    # Standard deviation of one click.
    noise: float
    # (K,) decisions and clicks so far.
    evidence: Floats
    clicks: Floats
    # Values of a context.
    dimension: int


class Policy(Protocol):
    """Turns estimates into a distribution over arms."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def probabilities(self, scores: Scores) -> Floats:
        """(n, K), each row summing to 1, and 0 where an arm is not ready."""
        ...


def scores_of(posterior: LinearPosterior, contexts: Floats, ready: NDArray[np.bool_]) -> Scores:
    """The scores of contexts (n, d) with `ready` (n, K)."""
    means, widths = posterior.estimate(contexts)
    return Scores(
        means=means,
        widths=widths,
        ready=ready,
        noise=posterior.noise,
        evidence=posterior.evidence,
        clicks=posterior.clicks,
        dimension=contexts.shape[1],
    )


def share_of_best(values: Floats, ready: NDArray[np.bool_]) -> Floats:
    """(n, K): probability 1 for the best ready arm of each row, shared equally by ties."""
    masked = np.where(ready, values, -np.inf)
    top = row_maxima(masked)
    best = masked >= top - TIE * np.maximum(np.abs(top), 1e-6)
    shares = best.astype(np.float64)
    return np.asarray(shares / row_sums(shares), np.float64)


def uniform_over(ready: NDArray[np.bool_]) -> Floats:
    """(n, K): every ready arm alike."""
    shares = ready.astype(np.float64)
    return np.asarray(shares / row_sums(shares), np.float64)
