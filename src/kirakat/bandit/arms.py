"""Arms and their readiness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.errors import BanditError

ORIGINAL = "original"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What a policy chooses: prompt@version, `original` or `positioned`."""

    arm_id: str
    # The prompt's tags; what hybrid models share.
    tags: tuple[str, ...] = ()
    # An older version whose discounted evidence is this arm's prior; empty: the category's prior.
    inherits_from: str = ""


@dataclass(frozen=True)
class ArmSet:
    """The arms of one pool in their fixed order, which is that of every array."""

    arms: tuple[Arm, ...]

    def __post_init__(self) -> None:
        if len({arm.arm_id for arm in self.arms}) != len(self.arms):
            raise BanditError(f"an arm occurs twice: {[arm.arm_id for arm in self.arms]}")

    def __len__(self) -> int:
        return len(self.arms)

    @property
    def ids(self) -> tuple[str, ...]:
        """The arms' names in order."""
        return tuple(arm.arm_id for arm in self.arms)

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag that occurs, sorted."""
        return tuple(sorted({tag for arm in self.arms for tag in arm.tags}))

    def tag_matrix(self) -> NDArray[np.float64]:
        """(K, T) with 1 where the arm has the tag."""
        tags = self.tags
        rows = [[float(tag in arm.tags) for tag in tags] for arm in self.arms]
        return np.array(rows, np.float64).reshape(len(self.arms), len(tags))

    def mask(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """(K,) true for the arms named; names that are no arm of the set are left out."""
        named = set(ids)
        return np.array([arm_id in named for arm_id in self.ids], np.bool_)


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What may be shown for one item and placement, and what can be shown at once."""

    # Date window open, not paused, creative not rejected.
    eligible: tuple[str, ...]
    # Those of the eligible whose creative exists.
    ready: tuple[str, ...]

    def __post_init__(self) -> None:
        stray = set(self.ready) - set(self.eligible)
        if stray:
            raise BanditError(f"ready but not eligible: {sorted(stray)}")

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Eligible, but not ready."""
        ready = set(self.ready)
        return tuple(arm for arm in self.eligible if arm not in ready)
