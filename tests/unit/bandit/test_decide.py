"""Decisions: readiness, the paper's rule, the uniform bucket, replays."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.bandit.arms import ORIGINAL, Arm, ArmSet, Readiness
from kirakat.bandit.decide import Decider, Request, decide, replay
from kirakat.bandit.errors import BanditError
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure

ARMS = ArmSet(tuple(Arm(arm_id=f"p{i}@1") for i in range(4)))
# The third arm has the highest estimate.
POSTERIOR = LinearPosterior(
    theta=np.array([[0.02], [0.021], [0.05], [0.01]]),
    spread=np.full((4, 1, 1), 1e-6),
    evidence=np.full(4, 1e5),
    clicks=np.full(4, 2e3),
    ctr=0.02,
)
DECIDER = Decider(
    arms=ARMS,
    posterior=POSTERIOR,
    policy=LinUCB(),
    exposure=Exposure(floor=0.2),
    uniform_share=0.0,
    policy_version="lamps@7",
)


def request(number: int, ready: tuple[str, ...], eligible: tuple[str, ...] = ARMS.ids) -> Request:
    """A shopper's request."""
    readiness = Readiness(eligible=eligible, ready=ready)
    return Request(decision_id=f"d{number}", context=np.ones(1), readiness=readiness)


def test_only_ready_arms_are_chosen_and_frequencies_are_the_propensities() -> None:
    """If not, estimates from the log would be biased."""
    made = [decide(DECIDER, request(i, ("p0@1", "p2@1"))) for i in range(3000)]
    assert made[0].probabilities == {"p0@1": pytest.approx(0.1), "p2@1": pytest.approx(0.9)}
    share = sum(decision.chosen == "p2@1" for decision in made) / 3000
    assert share == pytest.approx(0.9, abs=0.025)
    assert {decision.propensity for decision in made} <= set(made[0].probabilities.values())


def test_what_is_missing_is_asked_for() -> None:
    """If it were not, a creative that does not exist would never come to exist."""
    made = [decide(DECIDER, request(i, ("p0@1",))) for i in range(200)]
    assert {decision.demanded for decision in made} == {"p1@1", "p2@1", "p3@1"}
    wanted = [decision.demanded for decision in made]
    assert wanted.count("p2@1") > wanted.count("p3@1")


def test_the_literal_rule_serves_the_original_where_the_choice_is_not_ready() -> None:
    """If it did not, the paper's own behaviour could not be compared with."""
    from dataclasses import replace

    literal = replace(DECIDER, rule="literal", exposure=Exposure(floor=0.0))
    made = decide(literal, request(1, ("p0@1",)))
    assert (made.chosen, made.served, made.demanded) == ("p2@1", ORIGINAL, "p2@1")


def test_with_nothing_ready_the_original_is_served_for_certain() -> None:
    """If it failed, a new catalogue would show no picture at all."""
    made = decide(DECIDER, request(1, ()))
    assert (made.served, made.propensity, made.probabilities) == (ORIGINAL, 1.0, {ORIGINAL: 1.0})


def test_an_arm_that_the_policy_does_not_know_is_refused() -> None:
    """If it were dropped, the log would hold other probabilities than were used."""
    with pytest.raises(BanditError, match="new@1"):
        decide(DECIDER, request(1, ("new@1",), ("new@1",)))


def test_the_uniform_bucket_keeps_its_shoppers() -> None:
    """If shoppers moved in and out, the bucket would be no clean comparison."""
    from dataclasses import replace

    decider = replace(DECIDER, uniform_share=0.3)
    buckets = []
    for user in range(400):
        pair = [
            decide(decider, replace(request(n, ARMS.ids), unit_id=f"u{user}")) for n in (user, -1)
        ]
        assert pair[0].in_uniform_bucket == pair[1].in_uniform_bucket
        buckets.append(pair[0])
    inside = [decision for decision in buckets if decision.in_uniform_bucket]
    assert len(inside) / 400 == pytest.approx(0.3, abs=0.08)
    assert all(set(decision.probabilities.values()) == {0.25} for decision in inside)


def test_a_decision_replays_bit_for_bit() -> None:
    """If it did not, nobody could check what a shopper was shown, and why."""
    for number in range(100):
        made = decide(DECIDER, request(number, ARMS.ids))
        assert replay(made) == made.chosen
        assert decide(DECIDER, request(number, ARMS.ids)) == made


def test_ready_arms_must_be_eligible() -> None:
    """If they need not be, a rejected creative could be shown."""
    with pytest.raises(BanditError, match="p1@1"):
        Readiness(eligible=("p0@1",), ready=("p1@1",))
