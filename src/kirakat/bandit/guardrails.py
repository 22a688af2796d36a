"""Alarms over a running policy: pure judgements, for whoever watches to act upon."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scipy.special import ndtr

from kirakat.bandit.decide import Decider
from kirakat.bandit.policies.uniform import Uniform
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.sufficient import Proportion

Alarm = Literal["too_fast", "too_slow"]


@dataclass(frozen=True, kw_only=True)
class ArmReport:
    """What a window of decisions says of one arm."""

    arm_id: str
    # Share of the policy's decisions in the window.
    share: float
    # Impressions and clicks of the uniform bucket, which no policy has bent.
    uniform: Proportion
    # Creatives judged by gate or reviewer, and those of them rejected.
    judged: int = 0
    rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to raise an alarm."""

    # An arm dominates above this share.
    dominance: float = 0.8
    # Shares are flat while the best arm's is below this multiple of an even one.
    flat: float = 1.5
    confidence: float = 0.95
    # Impressions of the uniform bucket below which an arm is not retired.
    retire_impressions: float = 5000.0
    # Share of judged creatives that may be rejected, once this many were judged.
    rejected_share: float = 0.3
    judged: int = 20
    # Seconds without a new snapshot after which decisions are uniform.
    stale_after: float = 6 * 3600.0
    # p-value of an A/A check below which the policy is not trusted.
    aa_p_value: float = 0.001


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something for a person to look at."""

    arm_id: str
    reason: str


def convergence_alarm(reports: Sequence[ArmReport], limits: Limits) -> Alarm | None:
    """Whether shares run ahead of the evidence, or stay flat long after estimates parted.

    An even share of two arms is a half, so one that dominates says little before three exist.
    """
    if len(reports) < 2:
        return None
    most = max(reports, key=lambda report: report.share)
    by_rate = sorted(reports, key=lambda report: report.uniform.rate, reverse=True)
    best, second = _interval(by_rate[0], limits), _interval(by_rate[1], limits)
    parted = not best.overlaps(second)
    if most.share > limits.dominance and not (parted and most is by_rate[0]):
        return "too_fast"
    if parted and by_rate[0].share < min(limits.flat / len(reports), limits.dominance):
        return "too_slow"
    return None


def propose_retirement(reports: Sequence[ArmReport], limits: Limits) -> tuple[Finding, ...]:
    """Arms that lose for certain, or whose creatives are often rejected."""
    if not reports:
        return ()
    floor = max(_interval(report, limits).low for report in reports)
    found = []
    for report in reports:
        interval = _interval(report, limits)
        if report.judged >= limits.judged and report.rejected > (
            limits.rejected_share * report.judged
        ):
            reason = f"{report.rejected} of {report.judged} creatives were rejected"
            found.append(Finding(arm_id=report.arm_id, reason=reason))
        elif report.uniform.trials >= limits.retire_impressions and interval.high < floor:
            reason = f"click rate at most {interval.high:.4f}, the best arm's at least {floor:.4f}"
            found.append(Finding(arm_id=report.arm_id, reason=reason))
    return tuple(found)


def aa_p_value(first: Proportion, second: Proportion) -> float:
    """Two-sided p-value that two equal treatments differ in click rate; 1 without data."""
    pooled = (first + second).rate
    if not first.trials or not second.trials or pooled in (0.0, 1.0):
        return 1.0
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials))
    return float(2 * ndtr(-abs(first.rate - second.rate) / error))


def trusted(
    decider: Decider, *, as_of: float, now: float, aa: float = 1.0, limits: Limits
) -> tuple[Decider, str]:
    """The decider, or a uniform one with the reason to log.

    `as_of` and `now` in seconds; `aa` the p-value of the latest A/A check.
    """
    if now - as_of > limits.stale_after:
        return _uniform(decider), f"snapshot is older than {limits.stale_after:.0f} s"
    if aa < limits.aa_p_value:
        return _uniform(decider), f"A/A check failed, p = {aa:.2g}"
    return decider, ""


def shares_of(counts: Mapping[str, float]) -> dict[str, float]:
    """Share of the decisions that each arm got; empty without a decision."""
    total = sum(counts.values())
    return {arm: count / total for arm, count in counts.items()} if total else {}


def _uniform(decider: Decider) -> Decider:
    return replace(decider, policy=Uniform())


def _interval(report: ArmReport, limits: Limits) -> Interval:
    return wilson(report.uniform, limits.confidence)
