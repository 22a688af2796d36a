"""A world's truth: every arm's click rate for every context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.sums import Floats
from kirakat.simulate.shoppers import draw_contexts
from kirakat.simulate.worlds import Worlds, WorldSettings

# Contexts on which a truth is scaled and its oracle fitted.
SAMPLE = 40_000
# No arm's rate falls below this share of the mean.
LEAST = 0.05
Taste = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Known click rates, and the best that a linear policy could do with them."""

    arms: ArmSet
    ctr: float
    # (K,) levels and the scale of tastes, as shares of the click rate.
    levels: Floats
    scale: float
    taste: Taste
    # (K, d) least-squares fit of the true rates: the oracle-fitted linear policy.
    oracle: Floats
    # (K,) mean rates, for the best single arm.
    means: Floats

    def rates(self, contexts: Floats) -> Floats:
        """(n, K) click rates of contexts (n, d)."""
        return _rates(self.ctr, self.levels, self.scale * self.taste(contexts))


def draw_truth(worlds: Worlds, world: WorldSettings, generator: np.random.Generator) -> Truth:
    """A truth in which personalisation is worth what the world says."""
    arms, tags = _draw_arms(worlds, generator)
    levels = worlds.arm_spread * generator.standard_normal(worlds.arms)
    draw = _linear_taste if world.linear else _table_taste
    raw = draw(worlds, tags, generator)
    sample = draw_contexts(worlds, SAMPLE, generator)
    # Tastes average to 0, so that the levels are the arms' means.
    centre = raw(sample).mean(axis=0)
    tastes = raw(sample) - centre
    scale = _scale_for(world.personalisation, worlds.ctr, levels, tastes)
    rates = _rates(worlds.ctr, levels, scale * tastes)
    oracle = np.linalg.lstsq(sample, rates, rcond=None)[0].T
    return Truth(
        arms=arms,
        ctr=worlds.ctr,
        levels=levels,
        scale=scale,
        taste=lambda contexts: raw(contexts) - centre,
        oracle=np.asarray(oracle, np.float64),
        means=rates.mean(axis=0),
    )


def _rates(ctr: float, levels: Floats, tastes: Floats) -> Floats:
    return np.asarray(ctr * np.maximum(1.0 + levels + tastes, LEAST), np.float64)


def _draw_arms(worlds: Worlds, generator: np.random.Generator) -> tuple[ArmSet, Floats]:
    arms = []
    for index in range(worlds.arms):
        picked = generator.choice(worlds.tags, worlds.tags_per_arm, replace=False)
        tags = tuple(f"tag{tag}" for tag in sorted(picked.tolist()))
        arms.append(Arm(arm_id=f"prompt{index}@1", tags=tags))
    built = ArmSet(tuple(arms))
    return built, built.tag_matrix()


def _mixed(own: Floats, by_tag: Floats, tags: Floats, shared: float) -> Floats:
    """(K, ...) tastes of arms: a part of their own and one of their tags, of unit variance."""
    together = np.tensordot(tags, by_tag, axes=1)
    spread = np.sqrt(np.maximum(tags.sum(axis=1), 1.0)).reshape(-1, *[1] * (own.ndim - 1))
    return np.asarray(np.sqrt(1.0 - shared) * own + np.sqrt(shared) * together / spread)


def _linear_taste(worlds: Worlds, tags: Floats, generator: np.random.Generator) -> Taste:
    own = generator.standard_normal((worlds.arms, worlds.width))
    by_tag = generator.standard_normal((tags.shape[1], worlds.width))
    weights = _mixed(own, by_tag, tags, worlds.shared)
    return lambda contexts: contexts @ weights.T


def _table_taste(worlds: Worlds, tags: Floats, generator: np.random.Generator) -> Taste:
    """A free value for each pair of the first two groups, and a wave in the first number."""
    first, second = worlds.groups[:2]
    shape = (first, second)
    own = generator.standard_normal((worlds.arms, *shape))
    by_tag = generator.standard_normal((tags.shape[1], *shape))
    table = _mixed(own, by_tag, tags, worlds.shared)
    phase = generator.uniform(0.0, 2.0 * np.pi, worlds.arms)
    number = 1 + sum(worlds.groups)

    def taste(contexts: Floats) -> Floats:
        one = contexts[:, 1 : 1 + first].argmax(axis=1)
        two = contexts[:, 1 + first : 1 + first + second].argmax(axis=1)
        wave = np.sin(np.pi * contexts[:, number, None] + phase)
        return np.asarray(table[:, one, two].T + wave, np.float64)

    return taste


def _scale_for(worth: float, ctr: float, levels: Floats, tastes: Floats) -> float:
    """The scale at which the best arm for everyone beats the best single one by `worth`."""
    low, high = 0.0, 4.0
    for _ in range(40):
        middle = (low + high) / 2.0
        rates = _rates(ctr, levels, middle * tastes)
        gain = float(rates.max(axis=1).mean() / rates.mean(axis=0).max()) - 1.0
        low, high = (middle, high) if gain < worth else (low, middle)
    return (low + high) / 2.0
