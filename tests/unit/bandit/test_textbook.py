"""LinUCB against the paper's algorithms, written out one event at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from kirakat.bandit.hybrid_sums import expand, shared_features
from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.linucb_hybrid import fit_hybrid
from kirakat.bandit.linucb_online import OnlineLinUCB
from kirakat.bandit.prior import TEXTBOOK
from kirakat.bandit.sums import Batch, Floats, sums_of

ARMS, WIDTH, TAGS = 5, 6, 3
MakeBatch = Callable[[int, int, int, int], Batch]


def random_tags(seed: int) -> Floats:
    """(ARMS, TAGS) of 0 and 1."""
    return (np.random.default_rng(seed).random((ARMS, TAGS)) < 0.5).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Textbook mean and width of each arm, (K,)."""

    means: Floats
    widths: Floats


def disjoint_bounds(batch: Batch, arms: int, context: Floats) -> Bounds:
    """Li et al. (2010), Algorithm 1, a solve for each arm."""
    width = len(context)
    gram = [np.eye(width) for _ in range(arms)]
    target = [np.zeros(width) for _ in range(arms)]
    for x, a, r in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
        gram[a] += np.outer(x, x)
        target[a] += r * x
    means = [np.linalg.solve(A, b) @ context for A, b in zip(gram, target, strict=True)]
    widths = [np.sqrt(context @ np.linalg.solve(A, context)) for A in gram]
    return Bounds(means=np.array(means), widths=np.array(widths))


def hybrid_bounds(batch: Batch, tags: Floats, context: Floats) -> Bounds:
    """Li et al. (2010), Algorithm 2, with its running A_0 and b_0."""
    arms, width, k = len(tags), len(context), len(context) * tags.shape[1]
    gram0, target0 = np.eye(k), np.zeros(k)
    gram = [np.eye(width) for _ in range(arms)]
    cross = [np.zeros((width, k)) for _ in range(arms)]
    target = [np.zeros(width) for _ in range(arms)]
    for x, a, r in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
        z = np.outer(x, tags[a]).ravel()
        gram0 += cross[a].T @ np.linalg.solve(gram[a], cross[a])
        target0 += cross[a].T @ np.linalg.solve(gram[a], target[a])
        gram[a] += np.outer(x, x)
        cross[a] += np.outer(x, z)
        target[a] += r * x
        gram0 += np.outer(z, z) - cross[a].T @ np.linalg.solve(gram[a], cross[a])
        target0 += r * z - cross[a].T @ np.linalg.solve(gram[a], target[a])
    beta, inverse0 = np.linalg.solve(gram0, target0), np.linalg.inv(gram0)
    means, widths = [], []
    for a in range(arms):
        z, inverse = np.outer(context, tags[a]).ravel(), np.linalg.inv(gram[a])
        theta = inverse @ (target[a] - cross[a] @ beta)
        pulled = cross[a].T @ inverse @ context
        square = z @ inverse0 @ z - 2 * z @ inverse0 @ pulled
        square += context @ inverse @ context + pulled @ inverse0 @ pulled
        means.append(z @ beta + context @ theta)
        widths.append(np.sqrt(square))
    return Bounds(means=np.array(means), widths=np.array(widths))


