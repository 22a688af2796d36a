"""Policy snapshots as this process decides by them: followed, checked, swapped whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from kirakat.bandit.arms import Arm
from kirakat.bandit.configuration import Policies
from kirakat.bandit.decide import Decider
from kirakat.bandit.errors import BanditError, SnapshotError
from kirakat.bandit.guardrails import trusted
from kirakat.bandit.newcomers import with_newcomers
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.snapshot import Snapshot, from_bytes
from kirakat.clock import Clock
from kirakat.errors import NotFoundError
from kirakat.store.database import Database
from kirakat.store.policy_snapshots import heads, read_snapshot

# Merchant and category.
Pool = tuple[str, str]
# Arms of a pool that may wait to be made known; a pool has dozens.
_MOST_WANTED = 500
# What a snapshot can be refused for; anything else is a fault of this program.
_REFUSALS = (BanditError, NotFoundError, np.linalg.LinAlgError)


class Serving(NamedTuple):
    """What decides for a pool at this moment."""

    decider: Decider
    # Arms that it knows.
    known: frozenset[str]
    # Name to log where it is not the snapshot's own policy, with the reason; else empty.
    label: str


class _Loaded(NamedTuple):
    version: int
    snapshot: Snapshot
    # Of the snapshot with all newcomers.
    decider: Decider


class Snapshots:
    """The pools that were asked for; `look` runs beside the requests, never among them."""

    def __init__(
        self,
        database: Database,
        policies: Policies,
        clock: Clock,
        *,
        told: Callable[[Pool, str, str], None],
    ) -> None:
        """`told` hears of each pool whose snapshot was "loaded" or "refused", and why."""
        self._database, self._policies, self._clock, self._told = database, policies, clock, told
        self._lock = threading.Lock()
        self._asked: set[Pool] = set()
        self._wanted: dict[Pool, dict[str, Arm]] = {}
        self._serving: dict[Pool, Serving] = {}
        self._loaded: dict[Pool, _Loaded] = {}
        # Versions that cannot be used, which are not read again.
        self._refused: dict[Pool, int] = {}

    def serving(self, pool: Pool) -> Serving | None:
        """What decides for a pool; None while nothing was published, or it is not read yet."""
        found = self._serving.get(pool)
        if found is None and pool not in self._asked:
            with self._lock:
                self._asked.add(pool)
        return found

    def want(self, pool: Pool, arms: Sequence[Arm]) -> None:
        """Have arms made known that came after the snapshot; the next look does it."""
        with self._lock:
            wanted = self._wanted.setdefault(pool, {})
            if len(wanted) < _MOST_WANTED:
                wanted.update((arm.arm_id, arm) for arm in arms)

    def look(self) -> None:
        """Take over what was published since the last look. Raises `StoreError`."""
        with self._lock:
            asked = sorted(self._asked)
        if not asked:
            return
        with self._database.reading() as connection:
            newest = heads(connection)
            for pool in asked:
                version = newest.get(pool)
                if version is not None and not self._is_settled(pool, version):
                    self._take(connection, pool, version)
        for pool in asked:
            self._swap(pool)

    def _is_settled(self, pool: Pool, version: int) -> bool:
        loaded = self._loaded.get(pool)
        return self._refused.get(pool) == version or bool(loaded and loaded.version == version)

    def _take(self, connection: Connection, pool: Pool, version: int) -> None:
        """Load a snapshot; a broken one is refused, and the last one goes on."""
        try:
            snapshot = self._checked(from_bytes(read_snapshot(connection, *pool, version)), pool)
            # After a rollback the log names the version that is back in force.
            snapshot = replace(snapshot, version=version)
            self._loaded[pool] = _Loaded(version, snapshot, self._solved(pool, snapshot))
        except _REFUSALS as error:
            self._refused[pool] = version
            self._told(pool, "refused", f"version {version}: {error}")
        else:
            self._refused.pop(pool, None)
            self._told(pool, "loaded", f"version {version}")

    def _checked(self, snapshot: Snapshot, pool: Pool) -> Snapshot:
        schema = self._policies.for_category(pool[1]).schema
        if (snapshot.merchant_id, snapshot.category) != pool:
            raise SnapshotError(f"it is {snapshot.merchant_id}'s, of {snapshot.category!r}")
        if snapshot.feature_version != schema.label or snapshot.sums.width != schema.width:
            raise SnapshotError(
                f"made with features {snapshot.feature_version}, not {schema.label}"
            )
        return snapshot

    def _solved(self, pool: Pool, snapshot: Snapshot) -> Decider:
        with self._lock:
            newcomers = list(self._wanted.get(pool, {}).values())
        decider = with_newcomers(snapshot, newcomers).decider()
        posterior = decider.posterior
        if not (np.isfinite(posterior.theta).all() and np.isfinite(posterior.spread).all()):
            raise SnapshotError("its estimates are not finite")
        return decider

    def _swap(self, pool: Pool) -> None:
        """Serve what is loaded, with arms that came since, or evenly while it is not trusted."""
        loaded = self._loaded.get(pool)
        if loaded is None:
            return
        known = frozenset(loaded.decider.arms.ids)
        with self._lock:
            wanted = set(self._wanted.get(pool, ()))
        if not known.issuperset(wanted):
            loaded = loaded._replace(decider=self._solved(pool, loaded.snapshot))
            self._loaded[pool] = loaded
            known = frozenset(loaded.decider.arms.ids)
        decider, reason = trusted(
            loaded.decider,
            as_of=loaded.snapshot.as_of,
            now=self._clock.now().timestamp(),
            aa=loaded.snapshot.aa_p_value,
            limits=self._policies.for_category(pool[1]).limits,
        )
        label = f"{Uniform.name}: {reason}" if reason else ""
        serving = self._serving.get(pool)
        is_same = serving is not None and serving.known == known and serving.label == label
        if not (is_same and serving and serving.decider.policy_version == decider.policy_version):
            self._serving[pool] = Serving(decider, known, label)
