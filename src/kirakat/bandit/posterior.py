"""What every linear model comes to: a mean and a spread of each arm's click rate.

The shared features of the hybrid model are linear in the context (context x tags), so both models
reduce to mean x^T theta_a and squared width x^T V_a x, and choosing costs the same for either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.bandit.sums import Floats, LinearSums


@dataclass(frozen=True, kw_only=True)
class LinearPosterior:
    """Estimates of K arms over contexts of d values."""

    # (K, d)
    theta: Floats
    # (K, d, d): x^T V_a x is the squared width of Li et al. (2010), lines 8 (Alg. 1) and 13
    # (Alg. 2), before any scaling.
    spread: Floats
    # (K,) decisions behind each arm's estimate, after forgetting.
    evidence: Floats
    # (K,) clicks among them.
    clicks: Floats
    # Pooled click rate, which scales exploration.
    ctr: float

    @property
    def noise(self) -> float:
        """Standard deviation of one click, sqrt(p (1 - p))."""
        return float(np.sqrt(self.ctr * (1.0 - self.ctr)))

    def estimate(self, contexts: Floats) -> tuple[Floats, Floats]:
        """Means and widths, both (n, K), of contexts (n, d)."""
        arms, width = self.theta.shape
        means = contexts @ self.theta.T
        projected = contexts @ self.spread.transpose(1, 0, 2).reshape(width, arms * width)
        squares = np.einsum("nkd,nd->nk", projected.reshape(-1, arms, width), contexts)
        return means, np.sqrt(np.maximum(squares, 0.0))


def posterior_of(sums: LinearSums, theta: Floats, spread: Floats) -> LinearPosterior:
    """Estimates with the evidence that `sums` hold."""
    return LinearPosterior(
        theta=theta, spread=spread, evidence=sums.counts, clicks=sums.clicks, ctr=sums.ctr
    )
