"""What each policy makes of the same estimates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.errors import BanditError
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.policies.scores import Policy, Scores, scores_of
from kirakat.bandit.policies.thompson import Thompson
from kirakat.bandit.specification import POLICIES, PolicySpecification
from kirakat.bandit.sums import Batch, sums_of


def scores(means: list[float], widths: list[float], ready: list[bool] | None = None) -> Scores:
    """One decision at the click rates of ads."""
    arms = len(means)
    return Scores(
        means=np.array([means]),
        widths=np.array([widths]),
        ready=np.array([ready or [True] * arms]),
        noise=0.14,
        evidence=np.full(arms, 1000.0),
        clicks=1000.0 * np.array(means),
        dimension=4,
    )


@pytest.mark.parametrize("name", POLICIES)
@given(data=st.data())
def test_every_policy_gives_a_distribution_over_ready_arms(name: str, data: st.DataObject) -> None:
    """If one did not, its propensities could not be trusted, or a missing image be chosen."""
    arms = data.draw(st.integers(1, 7))
    numbers = st.lists(st.floats(0.0, 0.1), min_size=arms, max_size=arms)
    ready = data.draw(st.lists(st.booleans(), min_size=arms, max_size=arms).filter(any))
    widths = data.draw(st.lists(st.floats(0.0, 0.5), min_size=arms, max_size=arms))
    given_scores = scores(data.draw(numbers), widths, ready)
    policy: Policy = POLICIES[name]()
    row = policy.probabilities(given_scores)[0]
    assert row.sum() == pytest.approx(1.0, abs=1e-9)
    assert (row >= 0.0).all()
    assert (row[~np.array(ready)] == 0.0).all()


def test_ties_are_shared_fairly() -> None:
    """If the first arm won ties, it would get all of a new category's traffic."""
    row = LinUCB().probabilities(scores([0.02, 0.02, 0.01], [0.1, 0.1, 0.1]))[0]
    assert row.tolist() == [0.5, 0.5, 0.0]


def test_exploration_is_scaled_to_clicks() -> None:
    """If widths were taken at face value, ads would explore for weeks without need."""
    surer, vaguer = [0.022, 0.020], [0.01, 0.03]
    assert LinUCB(exploration=0.5).probabilities(scores(surer, vaguer))[0, 0] == 1.0
    assert LinUCB(exploration=2.0).probabilities(scores(surer, vaguer))[0, 1] == 1.0


def test_thompson_matches_drawing_from_the_posterior() -> None:
    """If the integral were off, Thompson sampling would be another policy by that name."""
    means, widths = [0.02, 0.021, 0.018], [0.02, 0.01, 0.05]
    ours = Thompson(scale=1.0).probabilities(scores(means, widths))[0]
    generator = np.random.default_rng(0)
    drawn = np.array(means) + 0.14 * np.array(widths) * generator.standard_normal((200_000, 3))
    theirs = np.bincount(drawn.argmax(axis=1), minlength=3) / 200_000
    assert ours == pytest.approx(theirs, abs=0.006)


def test_an_unknown_policy_or_option_is_named() -> None:
    """If it were ignored, a typing slip would run the default policy for months."""
    with pytest.raises(BanditError, match="linucbb"):
        PolicySpecification(policy="linucbb").build()
    with pytest.raises(BanditError, match="alpha"):
        PolicySpecification(options={"alpha": 1.0}).build()


def test_every_policy_learns_the_better_arm() -> None:
    """If it did not, a policy's reward would have the wrong sign somewhere."""
    generator = np.random.default_rng(0)
    arms = generator.integers(0, 2, 20_000)
    clicks = (generator.random(20_000) < np.where(arms == 1, 0.06, 0.02)).astype(float)
    batch = Batch(contexts=np.ones((20_000, 1)), arms=arms, rewards=clicks)
    arm_set = ArmSet((Arm(arm_id="a@1"), Arm(arm_id="b@1")))
    for name in set(POLICIES) - {"uniform"}:
        specification = PolicySpecification(policy=name)
        fitted = specification.fit(sums_of(batch, 2), arm_set)
        told = scores_of(fitted, np.ones((1, 1)), np.ones((1, 2), np.bool_))
        assert specification.build().probabilities(told)[0, 1] > 0.7, name
