"""Algorithm 1 one decision at a time: rank-one updates between refactorisations.

For a loop that learns from each click at once (benchmarks, simulations of single decisions);
learners in production add sums in batches and solve.
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.linucb_disjoint import fit_disjoint, inverse
from kirakat.bandit.prior import TEXTBOOK, Prior
from kirakat.bandit.sums import Batch, Floats, Indices, LinearSums, merge, sums_of


class OnlineLinUCB:
    """Disjoint LinUCB over `arms` arms with textbook start theta_0 = 0.

    Sherman-Morrison keeps the inverses; every `refactor_every` updates they are computed anew
    from the sums, so that rounding cannot add up. Ties go to the first arm here: a caller that
    needs fair ones chooses through `kirakat.bandit.decide`.
    """

    def __init__(
        self,
        arms: int,
        width: int,
        *,
        exploration: float = 1.0,
        ridge: float = 1.0,
        refactor_every: int = 20_000,
    ) -> None:
        self._prior = Prior(ridge=ridge, category_ridge=TEXTBOOK.category_ridge)
        self._exploration = exploration
        self._refactor_every = refactor_every
        self._since_refactor = 0
        self.sums = LinearSums.empty(arms, width)
        self._load(self.sums)

    def _load(self, sums: LinearSums) -> None:
        fitted = fit_disjoint(sums, self._prior)
        self.theta, self.spread = fitted.theta, fitted.spread
        self._flat = self.spread.reshape(-1, sums.width)
        self._since_refactor = 0

    def scores(self, context: Floats) -> Floats:
        """(K,) upper confidence bounds of one context (d,), exploration not scaled."""
        arms, width = self.theta.shape
        squares = (self._flat @ context).reshape(arms, width) @ context
        return np.asarray(self.theta @ context + self._exploration * np.sqrt(squares))

    def select(self, context: Floats) -> int:
        """The arm with the highest bound."""
        return int(self.scores(context).argmax())

    def select_batch(self, contexts: Floats) -> Indices:
        """(n,) arms with the highest bounds of contexts (n, d)."""
        arms = len(self.theta)
        bounds = np.empty((arms, len(contexts)))
        for arm in range(arms):
            squares = np.einsum("nd,nd->n", contexts @ self.spread[arm], contexts)
            bounds[arm] = np.sqrt(squares)
        bounds *= self._exploration
        bounds += self.theta @ contexts.T
        return np.asarray(bounds.argmax(axis=0), np.int64)

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """Learn one decision, O(d^2)."""
        spread, theta = self.spread[arm], self.theta[arm]
        direction = spread @ context
        gain = direction / (1.0 + direction @ context)
        theta += gain * (reward - theta @ context)
        spread -= np.multiply.outer(gain, direction)
        sums = self.sums
        sums.outer[arm] += np.multiply.outer(context, context)
        sums.counts[arm] += 1.0
        if reward:
            sums.reward[arm] += reward * context
            sums.clicks[arm] += reward
        self._since_refactor += 1
        if self._since_refactor >= self._refactor_every:
            self._load(sums)

    def update_batch(self, batch: Batch) -> None:
        """Learn many decisions: one matrix product and one factorisation for each arm touched."""
        self.sums = merge(self.sums, sums_of(batch, len(self.theta)))
        touched = np.unique(batch.arms)
        gram = self.sums.outer[touched] + self._prior.ridge * np.eye(self.sums.width)
        self.spread[touched] = inverse(gram)
        self.theta[touched] = np.einsum(
            "kde,ke->kd", self.spread[touched], self.sums.reward[touched]
        )
