"""What each part adds, alone: every part against the same pictures without it, by domain.

Users' totals are drawn, not impressions: enough users for intervals of a percent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kirakat.simulate.phases.personalise import Personalisation
from kirakat.simulate.phases.settings import Domain
from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Result
from kirakat.stats.sufficient import RatioSums, ratio_sums

# Users of each variant in each domain.
USERS = 400_000


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the whole: two variants that differ in nothing else."""

    name: str
    treated: str
    control: str


PARTS: Sequence[Part] = (
    Part(name="positioning", treated="positioned", control="original"),
    Part(name="background", treated="background", control="positioned"),
    Part(name="better recipe", treated="recipe", control="background"),
    Part(name="random prompt", treated="random", control="recipe"),
    Part(name="best fixed prompt", treated="best fixed", control="recipe"),
    Part(name="contextual prompt", treated="contextual", control="recipe"),
)


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """A part's effect in a domain."""

    part: Part
    domain: str
    truth: float
    found: Result


def ablate(
    domains: Sequence[Domain],
    learned: Mapping[str, Personalisation],
    *,
    seed: int,
    users: int = USERS,
) -> list[Ablated]:
    """Every part in every domain; `learned`: what bandits came to, by domain."""
    found = []
    for number, domain in enumerate(domains):
        generator = np.random.default_rng([seed, number])
        levels = levels_of(domain, learned[domain.name])
        sums = {name: _draw(domain, level, users, generator) for name, level in levels.items()}
        found += [
            Ablated(
                part=part,
                domain=domain.name,
                truth=levels[part.treated] / levels[part.control] - 1.0,
                found=relative_lift(sums[part.treated], sums[part.control]),
            )
            for part in PARTS
        ]
    return found


def levels_of(domain: Domain, learned: Personalisation) -> dict[str, float]:
    """Click rate by variant, relative to the original's.

    Up to "recipe" everybody sees the pool's first prompt. Random prompts are what phase I and II
    showed, so the domain's effects are those of random prompts, and one prompt's is derived.
    """
    one = 1.0 / (1.0 + learned.random)
    background, recipe = 1.0 + domain.generated, (1.0 + domain.generated) * (1.0 + domain.improved)
    return {
        "original": 1.0,
        "positioned": 1.0 + domain.positioned,
        "background": background * one,
        "recipe": recipe * one,
        "random": recipe,
        "best fixed": recipe * (1.0 + learned.best_fixed),
        "contextual": recipe * (1.0 + learned.contextual),
    }


def _draw(domain: Domain, level: float, users: int, generator: np.random.Generator) -> RatioSums:
    """Clicks and impressions of a group of its own."""
    activity = generator.gamma(domain.visit_shape, 1 / domain.visit_shape, users)
    shown = generator.poisson(domain.visits * domain.impressions_a_visit * activity)
    liking = generator.gamma(domain.click_shape, 1 / domain.click_shape, users)
    clicks = generator.binomial(shown, np.minimum(domain.ctr * level * liking, 1.0))
    came = shown > 0
    return ratio_sums(clicks[came].astype(np.float64), shown[came].astype(np.float64))
