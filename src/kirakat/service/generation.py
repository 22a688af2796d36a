"""What the service offers to have made: prompts, placements, and the recipe with its sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kirakat.bandit.configuration import Policies
from kirakat.imaging.buckets import MAX_CROP_LOSS, assign_buckets, crop_loss
from kirakat.prompts.pool import Pools
from kirakat.types import Bucket, Placement, Recipe


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The same for every request; a placement's bucket depends on nothing else."""

    recipe: Recipe
    # Long side in pixels at which the recipe's model draws.
    native_size: int
    pools: Pools
    # By name.
    placements: Mapping[str, Placement]
    # Which arms a pool has beside its prompts; None: the shipped policies, which have none.
    policies: Policies | None = None
    _assigned: dict[tuple[int, int], str] = field(default_factory=dict, repr=False)

    def extra_arms(self, category: str) -> tuple[str, ...]:
        """`original` and `positioned`, where the pool's policy may choose them."""
        return self.policies.for_category(category).extra_arms if self.policies else ()

    def bucket_of(self, placement: Placement) -> str:
        """Name of the size that the placement is cut from; empty for tiles."""
        if placement.is_tile:
            return ""
        size = (placement.width, placement.height)
        if size not in self._assigned:
            if len(self._assigned) > 10_000:
                self._assigned.clear()
            self._assigned[size] = self._assign(placement).name
        return self._assigned[size]

    @cached_property
    def _shared(self) -> Mapping[Placement, Bucket]:
        """The buckets of the placements that have a name, which share as few as possible."""
        known = tuple(self.placements.values())
        assigned = assign_buckets(known, native_size=self.native_size)
        return {placement: bucket for bucket, served in assigned.items() for placement in served}

    def _assign(self, placement: Placement) -> Bucket:
        for known, bucket in self._shared.items():
            if (known.width, known.height) == (placement.width, placement.height):
                return bucket
        is_square = placement.width == placement.height
        fitting = [
            bucket
            for bucket in set(self._shared.values())
            if crop_loss(bucket, placement) <= MAX_CROP_LOSS
            and (not is_square or bucket.width == bucket.height)
        ]
        if fitting:
            return min(fitting, key=lambda bucket: (crop_loss(bucket, placement), bucket.name))
        return next(iter(assign_buckets((placement,), native_size=self.native_size)))