@pytest.mark.parametrize("seed", range(12))
def test_disjoint_equals_algorithm_1(seed: int, make_batch: MakeBatch) -> None:
    """If it did not, "LinUCB" in every report would be another algorithm."""
    batch = make_batch(seed, 40 + 60 * seed, ARMS, WIDTH)
    context = np.random.default_rng([seed, 1]).normal(size=WIDTH)
    means, widths = fit_disjoint(sums_of(batch, ARMS), TEXTBOOK).estimate(context[None])
    expected = disjoint_bounds(batch, ARMS, context)
    assert means[0] == pytest.approx(expected.means, abs=1e-9)
    assert widths[0] == pytest.approx(expected.widths, abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_hybrid_equals_algorithm_2(seed: int, make_batch: MakeBatch) -> None:
    """If raw sums did not come to the running A_0 and b_0, mergeable state would be wrong state."""
    batch, tags = make_batch(seed, 30 + 40 * seed, ARMS, WIDTH), random_tags(seed)
    context = np.random.default_rng([seed, 1]).normal(size=WIDTH)
    means, widths = fit_hybrid(sums_of(batch, ARMS), tags, TEXTBOOK).estimate(context[None])
    expected = hybrid_bounds(batch, tags, context)
    assert means[0] == pytest.approx(expected.means, abs=1e-9)
    assert widths[0] == pytest.approx(expected.widths, abs=1e-9)


def test_hybrid_sums_follow_from_the_disjoint_ones(make_batch: MakeBatch) -> None:
    """If they did not, the hybrid model would need a log of events to be refitted."""
    batch, tags = make_batch(4, 200, ARMS, WIDTH), random_tags(4)
    z = shared_features(batch.contexts, tags)[np.arange(200), batch.arms]
    parts = expand(sums_of(batch, ARMS), tags)
    assert parts.shared_outer == pytest.approx(z.T @ z, abs=1e-9)
    assert parts.shared_reward == pytest.approx(batch.rewards @ z, abs=1e-9)
    chosen = batch.arms == 2
    assert parts.cross[2] == pytest.approx(batch.contexts[chosen].T @ z[chosen], abs=1e-9)


@pytest.mark.parametrize("refactor_every", [7, 100_000])
def test_rank_one_updates_equal_algorithm_1(refactor_every: int, make_batch: MakeBatch) -> None:
    """If updates drifted, choices would depend on how long a learner has been up."""
    batch = make_batch(1, 3000, ARMS, WIDTH)
    online = OnlineLinUCB(ARMS, WIDTH, exploration=0.7, refactor_every=refactor_every)
    for x, arm, reward in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
        online.update(x, int(arm), float(reward))
    context = np.random.default_rng(8).normal(size=WIDTH)
    expected = disjoint_bounds(batch, ARMS, context)
    assert online.scores(context) == pytest.approx(expected.means + 0.7 * expected.widths, abs=1e-9)


def test_batches_equal_single_updates(make_batch: MakeBatch) -> None:
    """If they did not, a nightly batch and a live loop would learn different policies."""
    first, second = make_batch(1, 300, ARMS, WIDTH), make_batch(2, 5, ARMS, WIDTH)
    one, two = OnlineLinUCB(ARMS, WIDTH), OnlineLinUCB(ARMS, WIDTH)
    for batch in (first, second):
        one.update_batch(batch)
        for x, arm, reward in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
            two.update(x, int(arm), float(reward))
    context = np.random.default_rng(8).normal(size=WIDTH)
    assert one.scores(context) == pytest.approx(two.scores(context), abs=1e-9)


def test_batched_choices_equal_single_ones(make_batch: MakeBatch) -> None:
    """If they did not, the speed of a batch would be bought with other choices."""
    online = OnlineLinUCB(ARMS, WIDTH)
    online.update_batch(make_batch(3, 400, ARMS, WIDTH))
    contexts = make_batch(4, 100, ARMS, WIDTH).contexts
    assert online.select_batch(contexts).tolist() == [online.select(x) for x in contexts]


def test_batches_and_single_decisions_mix(make_batch: MakeBatch) -> None:
    """If either left something stale, a learner that does both would choose by old evidence."""
    mixed, plain = OnlineLinUCB(ARMS, WIDTH), OnlineLinUCB(ARMS, WIDTH)
    asked = make_batch(9, 50, ARMS, WIDTH).contexts
    for seed in (1, 2, 3):
        batch = make_batch(seed, 40, ARMS, WIDTH)
        mixed.update_batch(batch)
        plain.update_batch(batch)
        single = make_batch(seed + 10, 40, ARMS, WIDTH)
        for x, arm, reward in zip(single.contexts, single.arms, single.rewards, strict=True):
            mixed.update(x, int(arm), float(reward))
        plain.update_batch(single)
        assert mixed.select_batch(asked).tolist() == plain.select_batch(asked).tolist()
        assert mixed.scores(asked[0]) == pytest.approx(plain.scores(asked[0]), abs=1e-12)
    assert mixed.sums.outer == pytest.approx(plain.sums.outer, abs=1e-9)
    assert mixed.spread == pytest.approx(plain.spread, abs=1e-12)
