"""The arms of a snapshot: what the pool offers now, and what was learned of before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.configuration import PoolPolicy
from kirakat.errors import PromptError
from kirakat.prompts.pool import Pools
from kirakat.store.merchant_pools import read_pools
from kirakat.store.prompt_rows import list_prompts

_TREATMENTS = frozenset({"original", "positioned"})


def pool_arms(
    connection: Connection,
    merchant_id: str,
    policy: PoolPolicy,
    shipped: Pools,
    learned: Iterable[str],
    *,
    now: datetime,
) -> ArmSet:
    """All arms of a pool, sorted; a version inherits from the one before that is there too.

    `learned` are arms that the sums name. Treatments count as arms where the policy says so:
    what an original earned that was shown for want of anything else tells nothing of prompts.
    """
    known = {row.prompt.arm: row.prompt.tags for row in list_prompts(connection, merchant_id)}
    pools = read_pools(connection, merchant_id, shipped, now=now).pools
    try:
        # A pool of an experiment is named category#policy.
        offered = pools.for_category(policy.category.partition("#")[0])
    except PromptError:
        offered = ()
    known |= {prompt.arm: prompt.tags for prompt in (*shipped, *offered)}
    names = {prompt.arm for prompt in offered} | set(policy.extra_arms)
    names |= {arm for arm in learned if arm not in _TREATMENTS}
    return ArmSet(tuple(_arm(name, names, known) for name in sorted(names)))


def _arm(name: str, names: Iterable[str], known: Mapping[str, Sequence[str]]) -> Arm:
    parent = _version_before(name, names)
    tags = known.get(name) or known.get(parent) or ()
    return Arm(arm_id=name, tags=tuple(tags), inherits_from=parent)


def _version_before(name: str, names: Iterable[str]) -> str:
    prompt_id, version = _parted(name)
    older = [
        (number, other)
        for other in names
        for (other_id, number) in [_parted(other)]
        if other_id == prompt_id and number < version
    ]
    return max(older)[1] if older else ""


def _parted(name: str) -> tuple[str, int]:
    """Id and version of a prompt's arm; version 0 for what has none."""
    prompt_id, _, version = name.rpartition("@")
    return (prompt_id, int(version)) if prompt_id and version.isdigit() else (name, 0)
