"""Logged decisions as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.draw import uniform_draw
from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.chunk import Chunk
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats
from kirakat.store.decision_contexts import ContextRecord


@dataclass(frozen=True)
class UsedDecision:
    """A decision with its outcome."""

    decision_id: str
    # As the service logged it.
    record: Mapping[str, Any]
    # Seconds since 1970.
    at: float
    clicked: bool
    # None where it was never stored, or erased.
    context: ContextRecord | None


def chunk_of(
    used: Sequence[UsedDecision],
    order: dict[str, int],
    known: Mapping[str, Arm],
    width: int,
    read: int,
) -> Chunk:
    """The arrays of one page.

    `order` remembers the place of every arm seen; `known` says more of arms than their names;
    `width` is d; `read` counts what was read for the page.
    """
    records = [item.record for item in used]
    names = {name for record in records for name in _choices(record)}
    for name in sorted(names - set(order)):
        order[name] = len(order)
    arms = ArmSet(tuple(known.get(name, Arm(arm_id=name)) for name in order))
    logged, available = _probabilities(records, order)
    lines = np.arange(len(used))
    picked = np.array([order[record["chosen"]] for record in records], np.int64)
    rounds = LoggedRounds(
        arms=picked,
        rewards=np.array([float(item.clicked) for item in used]),
        propensities=logged[lines, picked],
        supported=logged > 0.0,
        clusters=np.array([_cluster(item) for item in used], np.int64),
    )
    ids = [item.decision_id for item in used]
    return Chunk(
        arms=arms,
        rounds=rounds,
        contexts=_contexts(used, width),
        available=available,
        even=np.array([_is_even(record) for record in records], np.bool_),
        repeats=np.array([bool(record.get("repeat")) for record in records], np.bool_),
        positions=np.array([(record.get("position") or 0) - 1 for record in records], np.int64),
        draws=np.array([uniform_draw("replay", decision_id) for decision_id in ids]),
        until=used[-1].at,
        read=read,
    )


def _choices(record: Mapping[str, Any]) -> set[str]:
    """What could have been chosen, whatever its probability; a repeat has its first choice's."""
    ready = () if record.get("repeat") else record["ready"]
    return {record["chosen"], *record["probabilities"], *ready}


def _probabilities(
    records: Sequence[Mapping[str, Any]], order: Mapping[str, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, K) logged probabilities, and what could have been chosen."""
    logged = np.zeros((len(records), len(order)))
    available = np.zeros(logged.shape, np.bool_)
    for line, record in enumerate(records):
        for name, share in record["probabilities"].items():
            logged[line, order[name]] = share
        for name in _choices(record):
            available[line, order[name]] = True
        if record["chosen"] not in record["probabilities"]:
            logged[line, order[record["chosen"]]] = record["propensity"]
    return logged, available


def _contexts(used: Sequence[UsedDecision], width: int) -> Floats:
    """(n, d); 1 and zeros where nothing was stored or it was erased."""
    contexts = np.zeros((len(used), width))
    contexts[:, 0] = 1.0
    for line, item in enumerate(used):
        if item.context is None or item.context.features is None:
            continue
        for index, value in item.context.features:
            if index >= width:
                raise BanditError(f"decision {item.decision_id} has a feature {index}")
            contexts[line, index] = value
    return contexts


def _is_even(record: Mapping[str, Any]) -> bool:
    return bool(record.get("in_uniform_bucket")) or record["policy"] == "uniform"


def _cluster(item: UsedDecision) -> int:
    """The shopper, or else the request, whose items one shopper saw."""
    unit = item.context.unit if item.context else ""
    name = unit or item.decision_id.rpartition("-")[0] or item.decision_id
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
