"""Policies to be judged: those that learn from the log's past, and those that are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kirakat.bandit.ope.chunk import Chunk
from kirakat.bandit.policies.scores import scores_of, uniform_over
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure, limited
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Floats


class Target(Protocol):
    """A policy that an estimate is wanted of."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def specification(self) -> PolicySpecification | None:
        """The model that it is fitted with; None: it does not learn."""
        ...

    def probabilities(self, chunk: Chunk, fitted: LinearPosterior | None) -> Floats:
        """(n, K) for the chunk, by a model of what came before it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A policy as a learner would have served it: fitted to the log before the chunk."""

    name: str
    specification: PolicySpecification
    exposure: Exposure

    def probabilities(self, chunk: Chunk, fitted: LinearPosterior | None) -> Floats:
        """Its wish within its exposure; even shares before anything was learned."""
        if fitted is None or self.specification.policy == "uniform":
            return uniform_over(chunk.available)
        scores = scores_of(fitted, chunk.contexts, chunk.available)
        wished = self.specification.build().probabilities(scores)
        return limited(wished, chunk.available, fitted.evidence, self.exposure)


@dataclass(frozen=True, kw_only=True)
class Always:
    """One arm whatever happens: what a single prompt would earn."""

    arm_id: str
    specification: None = None

    @property
    def name(self) -> str:
        """Always, and the arm."""
        return f"always {self.arm_id}"

    def probabilities(self, chunk: Chunk, fitted: LinearPosterior | None) -> Floats:  # noqa: ARG002
        """1 for the arm, ready or not: what was never ready has no estimate.

        An arm that the log has not named yet has no column; its mass is then on none.
        """
        return np.broadcast_to(chunk.arms.mask((self.arm_id,)).astype(np.float64), _shape(chunk))


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """A policy without contexts, by how often another log shows each arm at each position."""

    name: str
    # (positions, K), each row summing to 1.
    table: Floats
    specification: None = None

    def probabilities(self, chunk: Chunk, fitted: LinearPosterior | None) -> Floats:  # noqa: ARG002
        """The row of each decision's position."""
        return self.table[chunk.positions]


def _shape(chunk: Chunk) -> tuple[int, int]:
    return len(chunk.rounds), len(chunk.arms)
