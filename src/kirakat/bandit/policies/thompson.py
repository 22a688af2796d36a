"""Linear Thompson sampling with exact propensities (Agrawal and Goyal, 2013).

Drawing from the posterior and taking the best leaves the propensity unknown. Here the probability
of being best is integrated first and the arm drawn from it: the same policy, and what is logged is
what was used. Arms count as independent given the context.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from kirakat.bandit.policies.scores import Scores
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class Thompson:
    """Each ready arm with the probability that it is the best."""

    # Factor on the posterior's standard deviation.
    scale: float = 0.5
    # Cells of the integral.
    cells: int = 32
    name: str = "Thompson"

    def probabilities(self, scores: Scores) -> Floats:
        """P(arm is best) = integral of dF_a(u) times the product of the other F_b(u)."""
        # Arms first, so that every reduction runs along contiguous rows.
        ready = scores.ready.T
        deviations = np.maximum(self.scale * scores.noise * scores.widths.T, 1e-12)
        means = np.where(ready, scores.means.T, -np.inf)
        low = (means - 4.0 * deviations).max(axis=0)
        high = (means + 4.0 * deviations).max(axis=0)
        steps = np.linspace(0.0, 1.0, self.cells + 1)
        # (cells + 1, n); the outer cells hold the tails.
        edges = low + np.multiply.outer(steps, high - low)
        # (K, cells + 1, n)
        below = ndtr((edges - means[:, None]) / deviations[:, None])
        below[:, -1] = 1.0
        below[:, 0] = np.where(ready, 0.0, 1.0)
        middle = np.maximum((below[:, 1:] + below[:, :-1]) / 2.0, 1e-30)
        others = middle.prod(axis=0) / middle
        mass = np.where(ready, (np.diff(below, axis=1) * others).sum(axis=1), 0.0)
        return np.ascontiguousarray((mass / mass.sum(axis=0)).T, np.float64)
