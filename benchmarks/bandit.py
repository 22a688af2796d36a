"""Disjoint LinUCB, one decision at a time and in batches, beside the same algorithm elsewhere.

    python benchmarks/bandit.py [--decisions 400] [--batch 4000] [--repeats 5]

Peers are measured where they are installed: mabwiser, contextualbandits, obp, river; Vowpal Wabbit
(another algorithm, SquareCB) is shown beside. Repeats alternate between the packages and the
fastest counts, so that a busy machine slows all of them alike. A batch is learned and then decided.
What a package puts off while it updates is part of its update: `settle` ends it inside the clock.
The same decisions go to all; the last column says how many of 200 choices agree with a solve for
each arm.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from kirakat.bandit.linucb_online import OnlineLinUCB
from kirakat.bandit.sums import Batch, Floats, Indices

SHAPES = ((32, 3), (32, 12), (128, 3), (128, 12))
Make = Callable[[int, int], "Learner"]


class Learner(Protocol):
    """What a package must do to be measured."""

    def select(self, context: Floats) -> int:
        """Choose for one context (d,)."""
        ...

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """Learn one decision."""
        ...

    def learn(self, batch: Batch) -> None:
        """Learn many decisions."""
        ...

    def choose(self, contexts: Floats) -> Indices:
        """Choose for many contexts (n, d)."""
        ...

    def settle(self) -> None:
        """End what updates put off."""
        ...


class AtOnce:
    """For packages that put nothing off."""

    def settle(self) -> None:
        """Nothing waits."""


class Kirakat:
    """This project."""

    def __init__(self, width: int, arms: int) -> None:
        self._policy = OnlineLinUCB(arms, width)
        self.select = self._policy.select
        self.update = self._policy.update
        self.learn = self._policy.update_batch

    def choose(self, contexts: Floats) -> Indices:
        """All at once."""
        return self._policy.select_batch(contexts)

    def settle(self) -> None:
        """Read the sums, which brings them up to date."""
        _ = self._policy.sums


class MabWiser(AtOnce):
    """mabwiser's LinUCB."""

    def __init__(self, width: int, arms: int) -> None:
        from mabwiser.mab import MAB, LearningPolicy

        self._mab = MAB(list(range(arms)), LearningPolicy.LinUCB(alpha=1.0, l2_lambda=1.0))
        self._mab.fit([0], [0.0], np.zeros((1, width)))

    def select(self, context: Floats) -> int:
        """One prediction."""
        return int(self._mab.predict(context[None]))

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """One partial fit."""
        self._mab.partial_fit([arm], [reward], context[None])

    def learn(self, batch: Batch) -> None:
        """One partial fit of many."""
        self._mab.partial_fit(batch.arms, batch.rewards, batch.contexts)

    def choose(self, contexts: Floats) -> Indices:
        """One prediction of many."""
        return np.asarray(self._mab.predict(contexts), np.int64)


class ContextualBandits(AtOnce):
    """contextualbandits' LinUCB."""

    def __init__(self, width: int, arms: int) -> None:
        from contextualbandits.online import LinUCB

        self._policy = LinUCB(
            arms, alpha=1.0, fit_intercept=False, use_float=False, ucb_from_empty=True
        )
        self._policy.partial_fit(np.zeros((1, width)), np.zeros(1, np.int64), np.zeros(1))

    def select(self, context: Floats) -> int:
        """One prediction."""
        return int(self._policy.predict(context[None])[0])

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """One partial fit."""
        self._policy.partial_fit(context[None], np.array([arm]), np.array([reward]))

    def learn(self, batch: Batch) -> None:
        """One partial fit of many."""
        self._policy.partial_fit(batch.contexts, batch.arms, batch.rewards)

    def choose(self, contexts: Floats) -> Indices:
        """One prediction of many."""
        return np.asarray(self._policy.predict(contexts), np.int64)


class OneByOne(AtOnce, ABC):
    """For packages without batches."""

    @abstractmethod
    def select(self, context: Floats) -> int:
        """Choose for one context."""

    @abstractmethod
    def update(self, context: Floats, arm: int, reward: float) -> None:
        """Learn one decision."""

    def learn(self, batch: Batch) -> None:
        """One after the other."""
        for context, arm, reward in zip(
            batch.contexts, batch.arms.tolist(), batch.rewards.tolist(), strict=True
        ):
            self.update(context, arm, reward)

    def choose(self, contexts: Floats) -> Indices:
        """One after the other."""
        return np.array([self.select(context) for context in contexts], np.int64)


class OpenBanditPipeline(OneByOne):
    """obp's LinUCB."""

    def __init__(self, width: int, arms: int) -> None:
        from obp.policy import LinUCB

        self._policy = LinUCB(dim=width, n_actions=arms, epsilon=1.0)

    def select(self, context: Floats) -> int:
        """The first of its list."""
        return int(self._policy.select_action(context[None])[0])

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """One rank-one update."""
        self._policy.update_params(arm, reward, context[None])


