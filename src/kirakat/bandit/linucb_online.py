"""Algorithm 1 one decision at a time: rank-one updates between refactorisations.

For a loop that learns from each click at once (benchmarks, simulations of single decisions);
learners in production add sums in batches and solve.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import dger, dtrmm
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs, dtrtri

from kirakat.bandit.errors import BanditError
from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.prior import TEXTBOOK, Prior
from kirakat.bandit.sums import Batch, Floats, Indices, LinearSums, add_to

# Decisions whose x x^T is added to the sums in one product instead of one by one.
_WAITING = 1024
# Contexts of a batch that are projected at a time, so that they stay in the cache.
_TOGETHER = 512


class OnlineLinUCB:
    """Disjoint LinUCB over `arms` arms with textbook start theta_0 = 0.

    Sherman-Morrison keeps the inverses; every `refactor_every` updates they are computed anew
    from the sums, so that rounding cannot add up. Ties go to the first arm here: a caller that
    needs fair ones chooses through `kirakat.bandit.decide`.

    Each arm is one matrix of d + 1 rows, A^-1 above theta. One product with x then gives direction
    and mean, and one rank-one update changes both: with u = A^-1 x and s = 1 + u^T x,
    [A^-1; theta] - [u; theta^T x - r] u^T / s. Batches need no inverse: with A = L L^T the squared
    width is |L^-1 x|^2, a triangular product; the inverse is made when a single decision asks.
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
        self._sums = LinearSums.empty(arms, width)
        # (K, d + 1, d), and views of it: all rows, and each arm with its transpose for BLAS.
        self._stacked = np.empty((arms, width + 1, width))
        self._rows = self._stacked.reshape(-1, width)
        self._arms = [(matrix, matrix.T) for matrix in self._stacked]
        # Products of one context: with all rows (directions and means apart), and with one arm's.
        self._products = np.empty(arms * (width + 1))
        apart = self._products.reshape(arms, width + 1)
        self._directions, self._means = apart[:, :width], apart[:, width]
        self._bounds = np.empty(arms)
        self._product = np.empty(width + 1)
        self._direction = self._product[:width]
        # L^-1 of every arm, None where it must be made; and arms whose inverse must be.
        self._whiteners: list[Floats | None] = [None] * arms
        self._stale: set[int] = set()
        # Decisions learned by the inverses, and not yet by the sums.
        self._contexts = np.empty((min(_WAITING, refactor_every), width))
        self._chosen: list[int] = []
        self._rewards: list[float] = []
        self._refactor()

    @property
    def theta(self) -> Floats:
        """(K, d) estimates; a view."""
        return self._stacked[:, -1]

    @property
    def spread(self) -> Floats:
        """(K, d, d) inverses; a view."""
        self._refresh()
        return self._stacked[:, :-1]

    @property
    def sums(self) -> LinearSums:
        """The sums of everything learned so far."""
        self._settle()
        return self._sums

    def scores(self, context: Floats) -> Floats:
        """(K,) upper confidence bounds of one context (d,), exploration not scaled."""
        self.select(context)
        return self._bounds.copy()

    def select(self, context: Floats) -> int:
        """The arm with the highest bound."""
        if self._stale:
            self._refresh()
        bounds = self._bounds
        np.dot(self._rows, context, out=self._products)
        np.dot(self._directions, context, out=bounds)
        np.sqrt(bounds, out=bounds)
        bounds *= self._exploration
        bounds += self._means
        return int(bounds.argmax())

    def select_batch(self, contexts: Floats) -> Indices:
        """(n,) arms with the highest bounds of contexts (n, d)."""
        bounds = np.empty((len(self._stacked), len(contexts)))
        whiteners = [self._whitener(arm) for arm in range(len(self._stacked))]
        for start in range(0, len(contexts), _TOGETHER):
            # BLAS sees the transpose of contiguous rows, (d, m) column by column.
            part = slice(start, start + _TOGETHER)
            columns = contexts[part].T
            for arm, whitener in enumerate(whiteners):
                white = dtrmm(1.0, whitener, columns, lower=1).T
                np.vecdot(white, white, out=bounds[arm, part])
        np.sqrt(bounds, out=bounds)
        bounds *= self._exploration
        bounds += self.theta @ contexts.T
        return np.asarray(bounds.argmax(axis=0), np.int64)

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """Learn one decision, O(d^2)."""
        if self._stale:
            self._refresh()
        self._whiteners[arm] = None
        matrix, transposed = self._arms[arm]
        product, direction = self._product, self._direction
        np.dot(matrix, context, out=product)
        product[-1] -= reward
        scale = -1.0 / (1.0 + float(direction.dot(context)))
        dger(scale, direction, product, a=transposed, overwrite_a=1)
        self._contexts[len(self._chosen)] = context
        self._chosen.append(arm)
        self._rewards.append(reward)
        if len(self._chosen) == len(self._contexts):
            self._settle()

    def update_batch(self, batch: Batch) -> None:
        """Learn many decisions: one matrix product and one factorisation for each arm touched."""
        add_to(self.sums, batch)
        for arm in np.unique(batch.arms).tolist():
            factor = self._factor(arm)
            self.theta[arm] = dpotrs(factor, self._sums.reward[arm], lower=1)[0]
            self._whiteners[arm] = dtrtri(factor, lower=1)[0]
            self._stale.add(arm)

    def _factor(self, arm: int) -> Floats:
        """L of A = L L^T, lower."""
        gram = self.sums.outer[arm] + self._prior.ridge * np.eye(self._sums.width)
        factor, failed = dpotrf(gram, lower=1)
        if failed:
            raise BanditError("sums of squares are not positive definite; is the ridge above 0?")
        return np.asarray(factor, np.float64)

    def _whitener(self, arm: int) -> Floats:
        found = self._whiteners[arm]
        if found is None:
            found = dtrtri(self._factor(arm), lower=1)[0]
            self._whiteners[arm] = found
        return found

    def _refresh(self) -> None:
        """Make the inverses that batches left out."""
        for arm in self._stale:
            lower = np.tril(dpotri(self._factor(arm), lower=1)[0])
            self._stacked[arm, :-1] = lower + np.tril(lower, -1).T
        self._stale.clear()

    def _settle(self) -> None:
        """Add what waits to the sums."""
        waiting = len(self._chosen)
        if not waiting:
            return
        batch = Batch(
            contexts=self._contexts[:waiting],
            arms=np.array(self._chosen, np.int64),
            rewards=np.array(self._rewards, np.float64),
        )
        self._chosen, self._rewards = [], []
        add_to(self._sums, batch)
        self._since_refactor += waiting
        if self._since_refactor >= self._refactor_every:
            self._refactor()

    def _refactor(self) -> None:
        fitted = fit_disjoint(self._sums, self._prior)
        self._stacked[:, :-1], self._stacked[:, -1] = fitted.spread, fitted.theta
        self._since_refactor = 0
