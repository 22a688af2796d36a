"""From a pool's state to a snapshot that services follow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from kirakat.bandit.configuration import PoolPolicy
from kirakat.bandit.guardrails import aa_p_value
from kirakat.bandit.learner.evidence import sums_at
from kirakat.bandit.learner.pool_arms import pool_arms
from kirakat.bandit.learner.state import read_evidence
from kirakat.bandit.learner.tally import PoolTally, tally_of
from kirakat.bandit.learner.timing import epoch_of
from kirakat.bandit.snapshot import Snapshot, to_bytes
from kirakat.bandit.specification import plain_of
from kirakat.errors import ConflictError
from kirakat.hashing import digest
from kirakat.prompts.pool import Pools
from kirakat.store.database import Database
from kirakat.store.learned_slices import slice_counts
from kirakat.store.policy_snapshots import list_snapshots, next_version, publish_snapshot

# How far back guardrails and the A/A check look.
_WATCHED = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A snapshot that may be published, and what its guardrails need."""

    # Its version is open.
    snapshot: Snapshot
    tally: PoolTally
    # Says what is in it: of two snapshots with the same note one is enough.
    note: str


def draft_snapshot(
    connection: Connection,
    merchant_id: str,
    policy: PoolPolicy,
    shipped: Pools,
    *,
    as_of: datetime,
    now: datetime,
) -> Draft:
    """The snapshot of what was learned of a pool up to now."""
    schema = policy.schema
    evidence = read_evidence(connection, merchant_id, policy.category, schema.label)
    arms = pool_arms(connection, merchant_id, policy, shipped, evidence.arms, now=now)
    epoch = epoch_of(as_of, policy.epoch)
    counts = slice_counts(connection, merchant_id, policy.category, since=now - _WATCHED)
    tally = tally_of(counts)
    snapshot = Snapshot(
        merchant_id=merchant_id,
        category=policy.category,
        version=0,
        as_of=as_of.timestamp(),
        feature_version=schema.label,
        arms=arms,
        specification=policy.specification,
        exposure=policy.exposure,
        rule=policy.rule,
        uniform_share=policy.uniform_share,
        sums=sums_at(evidence, arms.ids, schema.width, epoch, policy.specification.forgetting),
        aa_p_value=aa_p_value(*tally.aa),
    )
    decisions, clicks = evidence.decisions, float(evidence.clicks.sum())
    note = f"{decisions:.0f} decisions, {clicks:.0f} clicks, {_configuration(snapshot)}"
    return Draft(snapshot=snapshot, tally=tally, note=note)


def publish(
    database: Database, draft: Draft, policy: PoolPolicy, *, actor: str, now: datetime
) -> int | None:
    """Publish a draft, by compare-and-set; gives its version.

    None when the newest snapshot says the same and is not old, or another learner was quicker.
    """
    snapshot = draft.snapshot
    pool = (snapshot.merchant_id, snapshot.category)
    as_of = datetime.fromtimestamp(snapshot.as_of, UTC)
    try:
        with database.writing() as connection:
            if _is_told(connection, pool, draft.note, as_of, policy.stale_after):
                return None
            version = next_version(connection, *pool)
            data = to_bytes(replace(snapshot, version=version))
            return publish_snapshot(
                connection, *pool, data, as_of, actor, draft.note, now, version=version
            )
    except ConflictError:
        return None


def _is_told(
    connection: Connection, pool: tuple[str, str], note: str, as_of: datetime, stale_after: float
) -> bool:
    newest = next(iter(list_snapshots(connection, *pool, limit=1)), None)
    is_same = newest is not None and newest.note == note
    return newest is not None and (
        newest.as_of > as_of
        or (is_same and as_of - newest.as_of < timedelta(seconds=stale_after / 4))
    )


def _configuration(snapshot: Snapshot) -> str:
    """Changes with everything that decides but the evidence."""
    whole = digest(
        plain_of(snapshot.specification),
        asdict(snapshot.exposure),
        snapshot.rule,
        snapshot.uniform_share,
        snapshot.feature_version,
        [asdict(arm) for arm in snapshot.arms.arms],
    )
    return f"configuration {whole[:8]}"
