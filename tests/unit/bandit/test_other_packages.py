"""LinUCB beside the packages that have the same algorithm; skipped where they are not installed.

Where they differ: MABWiser gives an arm without decisions the covariance ridge I instead of
I / ridge (ridge^2 times too large a squared width) and sends ties to the first arm;
contextualbandits calculates in float32 by default, and draws at random among arms until each was
chosen unless `ucb_from_empty` is set. river's LinUCBDisjoint is a Bayesian regression with another
parametrisation: 157 to 185 of 200 choices agree in benchmarks/bandit.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kirakat.bandit.linucb_online import OnlineLinUCB
from kirakat.bandit.sums import Batch, Floats

ARMS, WIDTH, EXPLORATION = 4, 6, 0.7
MakeBatch = Callable[[int, int, int, int], Batch]


def own_bounds(batch: Batch, asked: Floats, *, arms: int = ARMS, ridge: float = 1.0) -> Floats:
    """(n, K) bounds of contexts (n, d)."""
    online = OnlineLinUCB(arms, WIDTH, exploration=EXPLORATION, ridge=ridge)
    for x, arm, reward in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
        online.update(x, int(arm), float(reward))
    return np.array([online.scores(x) for x in asked])


def mabwiser_bounds(batch: Batch, asked: Floats, *, arms: int = ARMS, ridge: float = 1.0) -> Floats:
    """MABWiser's expectations, which are upper bounds."""
    mab = pytest.importorskip("mabwiser.mab", reason="mabwiser is not installed")
    policy = mab.LearningPolicy.LinUCB(alpha=EXPLORATION, l2_lambda=ridge)
    learner = mab.MAB(list(range(arms)), policy)
    learner.fit(batch.arms, batch.rewards, batch.contexts)
    told = learner.predict_expectations(asked)
    return np.array([[row[arm] for arm in range(arms)] for row in told])


@pytest.mark.parametrize("ridge", [1.0, 5.0])
@pytest.mark.parametrize("seed", range(4))
def test_mabwiser_has_the_same_bounds(seed: int, ridge: float, make_batch: MakeBatch) -> None:
    """If it had not, one of two independent implementations would be wrong."""
    batch = make_batch(seed, 200, ARMS, WIDTH)
    asked = make_batch(seed + 100, 20, ARMS, WIDTH).contexts
    theirs = mabwiser_bounds(batch, asked, ridge=ridge)
    assert own_bounds(batch, asked, ridge=ridge) == pytest.approx(theirs, abs=1e-9)


def test_mabwiser_is_wrong_for_cold_arms(make_batch: MakeBatch) -> None:
    """If we agreed with it here, new prompts would be shown far more than their ridge allows."""
    batch, ridge = make_batch(3, 200, ARMS, WIDTH), 5.0
    asked = make_batch(103, 20, ARMS, WIDTH).contexts
    lengths = np.linalg.norm(asked, axis=1)
    theirs = mabwiser_bounds(batch, asked, arms=ARMS + 1, ridge=ridge)[:, -1]
    ours = own_bounds(batch, asked, arms=ARMS + 1, ridge=ridge)[:, -1]
    assert ours == pytest.approx(EXPLORATION * lengths / math.sqrt(ridge), abs=1e-12)
    assert theirs == pytest.approx(EXPLORATION * lengths * math.sqrt(ridge), abs=1e-9)


@pytest.mark.parametrize("ridge", [1.0, 5.0])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.filterwarnings("ignore")
def test_contextualbandits_has_the_same_bounds(
    seed: int, ridge: float, make_batch: MakeBatch
) -> None:
    """If it had not, one of two independent implementations would be wrong."""
    package = pytest.importorskip(
        "contextualbandits.online", reason="contextualbandits is not installed"
    )
    batch = make_batch(seed, 200, ARMS, WIDTH)
    asked = make_batch(seed + 100, 20, ARMS, WIDTH).contexts
    # An arm that nobody chose as well.
    policy = package.LinUCB(
        ARMS + 1, alpha=EXPLORATION, lambda_=ridge, fit_intercept=False, use_float=False,
        ucb_from_empty=True,
    )  # fmt: skip
    policy.partial_fit(batch.contexts, batch.arms, batch.rewards)
    theirs = np.asarray(policy.decision_function(asked))
    ours = own_bounds(batch, asked, arms=ARMS + 1, ridge=ridge)
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.filterwarnings("ignore")
def test_obp_has_the_same_bounds(seed: int, make_batch: MakeBatch) -> None:
    """If it had not, one of two independent implementations would be wrong."""
    package = pytest.importorskip("obp.policy", reason="obp is not installed")
    batch = make_batch(seed, 200, ARMS, WIDTH)
    asked = make_batch(seed + 100, 20, ARMS, WIDTH).contexts
    policy = package.LinUCB(dim=WIDTH, n_actions=ARMS, epsilon=EXPLORATION)
    for x, arm, reward in zip(batch.contexts, batch.arms, batch.rewards, strict=True):
        policy.update_params(int(arm), float(reward), x[None])
    ours = own_bounds(batch, asked)
    for x, bounds in zip(asked, ours, strict=True):
        theta = np.array([policy.A_inv[arm] @ policy.b[:, arm] for arm in range(ARMS)])
        widths = np.sqrt(np.einsum("d,kde,e->k", x, policy.A_inv, x))
        assert bounds == pytest.approx(theta @ x + EXPLORATION * widths, abs=1e-9)
        assert policy.select_action(x[None])[0] == bounds.argmax()
