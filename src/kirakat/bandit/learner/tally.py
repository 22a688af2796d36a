"""What was counted while a slice was learned; guardrails judge by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kirakat.bandit.draw import uniform_draw
from kirakat.stats.sufficient import Proportion


@dataclass(kw_only=True)
class PoolTally:
    """Decisions of one pool that were learned; filled as they come."""

    learned: int = 0
    clicks: int = 0
    # By arm: decisions of the policy, and decisions and clicks of the uniform bucket.
    policy: Counter[str] = field(default_factory=Counter)
    uniform: Counter[str] = field(default_factory=Counter)
    uniform_clicks: Counter[str] = field(default_factory=Counter)
    # Decisions and clicks of two halves of the uniform bucket, which are treated alike: the A/A
    # check.
    halves: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def note(self, arm: str, identity: str, *, is_clicked: bool, is_uniform: bool) -> None:
        """Count one decision; `identity` is its unit, or its own id without one."""
        self.learned += 1
        self.clicks += is_clicked
        if not is_uniform:
            self.policy[arm] += 1
            return
        self.uniform[arm] += 1
        self.uniform_clicks[arm] += is_clicked
        half = 2 * (uniform_draw("aa-half", identity) < 0.5)
        self.halves[half] += 1
        self.halves[half + 1] += is_clicked

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "learned": self.learned,
            "clicks": self.clicks,
            "policy": dict(self.policy),
            "uniform": dict(self.uniform),
            "uniform_clicks": dict(+self.uniform_clicks),
            "halves": self.halves,
        }

    @property
    def aa(self) -> tuple[Proportion, Proportion]:
        """The two halves."""
        first, clicks, second, others = self.halves
        return (
            Proportion(trials=first, successes=clicks),
            Proportion(trials=second, successes=others),
        )


def tally_of(rows: Iterable[Mapping[str, Any]]) -> PoolTally:
    """The tallies of many slices together."""
    total = PoolTally()
    for row in rows:
        total.learned += row["learned"]
        total.clicks += row["clicks"]
        total.policy.update(row["policy"])
        total.uniform.update(row["uniform"])
        total.uniform_clicks.update(row["uniform_clicks"])
        total.halves = [one + two for one, two in zip(total.halves, row["halves"], strict=True)]
    return total
