"""Reward windows: pools that have one in common are learned in one pass."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.bandit.configuration import EVERY, LearnFrom, Policies


@dataclass(frozen=True, kw_only=True)
class Window:
    """What opens a reward window, and its seconds: pools that have it in common learn together."""

    opening: LearnFrom
    seconds: float

    @property
    def label(self) -> str:
        """Its name in the store."""
        return f"{self.opening}:{self.seconds:g}"


def windows_of(policies: Policies) -> tuple[Window, ...]:
    """Every window that a pool of these policies can have, variants included."""
    names = [name.partition("#") for name in policies.tables]
    categories = {category for category, _, _ in names} | {EVERY}
    variants = {"", *(variant for _, _, variant in names)}
    pools = [
        policies.for_category(f"{category}#{variant}" if variant else category)
        for category in sorted(categories)
        for variant in sorted(variants)
    ]
    found = {Window(opening=pool.learn_from, seconds=pool.reward_window) for pool in pools}
    return tuple(sorted(found, key=lambda window: window.label))
