"""`Learner`: everything that is closed by now, learned, merged, published and watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from kirakat.bandit.learner.evidence import to_bytes
from kirakat.bandit.learner.find_slices import Turn, frontier, turn, unlearned_slices
from kirakat.bandit.learner.learn_slice import Learned, Rules, learn_slice
from kirakat.bandit.learner.publish import draft_snapshot, publish
from kirakat.bandit.learner.state import compact
from kirakat.bandit.learner.watch import find_alarms
from kirakat.bandit.learner.windows import Window, windows_of
from kirakat.clock import Clock
from kirakat.errors import SettingsError
from kirakat.prompts.pool import Pools
from kirakat.store.database import Database
from kirakat.store.learned_slices import (
    LearnedSlice,
    Stretch,
    insert_stretch,
    learned_pools,
    slice_length,
)
from kirakat.store.merchants import merchant_ids
from kirakat.store.policy_alarms import record_alarms


@dataclass(frozen=True, kw_only=True)
class SliceDone:
    """A slice was learned."""

    merchant_id: str
    start: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PoolDone:
    """A pool's state was looked at after what was learned."""

    merchant_id: str
    category: str
    # The snapshot that was published; None: the newest says all.
    version: int | None
    note: str
    # By kind and arm.
    alarms: Mapping[tuple[str, str], str]


Step = SliceDone | PoolDone


@dataclass(kw_only=True)
class Learner:
    """One of any number of learners of an installation; it may be killed at any time."""

    database: Database
    rules: Rules
    # Pools beneath those of the merchants.
    shipped: Pools
    clock: Clock
    name: str
    # Which share of the slices is its own: part 1 of 1 is all of them.
    part: int = 1
    parts: int = 1
    # By merchant and window: before this time nothing is left to learn.
    _done: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def round(self) -> Iterator[Step]:
        """Learn all slices that are closed by now, then publish. Raises `StoreError`.

        Raises `SettingsError` when learners before cut time into other slices.
        """
        now = self.clock.now()
        with self.database.reading() as connection:
            merchants = merchant_ids(connection)
            self._check_slices(slice_length(connection))
        for merchant_id in merchants:
            as_of: dict[Window, datetime] = {}
            for window in windows_of(self.rules.policies):
                yield from self._learn(merchant_id, window, now)
                as_of[window] = self._as_of(merchant_id, window, now)
            yield from self._publish(merchant_id, as_of, now)

    def _check_slices(self, before: timedelta | None) -> None:
        seconds = self.rules.slicing.seconds
        if before is not None and before != timedelta(seconds=seconds):
            told = before.total_seconds()
            raise SettingsError(
                f"learn_slice is {seconds:g}, but what is learned was cut into slices of {told:g} "
                "seconds; another length would count decisions twice"
            )

    def _learn(self, merchant_id: str, window: Window, now: datetime) -> Iterator[SliceDone]:
        is_mine: Turn = turn(self.part, self.parts, merchant_id)
        with self.database.reading() as connection:
            starts = list(self._unlearned(connection, merchant_id, window, now))
        for start in starts:
            if not is_mine(start):
                continue
            with self.database.reading() as connection:
                learned = learn_slice(connection, merchant_id, window, start, self.rules)
            if self._insert(merchant_id, window, start, learned, now):
                yield SliceDone(merchant_id=merchant_id, start=start, counts=learned.counts)

    def _unlearned(
        self, connection: Connection, merchant_id: str, window: Window, now: datetime
    ) -> Iterator[datetime]:
        since = self._done.get((merchant_id, window.label))
        return unlearned_slices(
            connection, merchant_id, window, self.rules.slicing, now=now, since=since
        )

    def _insert(
        self, merchant_id: str, window: Window, start: datetime, learned: Learned, now: datetime
    ) -> bool:
        stretch = Stretch(
            merchant_id=merchant_id, reward_window=window.label, start=start, learner=self.name,
            counts=dict(learned.counts), learned_at=now,
        )  # fmt: skip
        slices = [
            LearnedSlice(
                merchant_id=merchant_id,
                category=category,
                feature_version=version,
                slice_start=start,
                level=0,
                slice_end=self.rules.slicing.end_of(start),
                learner=self.name,
                arms=evidence.arms,
                data=to_bytes(evidence),
                counts=learned.tallies[category, version].plain(),
                learned_at=now,
            )
            for (category, version), evidence in learned.evidence.items()
        ]
        with self.database.writing() as connection:
            return insert_stretch(connection, stretch, slices)

    def _as_of(self, merchant_id: str, window: Window, now: datetime) -> datetime:
        """The time before which everything is learned, by whichever learner."""
        with self.database.reading() as connection:
            left = next(self._unlearned(connection, merchant_id, window, now), None)
        done = left or frontier(window, self.rules.slicing, now)
        self._done[merchant_id, window.label] = done
        return done

    def _publish(
        self, merchant_id: str, as_of: Mapping[Window, datetime], now: datetime
    ) -> Iterator[PoolDone]:
        with self.database.reading() as connection:
            pools = learned_pools(connection, merchant_id)
        for category, version in pools:
            forgetting = self.rules.policies.for_category(category).specification.forgetting
            compact(
                self.database, merchant_id, category, version,
                forgetting=forgetting, learner=self.name, now=now,
            )  # fmt: skip
        for category in dict(pools):
            policy = self.rules.policies.for_category(category)
            window = Window(opening=policy.learn_from, seconds=policy.reward_window)
            with self.database.reading() as connection:
                draft = draft_snapshot(
                    connection, merchant_id, policy, self.shipped,
                    as_of=as_of[window], now=now,
                )  # fmt: skip
                alarms = find_alarms(connection, draft, policy, now=now)
            done = publish(self.database, draft, policy, actor=self.name, now=now)
            with self.database.writing() as connection:
                record_alarms(connection, merchant_id, category, alarms, version=done or 0, now=now)
            yield PoolDone(
                merchant_id=merchant_id, category=category, version=done, note=draft.note,
                alarms=alarms,
            )  # fmt: skip
