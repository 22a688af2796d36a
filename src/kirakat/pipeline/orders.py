"""What a run should make of every offer."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.types import Placement, Recipe, Treatment


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which creatives are wanted of each offer."""

    placements: tuple[Placement, ...]
    treatments: frozenset[Treatment]
    # Prompts of the category's pool that are used, from its first.
    prompts_per_offer: int
    recipe: Recipe
    # A rejected creative is retried with what suits its defect this many times.
    retries: int = 2
