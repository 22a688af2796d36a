"""What the log's past teaches: sums that grow chunk by chunk, and models fitted to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.ope.chunk import Chunk
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, Floats, LinearSums, merge, sums_of, with_arms


class Past:
    """Sums of all decisions before a chunk, once for every pace of forgetting in use."""

    def __init__(self, paces: set[float], epoch: float) -> None:
        """`epoch` is the length in seconds of the step after which evidence fades."""
        self._sums: dict[float, LinearSums | None] = dict.fromkeys({1.0} | paces)
        self._epoch = epoch

    def fit(self, specification: PolicySpecification, chunk: Chunk) -> LinearPosterior | None:
        """The model over the chunk's arms and columns; None before anything was learned."""
        sums = self._sums[specification.forgetting]
        if sums is None:
            return None
        sums = grown(sums, len(chunk.arms), chunk.contexts.shape[1])
        return specification.fit(sums, chunk.arms)

    def expected(self, chunk: Chunk) -> Floats:
        """(n, K) click rates in [0, 1] by ridge regression over the past; 0 without one."""
        fitted = self.fit(PolicySpecification(), replace(chunk, arms=_without_parents(chunk.arms)))
        if fitted is None:
            return np.zeros(chunk.available.shape)
        return np.clip(chunk.contexts @ fitted.theta.T, 0.0, 1.0)

    def learn(self, chunk: Chunk) -> None:
        """Add a chunk, after it was judged. What is a repeat teaches nothing new."""
        rounds, fresh = chunk.rounds, ~chunk.repeats
        epoch = int(chunk.until // self._epoch)
        batch = Batch(
            contexts=chunk.contexts[fresh], arms=rounds.arms[fresh], rewards=rounds.rewards[fresh]
        )
        new = sums_of(batch, len(chunk.arms), epoch)
        for pace, old in self._sums.items():
            wide = None if old is None else grown(old, len(chunk.arms), chunk.contexts.shape[1])
            self._sums[pace] = new if wide is None else merge(wide, new, pace)


def grown(sums: LinearSums, arms: int, width: int) -> LinearSums:
    """The sums with arms and columns added at the end."""
    known = len(sums.counts)
    if known < arms:
        sums = with_arms(sums, [*range(known), *[None] * (arms - known)])
    more = width - sums.width
    if more <= 0:
        return sums
    return replace(
        sums,
        outer=np.pad(sums.outer, ((0, 0), (0, more), (0, more))),
        reward=np.pad(sums.reward, ((0, 0), (0, more))),
    )


def _without_parents(arms: ArmSet) -> ArmSet:
    return ArmSet(tuple(replace(arm, inherits_from="") for arm in arms.arms))
