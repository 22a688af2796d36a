"""Sums by the names of arms and by epoch: they merge whatever arms and features they have."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.errors import BanditError
from kirakat.bandit.sums import Floats, LinearSums

_ARRAYS = ("counts", "clicks", "outer", "reward")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Raw sums of E epochs, K arms and d features (`LinearSums` of each epoch)."""

    # (K,), sorted.
    arms: tuple[str, ...]
    # (E,), sorted.
    epochs: tuple[int, ...]
    # (E, K), (E, K), (E, K, d, d), (E, K, d).
    counts: Floats
    clicks: Floats
    outer: Floats
    reward: Floats

    @property
    def width(self) -> int:
        """d, the values of a context: the last one that was ever not 0."""
        return int(self.reward.shape[2])

    @property
    def decisions(self) -> float:
        """Decisions of all arms and epochs."""
        return float(self.counts.sum())


def empty(arms: Iterable[str] = (), epochs: Iterable[int] = (), width: int = 0) -> Evidence:
    """No decision yet."""
    names, times = tuple(sorted(set(arms))), tuple(sorted(set(epochs)))
    shape = (len(times), len(names))
    return Evidence(
        arms=names,
        epochs=times,
        counts=np.zeros(shape),
        clicks=np.zeros(shape),
        outer=np.zeros((*shape, width, width)),
        reward=np.zeros((*shape, width)),
    )


def merge_all(parts: Sequence[Evidence]) -> Evidence:
    """All evidence together; the order matters to the last bits only."""
    total = empty(
        (arm for part in parts for arm in part.arms),
        (epoch for part in parts for epoch in part.epochs),
        max((part.width for part in parts), default=0),
    )
    for part in parts:
        add_to(total, part)
    return total


def add_to(total: Evidence, part: Evidence) -> None:
    """Add in place; `total` has every arm, epoch and feature of `part`."""
    rows: tuple[Any, ...] = np.ix_(
        [total.epochs.index(epoch) for epoch in part.epochs],
        [total.arms.index(arm) for arm in part.arms],
    )
    d = part.width
    total.counts[rows] += part.counts
    total.clicks[rows] += part.clicks
    total.reward[(*rows, slice(None, d))] += part.reward
    total.outer[(*rows, slice(None, d), slice(None, d))] += part.outer


def fold_before(evidence: Evidence, epoch: int, forgetting: float) -> Evidence:
    """The same, with all epochs before one discounted to it and added up in it."""
    old = [index for index, at in enumerate(evidence.epochs) if at < epoch]
    if len(old) < 2:
        return evidence
    folded = Evidence(
        arms=evidence.arms, epochs=(epoch,), **_summed(evidence, old, epoch, forgetting)
    )
    new = [index for index, at in enumerate(evidence.epochs) if at >= epoch]
    rest = Evidence(
        arms=evidence.arms,
        epochs=tuple(evidence.epochs[index] for index in new),
        **{name: getattr(evidence, name)[new] for name in _ARRAYS},
    )
    return merge_all([folded, rest])


def sums_at(
    evidence: Evidence, arms: Sequence[str], width: int, epoch: int, forgetting: float
) -> LinearSums:
    """The sums of these arms in this order, as of an epoch; arms without evidence have zeros.

    Raises `BanditError` when the evidence is of more features than `width`.
    """
    if evidence.width > width:
        raise BanditError(f"evidence has {evidence.width} features, the schema {width}")
    wanted = empty(arms, evidence.epochs, width)
    known = [arm for arm in evidence.arms if arm in wanted.arms]
    add_to(wanted, _only(evidence, known))
    as_of = max([epoch, *evidence.epochs])
    summed = _summed(wanted, range(len(wanted.epochs)), as_of, forgetting)
    order = [wanted.arms.index(arm) for arm in arms]
    return LinearSums(epoch=as_of, **{name: value[0, order] for name, value in summed.items()})


def to_bytes(evidence: Evidence) -> bytes:
    """The arrays as one npz; the arms' names are kept beside it."""
    stream = io.BytesIO()
    arrays = {name: getattr(evidence, name) for name in _ARRAYS}
    np.savez_compressed(stream, epochs=np.array(evidence.epochs, np.int64), **arrays)
    return stream.getvalue()


def from_bytes(arms: Sequence[str], data: bytes) -> Evidence:
    """The inverse of `to_bytes`. Raises `BanditError` for broken bytes."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays: dict[str, NDArray[np.float64]] = {name: stored[name] for name in _ARRAYS}
            epochs = tuple(int(epoch) for epoch in stored["epochs"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BanditError(f"learned sums cannot be read: {error}") from error
    width = arrays["reward"].shape[-1]
    shape = (len(epochs), len(arms))
    expected = {"counts": shape, "clicks": shape, "reward": (*shape, width)}
    expected["outer"] = (*shape, width, width)
    for name, array in arrays.items():
        if array.shape != expected[name] or not np.isfinite(array).all():
            raise BanditError(f"learned sums: {name} is no finite array of {expected[name]}")
    return Evidence(arms=tuple(arms), epochs=epochs, **arrays)


def _only(evidence: Evidence, arms: Sequence[str]) -> Evidence:
    chosen = [evidence.arms.index(arm) for arm in arms]
    arrays = {name: getattr(evidence, name)[:, chosen] for name in _ARRAYS}
    return Evidence(arms=tuple(arms), epochs=evidence.epochs, **arrays)


def _summed(
    evidence: Evidence, rows: Sequence[int], epoch: int, forgetting: float
) -> dict[str, Floats]:
    """(1, ...) arrays: those epochs discounted to `epoch` and added up."""
    weights = np.array([forgetting ** (epoch - evidence.epochs[row]) for row in rows])
    chosen = list(rows)
    return {
        name: np.tensordot(weights, getattr(evidence, name)[chosen], axes=(0, 0))[None]
        for name in _ARRAYS
    }
