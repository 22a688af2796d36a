"""One policy through one world: decisions in batches, clicks after their delay, refits between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.policies.scores import share_of_best, uniform_over
from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbitSettings
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, Floats
from kirakat.simulate.learners import Learner, LinearLearner, VowpalWabbitLearner
from kirakat.simulate.shoppers import draw_contexts
from kirakat.simulate.truth import Truth, draw_truth
from kirakat.simulate.worlds import Variant, Worlds, WorldSettings


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A policy under test."""

    name: str
    specification: PolicySpecification | VowpalWabbitSettings
    # Limits that the policy's probabilities are held to.
    exposure: Exposure


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Expected click rates by batch: (batches,) each, on the same shoppers."""

    policy: Floats
    uniform: Floats
    best_fixed: Floats
    oracle: Floats
    optimum: Floats

    def share(self, first: float = 0.0) -> float:
        """Share of the attainable lift: policy over random, against oracle over random.

        `first` leaves out that share of the batches at the start.
        """
        start = int(first * len(self.policy))
        gained = (self.policy[start:] - self.uniform[start:]).sum()
        return float(gained / (self.oracle[start:] - self.uniform[start:]).sum())

    def lift(self) -> float:
        """Relative lift of the click rate over random arms, learning included."""
        return float(self.policy.sum() / self.uniform.sum()) - 1.0

    def regret(self, batch: int) -> float:
        """Clicks lost against the oracle-fitted linear policy."""
        return float((self.oracle - self.policy).sum() * batch)


def simulate(
    worlds: Worlds,
    world: WorldSettings,
    variant: Variant,
    contenders: Sequence[Contender],
    seed: int,
) -> dict[str, Curve]:
    """Run one seed for every contender, by name: the same truth, shoppers, creatives and luck."""
    streams = [np.random.default_rng([seed, number]) for number in range(5)]
    truth = draw_truth(worlds, world, streams[0])
    later = draw_truth(worlds, world, streams[1]) if variant.change else truth
    pace = streams[2].uniform(0.4, 4.0, worlds.arms)
    learners = [_learner(contender, worlds, variant, truth.arms) for contender in contenders]
    batches = worlds.rounds // worlds.batch
    lines = np.arange(worlds.batch)
    rows = []
    for index in range(batches):
        # Later tastes belong to the same arms: names and tags stay.
        now = later if index >= batches // 2 else truth
        contexts = draw_contexts(worlds, worlds.batch, streams[3])
        chance = streams[4].random((3, worlds.batch, worlds.arms))
        ready = _ready(chance[0], pace * index / batches, missing=variant.missing)
        rates = now.rates(contexts)
        row = _yardsticks(now, contexts, ready, rates)
        for learner in learners:
            shares = learner.shares(contexts, ready)
            row.append(_value(shares, rates))
            arms = _drawn(shares, chance[1, :, 0])
            clicks = chance[2, :, 0] < rates[lines, arms]
            batch = Batch(contexts=contexts, arms=arms, rewards=clicks.astype(float))
            learner.learn(index, batch, ready, shares[lines, arms])
        rows.append(row)
    uniform, best_fixed, oracle, optimum, *policies = np.array(rows).T
    return {
        contender.name: Curve(
            policy=policy, uniform=uniform, best_fixed=best_fixed, oracle=oracle, optimum=optimum
        )
        for contender, policy in zip(contenders, policies, strict=True)
    }


def _learner(contender: Contender, worlds: Worlds, variant: Variant, arms: ArmSet) -> Learner:
    waiting = variant.delay // worlds.batch
    chosen, exposure = contender.specification, contender.exposure
    if isinstance(chosen, VowpalWabbitSettings):
        return VowpalWabbitLearner(chosen, exposure, arms, waiting)
    return LinearLearner(chosen, exposure, arms, worlds.width, waiting)


def _ready(chance: Floats, progress: Floats, *, missing: bool) -> NDArray[np.bool_]:
    """(n, K): all, or each arm with a chance that rises to 1; the first arm is always ready."""
    if not missing:
        return np.ones(chance.shape, np.bool_)
    ready = chance < np.minimum(progress, 1.0)
    ready[:, 0] = True
    return ready


def _drawn(shares: Floats, chance: Floats) -> NDArray[np.int64]:
    past = (shares.cumsum(axis=1) <= chance[:, None]).sum(axis=1)
    return np.asarray(np.minimum(past, shares.shape[1] - 1), np.int64)


def _yardsticks(
    truth: Truth, contexts: Floats, ready: NDArray[np.bool_], rates: Floats
) -> list[float]:
    """Expected click rates of random arms, best single arm, linear oracle and optimum."""
    fixed = np.broadcast_to(truth.means, rates.shape)
    distributions = (
        uniform_over(ready),
        share_of_best(fixed, ready),
        share_of_best(contexts @ truth.oracle.T, ready),
        share_of_best(rates, ready),
    )
    return [_value(shares, rates) for shares in distributions]


def _value(shares: Floats, rates: Floats) -> float:
    return float(np.vdot(shares, rates)) / len(rates)
