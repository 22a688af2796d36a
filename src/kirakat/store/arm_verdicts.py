"""How often the creatives of an arm were accepted and rejected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from kirakat.store.tables import creatives

_JUDGED = ("ready", "retired", "rejected")


def verdicts_by_arm(
    connection: Connection, merchant_id: str, arms: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Creatives judged by gate or reviewer, and those of them rejected, by arm."""
    statement = (
        select(creatives.c.arm, creatives.c.state, func.count())
        .where(
            creatives.c.merchant_id == merchant_id,
            creatives.c.state.in_(_JUDGED),
            creatives.c.arm.in_(arms),
        )
        .group_by(creatives.c.arm, creatives.c.state)
    )
    found = dict.fromkeys(arms, (0, 0))
    for arm, state, count in connection.execute(statement):
        judged, rejected = found[arm]
        found[arm] = (judged + count, rejected + count * (state == "rejected"))
    return found
