"""Who comes when, and what is on the page: traffic before anybody is treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.simulate.phases.settings import Domain, Phases

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DAY = 86_400.0
COMPOSITIONS = ("plain ground", "scene", "small")


@dataclass(frozen=True, kw_only=True, eq=False)
class Traffic:
    """A domain's impressions, before and during an experiment: (n,) each."""

    domain: Domain
    user: Integers
    # Seconds from the start; negative before it.
    at: Floats
    offer: Integers
    # Numbers in the settings' order.
    placement: Integers
    category: Integers
    composition: Integers
    # Of the offer's photo, 0 to 1.
    quality: Floats
    # Click rate of the original picture.
    rate: Floats
    # What an effect is multiplied by; 1 on average over clicks.
    susceptibility: Floats
    # Whether the creative was made by then.
    ready: NDArray[np.bool_]


def draw_traffic(
    phases: Phases, domain: Domain, generator: np.random.Generator, *, is_warm: bool
) -> Traffic:
    """A domain's traffic. `is_warm`: every creative is made before the start."""
    user, at = _visits(phases, domain, generator)
    n = len(user)
    shares = np.array([item.share for item in phases.placements])
    placement = generator.choice(len(shares), n, p=shares / shares.sum())
    popularity = 1.0 / np.arange(1, domain.offers + 1) ** 0.7
    offer = generator.choice(domain.offers, n, p=popularity / popularity.sum())
    quality = generator.beta(4.0, 2.5, domain.offers)
    appeal = generator.gamma(16.0, 1 / 16.0, domain.offers)
    liking = generator.gamma(domain.click_shape, 1 / domain.click_shape, domain.users)
    clicks = np.array([item.clicks for item in phases.placements])
    factor = clicks / (shares @ clicks / shares.sum())
    rate = domain.ctr * liking[user] * appeal[offer] * factor[placement]
    return Traffic(
        domain=domain,
        user=user,
        at=at,
        offer=offer,
        placement=placement,
        category=offer % len(domain.categories),
        composition=generator.integers(0, len(COMPOSITIONS), domain.offers)[offer],
        quality=quality[offer],
        rate=np.minimum(rate, 0.5),
        susceptibility=_susceptibility(phases, placement, quality[offer], rate),
        ready=_ready(phases, domain, offer, placement, at, generator) | is_warm,
    )


def _visits(
    phases: Phases, domain: Domain, generator: np.random.Generator
) -> tuple[Integers, Floats]:
    """User and second of each impression; users come unequally often."""
    length = phases.days + phases.days_before
    activity = generator.gamma(domain.visit_shape, 1 / domain.visit_shape, domain.users)
    visits = generator.poisson(domain.visits * length / phases.days * activity)
    visitor = np.repeat(np.arange(domain.users), visits)
    # Evenings are busier: the hour is a mixture of all day and around 20:00 UTC.
    day = generator.integers(-phases.days_before, phases.days, len(visitor))
    evening = np.clip(generator.normal(20.0, 2.0, len(visitor)), 0.0, 23.99)
    hour = np.where(generator.random(len(visitor)) < 0.5, evening, 24 * generator.random(len(day)))
    shown = 1 + generator.poisson(max(domain.impressions_a_visit - 1.0, 0.0), len(visitor))
    second = np.repeat(day * DAY + hour * 3600.0, shown)
    at = second + generator.uniform(0.0, 30.0, len(second))
    return np.repeat(visitor, shown), np.minimum(at, phases.days * DAY - 1.0)


def _susceptibility(phases: Phases, placement: Integers, quality: Floats, rate: Floats) -> Floats:
    effect = np.array([item.effect for item in phases.placements])[placement]
    raw = effect * (1.0 + phases.quality_slope * (quality.mean() - quality))
    return np.asarray(raw / np.average(raw, weights=rate), np.float64)


def _ready(
    phases: Phases,
    domain: Domain,
    offer: Integers,
    placement: Integers,
    at: Floats,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    shape = (domain.offers, len(phases.placements))
    made = generator.exponential(phases.ready_hours * 3600.0, shape)
    made[generator.random(shape) < phases.never_ready] = np.inf
    return np.asarray(at >= made[offer, placement])
