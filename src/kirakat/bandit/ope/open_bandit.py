"""Reader of the Open Bandit Dataset's format (Saito et al., 2020, arXiv 2008.07146)."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats, Indices

COLUMNS = ("timestamp", "item_id", "position", "click", "propensity_score")


@dataclass(frozen=True, kw_only=True)
class OpenBanditLog:
    """One behaviour policy's log of one campaign."""

    # All (n,): item, position in the widget from 0, click, and logged propensity of the item.
    items: Indices
    positions: Indices
    clicks: Floats
    propensities: Floats
    # n rows of hashed user features.
    users: tuple[tuple[str, ...], ...]
    # (items, f) numeric item feature and one-hot categorical ones.
    item_features: Floats

    def __len__(self) -> int:
        return len(self.items)

    @property
    def ctr(self) -> float:
        """The behaviour policy's own click rate."""
        return float(self.clicks.mean())

    def rounds(self) -> LoggedRounds:
        """For the estimators. The data names no shopper, so every row is its own cluster."""
        return self.grouped(np.arange(len(self.item_features), dtype=np.int64))

    def grouped(self, groups: Indices) -> LoggedRounds:
        """The log with arms joined to groups: `groups` has a group for each item.

        Only for logs whose items were drawn evenly, where a group's propensity is its size.
        """
        arms = int(groups.max()) + 1
        sizes = np.bincount(groups, minlength=arms)[groups[self.items]]
        if arms < len(groups) and not np.allclose(self.propensities, 1.0 / len(groups)):
            raise BanditError("items can only be grouped in a log that drew them evenly")
        return LoggedRounds(
            arms=groups[self.items],
            rewards=self.clicks,
            propensities=self.propensities * sizes,
            supported=np.ones((len(self), arms), np.bool_),
            clusters=np.arange(len(self), dtype=np.int64),
        )

    def frequencies(self) -> Floats:
        """(positions, items): how often the behaviour policy showed each item at each position.

        The value of a policy without contexts, such as Bernoulli Thompson sampling, follows.
        """
        table = np.zeros((int(self.positions.max()) + 1, len(self.item_features)))
        np.add.at(table, (self.positions, self.items), 1.0)
        return np.asarray(table / table.sum(axis=1, keepdims=True), np.float64)


def read_open_bandit(folder: Path) -> OpenBanditLog:
    """Read `<campaign>.csv[.gz]` and `item_context.csv[.gz]` in a folder named by its campaign."""
    rows = list(rows_of(folder))
    users = sorted(name for name in rows[0] if name.startswith("user_feature_"))
    return OpenBanditLog(
        items=np.array([int(row["item_id"]) for row in rows], np.int64),
        positions=np.array([int(row["position"]) - 1 for row in rows], np.int64),
        clicks=np.array([float(row["click"]) for row in rows]),
        propensities=np.array([float(row["propensity_score"]) for row in rows]),
        users=tuple(tuple(row[name] for name in users) for row in rows),
        item_features=read_item_features(folder),
    )


def rows_of(folder: Path) -> Iterator[dict[str, str]]:
    """The log's rows, one by one. Raises `BanditError` when columns are missing, or all rows."""
    rows = _rows(_existing(folder, folder.resolve().name))
    first = next(rows, None)
    if first is None or any(name not in first for name in COLUMNS):
        raise BanditError(f"{folder}: no rows with the columns {', '.join(COLUMNS)}")
    yield first
    yield from rows


def count_rows(folder: Path) -> int:
    """Rows of the log."""
    return sum(1 for _ in _rows(_existing(folder, folder.resolve().name)))


def read_item_features(folder: Path) -> Floats:
    """(items, f) of `item_context.csv[.gz]`: the numeric feature, then the others one-hot."""
    return _item_features(list(_rows(_existing(folder, "item_context"))))


def _existing(folder: Path, stem: str) -> Path:
    for ending in (".csv.gz", ".csv"):
        if (folder / f"{stem}{ending}").is_file():
            return folder / f"{stem}{ending}"
    raise BanditError(f"{folder}: no {stem}.csv or {stem}.csv.gz")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _item_features(rows: list[dict[str, str]]) -> Floats:
    rows = sorted(rows, key=lambda row: int(row["item_id"]))
    columns = [np.array([float(row["item_feature_0"]) for row in rows])]
    for name in (key for key in rows[0] if key.startswith("item_feature_")):
        if name == "item_feature_0":
            continue
        for value in sorted({row[name] for row in rows}):
            columns.append(np.array([float(row[name] == value) for row in rows]))
    return np.stack(columns, axis=1)