class River(OneByOne):
    """river's LinUCBDisjoint."""

    def __init__(self, width: int, arms: int) -> None:
        from river.bandit import LinUCBDisjoint

        self._policy: Any = LinUCBDisjoint(alpha=1.0, seed=0)
        self._arms, self._names = list(range(arms)), list(range(width))

    def _named(self, context: Floats) -> dict[int, float]:
        return dict(zip(self._names, context.tolist(), strict=True))

    def select(self, context: Floats) -> int:
        """One pull."""
        return int(self._policy.pull(self._arms, context=self._named(context)))

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """One update."""
        self._policy.update(arm, self._named(context), reward)


class Vowpal(OneByOne):
    """Vowpal Wabbit's SquareCB through Kirakat's adapter."""

    def __init__(self, width: int, arms: int) -> None:  # noqa: ARG002  VW hashes its features
        from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbit

        self._policy = VowpalWabbit()
        self._ready = np.ones((1, arms), np.bool_)

    def select(self, context: Floats) -> int:
        """Its likeliest arm."""
        return int(self._policy.probabilities(context[None], self._ready)[0].argmax())

    def update(self, context: Floats, arm: int, reward: float) -> None:
        """One example."""
        one = np.ones(1)
        self._policy.learn(context[None], self._ready, np.array([arm]), reward * one, one)


PACKAGES: dict[str, Make] = {
    "kirakat": Kirakat,
    "obp": OpenBanditPipeline,
    "contextualbandits": ContextualBandits,
    "mabwiser": MabWiser,
    "river": River,
    "vowpalwabbit*": Vowpal,
}


def history(width: int, arms: int, rows: int) -> Batch:
    """Decisions with 2 % clicks."""
    generator = np.random.default_rng(0)
    contexts = generator.normal(size=(rows, width)) / math.sqrt(width)
    return Batch(
        contexts=contexts,
        arms=generator.integers(0, arms, rows).astype(np.int64),
        rewards=(generator.random(rows) < 0.02).astype(np.float64),
    )


def part(batch: Batch, rows: slice) -> Batch:
    """Some rows."""
    return Batch(contexts=batch.contexts[rows], arms=batch.arms[rows], rewards=batch.rewards[rows])


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(learner: Learner, single: Batch, batch: Batch) -> tuple[float, float, float]:
    """Microseconds a decision: select, update, and both in a batch."""
    rows = list(zip(single.contexts, single.arms.tolist(), single.rewards.tolist(), strict=True))

    def select() -> None:
        for context, _, _ in rows:
            learner.select(context)

    def update() -> None:
        for row in rows:
            learner.update(*row)
        learner.settle()

    def both() -> None:
        learner.learn(batch)
        learner.choose(batch.contexts)

    one, two = seconds(select), seconds(update)
    return 1e6 * one / len(rows), 1e6 * two / len(rows), 1e6 * seconds(both) / len(batch.arms)


def agreement(make: Make, width: int, arms: int) -> int:
    """Of 200 choices after 1000 decisions, those of a solve for each arm."""
    seen, asked = history(width, arms, 1000), history(width, arms, 1200).contexts[1000:]
    learner = make(width, arms)
    for context, arm, reward in zip(
        seen.contexts, seen.arms.tolist(), seen.rewards.tolist(), strict=True
    ):
        learner.update(context, arm, reward)
    bounds = np.zeros((200, arms))
    for arm in range(arms):
        x = seen.contexts[seen.arms == arm]
        gram = np.eye(width) + x.T @ x
        theta = np.linalg.solve(gram, x.T @ seen.rewards[seen.arms == arm])
        width_of = np.sqrt((asked * np.linalg.solve(gram, asked.T).T).sum(axis=1))
        bounds[:, arm] = asked @ theta + width_of
    told = [learner.select(context) for context in asked]
    return int((bounds.argmax(axis=1) == np.array(told)).sum())


def installed(name: str, width: int, arms: int) -> bool:
    """Whether the package can be used here."""
    try:
        PACKAGES[name](width, arms)
    except ImportError:
        return False
    return True


def table(width: int, arms: int, chosen: argparse.Namespace) -> None:
    """One shape: microseconds a decision and the ratio to Kirakat's."""
    single, batch = history(width, arms, chosen.decisions), history(width, arms, chosen.batch)
    names = [name for name in PACKAGES if installed(name, width, arms)]
    best = dict.fromkeys(names, (math.inf, math.inf, math.inf))
    for _ in range(chosen.repeats):
        for name in names:
            found = measure(PACKAGES[name](width, arms), single, batch)
            best[name] = tuple(min(pair) for pair in zip(best[name], found, strict=True))  # type: ignore[assignment]
    print(f"\n### d = {width}, {arms} arms (microseconds a decision)\n")
    print("| package | select | update | both | ratio | batch | ratio | agrees |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    own = best["kirakat"]
    for name in names:
        select, update, both = best[name]
        ratio = (select + update) / (own[0] + own[1])
        same = agreement(PACKAGES[name], width, arms)
        print(
            f"| {name} | {select:.1f} | {update:.1f} | {select + update:.1f} | {ratio:.1f} | "
            f"{both:.2f} | {both / own[2]:.1f} | {same} of 200 |"
        )


def main() -> None:
    """Every shape."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--decisions", type=int, default=400)
    parser.add_argument("--batch", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    for width, arms in SHAPES:
        table(width, arms, chosen)


if __name__ == "__main__":
    main()
