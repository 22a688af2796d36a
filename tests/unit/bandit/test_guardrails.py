"""Alarms and proposals."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.decide import Decider
from kirakat.bandit.guardrails import (
    ArmReport,
    Limits,
    aa_p_value,
    convergence_alarm,
    propose_retirement,
    shares_of,
    trusted,
)
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.posterior import LinearPosterior
from kirakat.stats.sufficient import Proportion

LIMITS = Limits()


def report(name: str, share: float, clicks: int, trials: int, rejected: int = 0) -> ArmReport:
    """An arm with 40 judged creatives."""
    counts = Proportion(successes=clicks, trials=trials)
    return ArmReport(arm_id=name, share=share, uniform=counts, judged=40, rejected=rejected)


def test_an_arm_that_dominates_without_evidence_alarms() -> None:
    """If it did not, a policy that locked in by luck would run on."""
    reports = [report("a", 0.9, 12, 500), report("b", 0.05, 10, 500), report("c", 0.05, 9, 500)]
    assert convergence_alarm(reports, LIMITS) == "too_fast"


def test_an_arm_that_dominates_with_evidence_does_not() -> None:
    """If it did, every policy that works would page somebody."""
    reports = [report("a", 0.9, 600, 9000), report("b", 0.05, 200, 9000), report("c", 0.05, 9, 500)]
    assert convergence_alarm(reports, LIMITS) is None


def test_flat_shares_after_estimates_parted_alarm() -> None:
    """If they did not, a learner that is never fitted would go unnoticed."""
    arms = [report(name, 0.25, 200, 9000) for name in "bcd"]
    assert convergence_alarm([report("a", 0.25, 600, 9000), *arms], LIMITS) == "too_slow"


def test_two_arms_with_a_clear_winner_do_not_count_as_flat() -> None:
    """If they did, small pools would alarm for ever."""
    reports = [report("a", 0.9, 600, 9000), report("b", 0.1, 200, 9000)]
    assert convergence_alarm(reports, LIMITS) is None


def test_losers_and_rejects_are_proposed_for_retirement() -> None:
    """If they were not, bad prompts would stay in a pool for ever."""
    reports = [
        report("best", 0.5, 600, 9000),
        report("loser", 0.1, 200, 9000),
        report("young", 0.1, 1, 400),
        report("ugly", 0.3, 500, 9000, rejected=20),
    ]
    found = {finding.arm_id: finding.reason for finding in propose_retirement(reports, LIMITS)}
    assert set(found) == {"loser", "ugly"}
    assert "20 of 40" in found["ugly"]


def test_a_stale_or_failing_policy_falls_back_to_uniform() -> None:
    """If it did not, a dead learner would decide for weeks."""
    posterior = LinearPosterior(
        theta=np.zeros((1, 1)),
        spread=np.ones((1, 1, 1)),
        evidence=np.ones(1),
        clicks=np.ones(1),
        ctr=0.02,
    )
    decider = Decider(arms=ArmSet((Arm(arm_id="a@1"),)), posterior=posterior, policy=LinUCB())
    assert trusted(decider, as_of=0.0, now=60.0, limits=LIMITS) == (decider, "")
    stale, why = trusted(decider, as_of=0.0, now=30_000.0, limits=LIMITS)
    assert (stale.policy.name, why) == ("uniform", "snapshot is older than 21600 s")
    failing, why = trusted(decider, as_of=0.0, now=60.0, aa=1e-5, limits=LIMITS)
    assert (failing.policy.name, why[:3]) == ("uniform", "A/A")


def test_an_aa_check_seldom_fails_where_nothing_differs() -> None:
    """If it often did, policies would fall back for no reason."""
    generator = np.random.default_rng(0)
    pairs = generator.binomial(5000, 0.02, (2000, 2))
    values = [
        aa_p_value(Proportion(successes=a, trials=5000), Proportion(successes=b, trials=5000))
        for a, b in pairs
    ]
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_shares_of_nothing_are_empty() -> None:
    """If they divided by 0, a new pool's report would fail."""
    assert shares_of({"a": 0.0}) == {}
    assert shares_of({"a": 3.0, "b": 1.0}) == {"a": 0.75, "b": 0.25}
