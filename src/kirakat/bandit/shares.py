"""Probabilities of many decisions in one evaluation, each as if it had been alone.

A matrix product of many rows adds up in another order than one of a single row, so bits would
depend on the company that a decision was made in, and its replay would differ. Here every row is
a product of its own inside one numpy call, and what is not the same row by row for certain is
computed row by row; since most policies end at few distributions, those are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.errors import BanditError
from kirakat.bandit.policies.best_fixed import BestFixed
from kirakat.bandit.policies.epsilon_greedy import EpsilonGreedy
from kirakat.bandit.policies.greedy_ridge import GreedyRidge
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.policies.scores import Policy, Scores
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure, exact, limited
from kirakat.bandit.sums import Floats

# Their probabilities of many rows are those of each row alone: sums of ones, and maxima.
_ROW_BY_ROW = (LinUCB, GreedyRidge, EpsilonGreedy, BestFixed)
_MOST_REMEMBERED = 10_000


class Row(NamedTuple):
    """One distribution that is wanted."""

    # Index of its context.
    context: int
    # The arms that it is over; empty gives an empty distribution.
    choices: tuple[str, ...]
    # Every choice alike, whatever the policy says.
    is_even: bool


class _Choices(NamedTuple):
    """A set of arms, looked up."""

    # (K,)
    mask: NDArray[np.bool_]
    # In the arm set's order, with their indices.
    names: tuple[str, ...]
    indices: tuple[int, ...]
    even: tuple[float, ...]


class Shares:
    """The distributions of one policy with its estimates and limits."""

    def __init__(
        self, arms: ArmSet, posterior: LinearPosterior, policy: Policy, exposure: Exposure
    ) -> None:
        self._arms, self._posterior = arms, posterior
        self._policy, self._exposure = policy, exposure
        self._known: dict[tuple[str, ...], _Choices] = {}
        self._finished: dict[tuple[tuple[str, ...], bytes], tuple[float, ...]] = {}

    def of(self, rows: Sequence[Row], contexts: Sequence[Floats]) -> list[dict[str, float]]:
        """Probabilities of each row's choices, in the arm set's order, summing to exactly 1."""
        found: list[dict[str, float]] = []
        open_rows: list[tuple[int, Row, _Choices]] = []
        for row in rows:
            choices = self._choices(row.choices)
            is_settled = row.is_even or len(choices.names) < 2
            if not is_settled:
                open_rows.append((len(found), row, choices))
            found.append(dict(zip(choices.names, choices.even, strict=True)) if is_settled else {})
        if open_rows:
            used = sorted({row.context for _, row, _ in open_rows})
            place = {context: index for index, context in enumerate(used)}
            means, widths = self._estimates(np.stack([contexts[index] for index in used]))
            picked = [place[row.context] for _, row, _ in open_rows]
            masks = np.stack([choices.mask for _, _, choices in open_rows])
            wished = self._wished(means[picked], widths[picked], masks)
            for (index, row, choices), wish in zip(open_rows, wished, strict=True):
                shares = self._limited(row.choices, choices, wish)
                found[index] = dict(zip(choices.names, shares, strict=True))
        return found

    def _choices(self, names: tuple[str, ...]) -> _Choices:
        known = self._known.get(names)
        if known is not None:
            return known
        mask = self._arms.mask(names)
        if int(mask.sum()) != len(set(names)):
            unknown = sorted(set(names) - set(self._arms.ids))
            raise BanditError(f"the policy knows no arm {unknown}", arms=unknown)
        indices = tuple(int(index) for index in np.flatnonzero(mask))
        even = exact(np.full(len(indices), 1.0 / len(indices))) if indices else np.empty(0)
        ordered = tuple(self._arms.ids[index] for index in indices)
        known = _Choices(mask, ordered, indices, tuple(even.tolist()))
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[names] = known
        return known

    def _estimates(self, contexts: Floats) -> tuple[Floats, Floats]:
        """Means and widths (n, K), as `LinearPosterior.estimate`, a product for each row."""
        rows = contexts[:, None, :]
        means = np.matmul(rows, self._posterior.theta.T)[:, 0, :]
        projected = np.matmul(rows[:, None], self._posterior.spread)
        squares = np.matmul(projected, rows[:, :, :, None])[:, :, 0, 0]
        return means, np.sqrt(np.maximum(squares, 0.0))

    def _wished(self, means: Floats, widths: Floats, masks: NDArray[np.bool_]) -> Floats:
        if isinstance(self._policy, _ROW_BY_ROW):
            return self._policy.probabilities(self._scores(means, widths, masks))
        rows = []
        for row in range(len(means)):
            one = slice(row, row + 1)
            scores = self._scores(means[one], widths[one], masks[one])
            rows.append(self._policy.probabilities(scores))
        return np.concatenate(rows)

    def _scores(self, means: Floats, widths: Floats, masks: NDArray[np.bool_]) -> Scores:
        known = self._posterior
        return Scores(
            means=means, widths=widths, ready=masks, noise=known.noise, evidence=known.evidence,
            clicks=known.clicks, dimension=known.theta.shape[1],
        )  # fmt: skip

    def _limited(
        self, names: tuple[str, ...], choices: _Choices, wished: Floats
    ) -> tuple[float, ...]:
        """With floor and caps applied, and rounded; in the order of the choices' names."""
        key = (names, wished.tobytes())
        known = self._finished.get(key)
        if known is None:
            row, evidence = choices.mask[None, :], self._posterior.evidence
            shares = exact(limited(wished[None, :], row, evidence, self._exposure)[0])
            known = tuple(float(shares[index]) for index in choices.indices)
            if len(self._finished) >= _MOST_REMEMBERED:
                self._finished.clear()
            self._finished[key] = known
        return known
