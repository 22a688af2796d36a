"""Many decisions at once are those that would have been made one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.bandit.arms import Arm, ArmSet, Readiness
from kirakat.bandit.decide import Decider, Decision, Request, decide, decide_all, replay
from kirakat.bandit.policies.best_fixed import BestFixed
from kirakat.bandit.policies.epsilon_greedy import EpsilonGreedy
from kirakat.bandit.policies.greedy_ridge import GreedyRidge
from kirakat.bandit.policies.inverse_gap import InverseGap
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.policies.scores import scores_of
from kirakat.bandit.policies.thompson import Thompson
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure, exact, limited

POLICIES = (
    LinUCB(), Thompson(), EpsilonGreedy(), GreedyRidge(), InverseGap(), BestFixed(), Uniform(),
)  # fmt: skip


def decider_of(seed: int, arms: int, width: int, **rest: Any) -> Decider:
    """Random estimates; some arms are cold."""
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(arms, width, width)) / 100
    posterior = LinearPosterior(
        theta=generator.normal(size=(arms, width)) / 50,
        spread=roots @ roots.transpose(0, 2, 1),
        evidence=generator.choice([10.0, 1e4, 1e5], arms),
        clicks=generator.choice([1.0, 200.0], arms),
        ctr=0.02,
    )
    named = ArmSet(tuple(Arm(arm_id=f"p{i}@1") for i in range(arms)))
    given_or_not = {"exposure": Exposure(floor=0.05, cap=0.9), "uniform_share": 0.2, **rest}
    return Decider(arms=named, posterior=posterior, **given_or_not)


def requests_of(decider: Decider, seed: int, count: int) -> list[Request]:
    """Shoppers, with any of the arms eligible and any of those ready."""
    generator = np.random.default_rng(seed)
    made = []
    for number in range(count):
        eligible = tuple(arm for arm in decider.arms.ids if generator.random() < 0.9)
        ready = tuple(arm for arm in eligible if generator.random() < 0.7)
        made.append(
            Request(
                decision_id=f"{seed}-{number}",
                context=generator.normal(size=(decider.posterior.theta.shape[1],)),
                readiness=Readiness(eligible=eligible, ready=ready),
                unit_id=str(generator.choice(["", "ann", "bob"])),
            )
        )
    return made


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    arms=st.integers(1, 12),
    width=st.integers(1, 40),
    count=st.integers(1, 33),
    policy=st.sampled_from(POLICIES),
    rule=st.sampled_from(["ready", "literal"]),
)
def test_a_batch_is_bit_for_bit_what_single_decisions_are(
    seed: int, arms: int, width: int, count: int, policy: Any, rule: Any
) -> None:
    """If it were not, a decision could not be replayed without its company."""
    decider = decider_of(seed, arms, width, policy=policy, rule=rule)
    requests = requests_of(decider, seed, count)
    alone = [decide(replace(decider), request) for request in requests]
    assert decide_all(decider, requests) == alone
    assert decide_all(decider, requests[::-1]) == alone[::-1]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), policy=st.sampled_from(POLICIES))
def test_probabilities_sum_to_exactly_one_and_replay(seed: int, policy: Any) -> None:
    """If they did not, a propensity in the log would not be the chance that was taken."""
    decider = decider_of(seed, 6, 9, policy=policy)
    for decision in decide_all(decider, requests_of(decider, seed, 20)):
        assert sum(decision.probabilities.values()) == 1.0
        assert decision.propensity == decision.probabilities[decision.chosen] > 0.0
        assert replay(decision) == decision.chosen


@pytest.mark.parametrize("policy", POLICIES)
def test_frequencies_are_the_propensities(policy: Any) -> None:
    """If they were not, every estimate from the log would be biased."""
    decider = decider_of(3, 5, 4, policy=policy, uniform_share=0.0)
    one = requests_of(decider, 8, 1)[0]
    ready = Readiness(eligible=decider.arms.ids, ready=decider.arms.ids)
    count = 20_000
    made = decide_all(
        decider, [replace(one, decision_id=f"d{i}", readiness=ready) for i in range(count)]
    )
    drawn = Counter(decision.chosen for decision in made)
    for arm, share in made[0].probabilities.items():
        error = (share * (1 - share) / count) ** 0.5
        assert drawn[arm] / count == pytest.approx(share, abs=5 * error + 1e-12)


def test_the_model_is_the_one_that_is_simulated() -> None:
    """If it were another, the policy that was tuned would not be the one that is served."""
    decider = decider_of(5, 5, 20, policy=Thompson(), uniform_share=0.0)
    requests = requests_of(decider, 5, 30)
    for request, decision in zip(requests, decide_all(decider, requests), strict=True):
        if len(decision.ready) < 2:
            continue
        mask = decider.arms.mask(decision.ready)[None, :]
        scores = scores_of(decider.posterior, request.context[None, :], mask)
        evidence = decider.posterior.evidence
        shares = limited(decider.policy.probabilities(scores), mask, evidence, decider.exposure)
        expected = dict(zip(decider.arms.ids, exact(shares[0]).tolist(), strict=True))
        assert decision.probabilities == pytest.approx(
            {arm: expected[arm] for arm in decision.probabilities}, abs=1e-9
        )


def test_a_draw_id_takes_the_place_of_the_decisions() -> None:
    """If it did not, a shopper's background would change with every page."""
    decider = decider_of(3, 5, 4, policy=Uniform())
    one = requests_of(decider, 8, 1)[0]
    ready = Readiness(eligible=decider.arms.ids, ready=decider.arms.ids)
    made: list[Decision] = decide_all(
        decider,
        [replace(one, decision_id=f"d{i}", readiness=ready, draw_id="same") for i in range(50)],
    )
    assert len({decision.chosen for decision in made}) == 1
    assert {replay(decision, "same") for decision in made} == {made[0].chosen}
