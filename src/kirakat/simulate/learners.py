"""Policies that learn while they are simulated: a fitted model, and clicks still on their way."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.policies.scores import scores_of
from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbit, VowpalWabbitSettings
from kirakat.bandit.probabilities import Exposure, limited
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, Floats, LinearSums, merge, sums_of

# Batches to an epoch of event time.
EPOCH = 10


class Learner(Protocol):
    """What a world asks of a policy."""

    def shares(self, contexts: Floats, ready: NDArray[np.bool_]) -> Floats:
        """(n, K) probabilities for contexts (n, d) and arms `ready` (n, K)."""
        ...

    def learn(
        self, index: int, batch: Batch, ready: NDArray[np.bool_], propensities: Floats
    ) -> None:
        """Learn batch number `index`: its clicks are seen when its window closes."""
        ...


class LinearLearner:
    """One of Kirakat's own policies: sums, solved anew after every batch."""

    def __init__(
        self,
        specification: PolicySpecification,
        exposure: Exposure,
        arms: ArmSet,
        width: int,
        waiting: int,
    ) -> None:
        """`waiting` batches have an open window at any time."""
        self._specification, self._exposure, self._arms = specification, exposure, arms
        self._policy = specification.build()
        self._open: deque[LinearSums] = deque()
        self._waiting = waiting
        self._sums = LinearSums.empty(len(arms), width)
        self._posterior = specification.fit(self._sums, arms)

    def shares(self, contexts: Floats, ready: NDArray[np.bool_]) -> Floats:
        """The policy's wish, within its exposure."""
        wished = self._policy.probabilities(scores_of(self._posterior, contexts, ready))
        return limited(wished, ready, self._posterior.evidence, self._exposure)

    def learn(
        self,
        index: int,
        batch: Batch,
        ready: NDArray[np.bool_],  # noqa: ARG002  others need it
        propensities: Floats,  # noqa: ARG002
    ) -> None:
        """Add the batch whose window closes now."""
        self._open.append(sums_of(batch, len(self._arms), epoch=index // EPOCH))
        if len(self._open) > self._waiting:
            self._sums = merge(self._sums, self._open.popleft(), self._specification.forgetting)
            self._posterior = self._specification.fit(self._sums, self._arms)


class VowpalWabbitLearner:
    """Vowpal Wabbit, which learns decision by decision from propensities."""

    def __init__(
        self, settings: VowpalWabbitSettings, exposure: Exposure, arms: ArmSet, waiting: int
    ) -> None:
        self._workspace = VowpalWabbit(settings)
        self._exposure = exposure
        self._evidence = np.zeros(len(arms))
        self._open: deque[tuple[Batch, NDArray[np.bool_], Floats]] = deque()
        self._waiting = waiting

    def shares(self, contexts: Floats, ready: NDArray[np.bool_]) -> Floats:
        """Its own probabilities, within the exposure."""
        wished = self._workspace.probabilities(contexts, ready)
        return limited(wished, ready, self._evidence, self._exposure)

    def learn(
        self,
        index: int,  # noqa: ARG002  it has no epochs
        batch: Batch,
        ready: NDArray[np.bool_],
        propensities: Floats,
    ) -> None:
        """Learn the batch whose window closes now."""
        self._open.append((batch, ready, propensities))
        if len(self._open) > self._waiting:
            due, choices, chances = self._open.popleft()
            self._workspace.learn(due.contexts, choices, due.arms, due.rewards, chances)
            self._evidence += np.bincount(due.arms, minlength=len(self._evidence))
