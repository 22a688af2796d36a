"""Sufficient statistics of the disjoint linear model: raw sums without any prior.

Because the prior is added when the model is solved, sums of several learners merge by plain
addition in any order, and forgetting (which multiplies the sums) decays towards the prior:
A = ridge I + g S is g A + (1 - g) ridge I.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.errors import BanditError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Decisions whose reward window has closed."""

    # (n, d) contexts, (n,) arm indices, (n,) clicks in {0, 1}.
    contexts: Floats
    arms: Indices
    rewards: Floats


@dataclass(frozen=True, kw_only=True)
class LinearSums:
    """Sums over decisions, by arm, as of the end of `epoch`."""

    # Event-time epoch up to which older evidence is discounted.
    epoch: int
    # (K,) decisions and clicks.
    counts: Floats
    clicks: Floats
    # (K, d, d) sum of x x^T, and (K, d) sum of r x: A_a and b_a of Li et al. (2010) less prior.
    outer: Floats
    reward: Floats

    @classmethod
    def empty(cls, arms: int, width: int, epoch: int = 0) -> LinearSums:
        """No decision yet, for `arms` arms and contexts of `width` values."""
        return cls(
            epoch=epoch,
            counts=np.zeros(arms),
            clicks=np.zeros(arms),
            outer=np.zeros((arms, width, width)),
            reward=np.zeros((arms, width)),
        )

    @property
    def width(self) -> int:
        """d, the values of a context."""
        return int(self.reward.shape[1])

    @property
    def ctr(self) -> float:
        """Clicks per decision over all arms, with half a click among fifty for a start."""
        return float((self.clicks.sum() + 0.5) / (self.counts.sum() + 50.0))

    def decayed(self, factor: float, epoch: int) -> LinearSums:
        """The same evidence, worth `factor` of what it was, as of `epoch`."""
        return LinearSums(
            epoch=epoch,
            counts=self.counts * factor,
            clicks=self.clicks * factor,
            outer=self.outer * factor,
            reward=self.reward * factor,
        )

    def at(self, epoch: int, forgetting: float) -> LinearSums:
        """Discounted to a later epoch: evidence keeps `forgetting` of its weight an epoch."""
        if epoch < self.epoch:
            raise BanditError(f"epoch {epoch} lies before {self.epoch}")
        return (
            self if epoch == self.epoch else self.decayed(forgetting ** (epoch - self.epoch), epoch)
        )


def sums_of(batch: Batch, arms: int, epoch: int = 0) -> LinearSums:
    """The sums of one batch of decisions, all of `epoch`."""
    sums = LinearSums.empty(arms, batch.contexts.shape[1], epoch)
    add_to(sums, batch)
    return sums


def add_to(sums: LinearSums, batch: Batch) -> None:
    """Add a batch to sums in place, whatever their epoch: the caller must own them alone."""
    arms = len(sums.counts)
    # Sorted by arm, each arm's rows lie together and are multiplied in one go.
    order = np.argsort(batch.arms, kind="stable")
    contexts, rewards = batch.contexts[order], batch.rewards[order]
    counts = np.bincount(batch.arms, minlength=arms)
    if len(counts) > arms:
        raise BanditError(f"arm {len(counts) - 1} of a batch, where there are {arms}")
    ends = counts.cumsum().tolist()
    for arm, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        if end > start:
            rows = contexts[start:end]
            sums.outer[arm] += rows.T @ rows
            sums.reward[arm] += rewards[start:end] @ rows
    sums.counts[:] += counts
    sums.clicks[:] += np.bincount(batch.arms, weights=batch.rewards, minlength=arms)


def merge(first: LinearSums, second: LinearSums, forgetting: float = 1.0) -> LinearSums:
    """Both as of the later epoch. Late events merge as if they had come in time."""
    epoch = max(first.epoch, second.epoch)
    one, two = first.at(epoch, forgetting), second.at(epoch, forgetting)
    if one.outer.shape != two.outer.shape:
        raise BanditError(f"sums of other arms or features: {one.outer.shape}, {two.outer.shape}")
    return LinearSums(
        epoch=epoch,
        counts=one.counts + two.counts,
        clicks=one.clicks + two.clicks,
        outer=one.outer + two.outer,
        reward=one.reward + two.reward,
    )


def with_arms(sums: LinearSums, order: list[int | None]) -> LinearSums:
    """The sums in another order of arms: each entry is an old index, or None for a new arm."""

    def reordered(values: Floats) -> Floats:
        blank = np.zeros(values.shape[1:])
        return np.stack([blank if old is None else values[old] for old in order])

    return replace(
        sums,
        counts=reordered(sums.counts),
        clicks=reordered(sums.clicks),
        outer=reordered(sums.outer),
        reward=reordered(sums.reward),
    )
