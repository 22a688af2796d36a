"""Arms that came after a snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.bandit.arms import Arm, ArmSet, Readiness
from kirakat.bandit.decide import Request, decide
from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.newcomers import predecessor, with_newcomers
from kirakat.bandit.prior import category_mean
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.snapshot import Snapshot
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, sums_of


@pytest.fixture
def snapshot() -> Snapshot:
    """Two arms that were shown a lot; the first one earns twice as much."""
    generator = np.random.default_rng(1)
    count = 20_000
    contexts = np.column_stack([np.ones(count), generator.random((count, 2))])
    arms = generator.integers(0, 2, count)
    rewards = (generator.random(count) < np.where(arms == 0, 0.04, 0.02)).astype(np.float64)
    return Snapshot(
        merchant_id="shop", category="mugs", version=4, as_of=0.0, feature_version="f@1",
        arms=ArmSet((Arm(arm_id="oak@1"), Arm(arm_id="slate@2"))),
        specification=PolicySpecification(), exposure=Exposure(), rule="ready", uniform_share=0.0,
        sums=sums_of(Batch(contexts=contexts, arms=arms, rewards=rewards), 2),
    )  # fmt: skip


def test_a_new_arm_starts_at_the_mean_of_its_category(snapshot: Snapshot) -> None:
    """If it started at 0, nobody would ever see it."""
    decider = with_newcomers(snapshot, [Arm(arm_id="sea@1")]).decider()
    prior = snapshot.specification.prior
    assert decider.posterior.theta[2] == pytest.approx(category_mean(snapshot.sums, prior))
    assert decider.posterior.spread[2] == pytest.approx(np.eye(3) / prior.ridge)
    assert decider.posterior.evidence[2] == 0.0


def test_a_new_arm_leaves_all_others_as_they_are(snapshot: Snapshot) -> None:
    """If it did not, entering a prompt would change what is known of the rest."""
    before = fit_disjoint(snapshot.sums, snapshot.specification.prior)
    after = with_newcomers(snapshot, [Arm(arm_id="sea@1")]).decider().posterior
    assert np.array_equal(after.theta[:2], before.theta)
    assert np.array_equal(after.spread[:2], before.spread)


def test_a_new_version_inherits_from_the_last_one(snapshot: Snapshot) -> None:
    """If it did not, mending a prompt's wording would throw its history away."""
    decider = with_newcomers(snapshot, [Arm(arm_id="oak@2"), Arm(arm_id="oak@1")]).decider()
    assert decider.arms.ids == ("oak@1", "slate@2", "oak@2")
    assert decider.arms.arms[2].inherits_from == "oak@1"
    limit = snapshot.specification.prior.inherited_limit
    assert 0 < decider.posterior.evidence[2] <= limit


def test_a_new_arm_is_capped_until_it_has_evidence(snapshot: Snapshot) -> None:
    """If it were not, a prompt that nobody tried could take the whole traffic."""
    decider = with_newcomers(snapshot, [Arm(arm_id="sea@1")]).decider()
    ready = Readiness(eligible=decider.arms.ids, ready=decider.arms.ids)
    for number in range(50):
        context = np.random.default_rng(number).random(3)
        made = decide(decider, Request(decision_id=str(number), context=context, readiness=ready))
        assert made.probabilities["sea@1"] <= Exposure().cold_cap + 1e-9


@pytest.mark.parametrize(
    ("arm", "known", "older"),
    [("a@3", ("a@1", "a@2", "b@2"), "a@2"), ("a@1", ("a@2",), ""), ("original", ("a@1",), ""),
     ("a@2", ("original", "ab@1"), ""), ("a@10", ("a@9", "a@2"), "a@9")],
)  # fmt: skip
def test_the_predecessor_is_the_newest_older_version(
    arm: str, known: tuple[str, ...], older: str
) -> None:
    """If it were another, a version would start with a stranger's evidence."""
    assert predecessor(arm, known) == older
