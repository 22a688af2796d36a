"""Guardrails over what a pool did lately: alarms for people, and proposals of what to retire."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from kirakat.bandit.configuration import PoolPolicy
from kirakat.bandit.guardrails import (
    ArmReport,
    convergence_alarm,
    propose_retirement,
    shares_of,
)
from kirakat.bandit.learner.publish import Draft
from kirakat.stats.sufficient import Proportion
from kirakat.store.arm_verdicts import verdicts_by_arm

# Decisions below which shares say nothing.
_ENOUGH = 1000


def find_alarms(
    connection: Connection, draft: Draft, policy: PoolPolicy, *, now: datetime
) -> dict[tuple[str, str], str]:
    """What is to be looked at, by kind and arm (empty: the pool), with the reason."""
    snapshot, tally, limits = draft.snapshot, draft.tally, policy.limits
    shown = sorted(set(tally.policy) | set(tally.uniform))
    arms = [arm for arm in snapshot.arms.ids if arm in shown]
    verdicts = verdicts_by_arm(connection, snapshot.merchant_id, snapshot.arms.ids)
    shares = shares_of(tally.policy)
    found: dict[tuple[str, str], str] = {}
    reports = [
        ArmReport(
            arm_id=arm,
            share=shares.get(arm, 0.0),
            uniform=Proportion(
                successes=tally.uniform_clicks[arm], trials=float(tally.uniform[arm])
            ),
            judged=verdicts[arm][0],
            rejected=verdicts[arm][1],
        )
        for arm in snapshot.arms.ids
    ]
    seen = [report for report in reports if report.arm_id in arms]
    alarm = convergence_alarm(seen, limits) if sum(tally.policy.values()) >= _ENOUGH else None
    if alarm:
        most = max(seen, key=lambda report: report.share)
        found[alarm, ""] = f"{most.arm_id} has {most.share:.0%} of the decisions"
    for finding in propose_retirement(reports, limits):
        found["retire", finding.arm_id] = finding.reason
    age = now.timestamp() - snapshot.as_of
    if age > limits.stale_after:
        found["stale", ""] = f"what is learned ends {age / 3600:.1f} hours ago"
    if snapshot.aa_p_value < limits.aa_p_value:
        found["aa", ""] = f"halves of the uniform bucket differ, p = {snapshot.aa_p_value:.2g}"
    return found
