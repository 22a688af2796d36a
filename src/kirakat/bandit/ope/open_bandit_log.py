"""A log in the Open Bandit Dataset's format as chunks, read row by row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.draw import uniform_draw
from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.chunk import Chunk, page_of
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.open_bandit import count_rows, read_item_features, rows_of
from kirakat.bandit.sums import Floats, Indices

POSITIONS = 3
# Columns that each of the hashed user features falls into.
BUCKETS = 8
Row = Mapping[str, str]


@dataclass(kw_only=True)
class OpenBanditChunks:
    """One behaviour policy's log of one campaign, in a folder named by the campaign.

    Files: `<campaign>.csv[.gz]` and `item_context.csv[.gz]`. The data names no shopper, so every
    row is a cluster of its own. Contexts are 1, the position, and the user features, each hashed
    into `BUCKETS` columns.
    """

    folder: Path
    # Items are joined into this many arms by their numeric feature; 0: each item is an arm.
    item_groups: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """The folder's last two parts, such as random/men."""
        return "/".join(self.folder.resolve().parts[-2:])

    @cached_property
    def decisions(self) -> int:
        """Rows of the log."""
        return count_rows(self.folder)

    @cached_property
    def group_of(self) -> Indices:
        """(items,) arm of each item."""
        numbers = read_item_features(self.folder)[:, 0]
        if not self.item_groups:
            return np.arange(len(numbers), dtype=np.int64)
        if self.item_groups > len(numbers):
            raise BanditError(f"{self.item_groups} groups of {len(numbers)} items")
        order = numbers.argsort(kind="stable").argsort(kind="stable")
        return np.asarray(order * self.item_groups // len(order), np.int64)

    @cached_property
    def arms(self) -> ArmSet:
        """Items, or groups of items, by their numbers."""
        kind = "group" if self.item_groups else "item"
        count = int(self.group_of.max()) + 1
        return ArmSet(tuple(Arm(arm_id=f"{kind}{number}") for number in range(count)))

    def chunks(self) -> Iterator[Chunk]:
        """The log from its start."""
        rows, first, page = rows_of(self.folder), 0, page_of(self.decisions)
        while part := list(islice(rows, page)):
            yield self._chunk(part, first)
            first += len(part)

    def frequencies(self) -> Floats:
        """(positions, K): how often this log shows each arm at each position."""
        table = np.zeros((POSITIONS, len(self.arms)))
        for row in rows_of(self.folder):
            table[int(row["position"]) - 1, self.group_of[int(row["item_id"])]] += 1.0
        if not table.sum(axis=1).all():
            raise BanditError(f"{self.folder}: a position of 1 to {POSITIONS} was never shown")
        return np.asarray(table / table.sum(axis=1, keepdims=True), np.float64)

    def _chunk(self, rows: Sequence[Row], first: int) -> Chunk:
        items = np.array([int(row["item_id"]) for row in rows], np.int64)
        numbers = np.arange(first, first + len(rows), dtype=np.int64)
        propensities = np.array([float(row["propensity_score"]) for row in rows])
        even = np.isclose(propensities, 1.0 / len(self.group_of))
        if self.item_groups and not even.all():
            raise BanditError("items can only be grouped in a log that drew them evenly")
        arms = self.group_of[items]
        sizes = np.bincount(self.group_of)
        everything = np.ones((len(rows), len(self.arms)), np.bool_)
        return Chunk(
            arms=self.arms,
            rounds=LoggedRounds(
                arms=arms,
                rewards=np.array([float(row["click"]) for row in rows]),
                propensities=propensities * sizes[arms],
                supported=everything,
                clusters=numbers,
            ),
            contexts=_contexts(rows),
            available=everything,
            even=even & (len(set(sizes.tolist())) == 1),
            repeats=np.zeros(len(rows), np.bool_),
            positions=np.array([int(row["position"]) - 1 for row in rows], np.int64),
            draws=np.array([uniform_draw("replay", f"{self.name}-{one}") for one in numbers]),
            until=0.0,
            read=len(rows),
        )


def _contexts(rows: Sequence[Row]) -> Floats:
    """(n, d): 1, the position, and every user feature's bucket."""
    users = sorted(name for name in rows[0] if name.startswith("user_feature_"))
    contexts = np.zeros((len(rows), 1 + POSITIONS + BUCKETS * len(users)))
    contexts[:, 0] = 1.0
    for line, row in enumerate(rows):
        contexts[line, int(row["position"])] = 1.0
        for number, name in enumerate(users):
            contexts[line, 1 + POSITIONS + BUCKETS * number + _bucket(row[name])] = 1.0
    return contexts


def _bucket(value: str) -> int:
    return hashlib.blake2b(value.encode(), digest_size=1).digest()[0] % BUCKETS
