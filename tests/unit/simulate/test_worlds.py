"""The simulator's worlds: what the policy table rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.errors import SettingsError
from kirakat.simulate.run import Contender, Curve, simulate
from kirakat.simulate.shoppers import draw_contexts
from kirakat.simulate.truth import draw_truth
from kirakat.simulate.worlds import Worlds, WorldSettings, load_worlds

WORLDS = load_worlds()
SMALL = replace(WORLDS, rounds=40_000, batch=1000)
STRONG, WEAK, MISSPECIFIED = WORLDS.worlds
PLAIN, DELAY, CHANGE, MISSING = WORLDS.variants


def contender(name: str, policy: str) -> Contender:
    """A policy without floor or cold arms."""
    exposure = Exposure(floor=0.0, cold_decisions=0.0)
    return Contender(name=name, specification=PolicySpecification(policy=policy), exposure=exposure)


def run(worlds: Worlds = SMALL, variant: int = 0, policy: str = "linucb", seed: int = 1) -> Curve:
    """One contender through the strong world."""
    contenders = [contender("it", policy)]
    return simulate(worlds, STRONG, worlds.variants[variant], contenders, seed)["it"]


@pytest.mark.parametrize("world", WORLDS.worlds, ids=lambda world: world.name)
def test_personalisation_is_worth_what_the_file_says(world: WorldSettings) -> None:
    """If it were not, the table's headings would be wrong."""
    for seed in range(3):
        generator = np.random.default_rng(seed)
        truth = draw_truth(WORLDS, world, generator)
        rates = truth.rates(draw_contexts(WORLDS, 60_000, generator))
        worth = rates.max(axis=1).mean() / rates.mean(axis=0).max() - 1.0
        assert worth == pytest.approx(world.personalisation, abs=0.012)
        assert rates.mean() == pytest.approx(WORLDS.ctr, rel=0.12)


def test_only_the_misspecified_world_is_beyond_a_linear_model() -> None:
    """If a linear policy could do everything there, the third world would show nothing."""
    losses = {}
    for world in WORLDS.worlds:
        generator = np.random.default_rng(5)
        truth = draw_truth(WORLDS, world, generator)
        contexts = draw_contexts(WORLDS, 60_000, generator)
        rates = truth.rates(contexts)
        chosen = (contexts @ truth.oracle.T).argmax(axis=1)
        reached = rates[np.arange(60_000), chosen].mean() - rates.mean()
        losses[world.name] = 1.0 - reached / (rates.max(axis=1).mean() - rates.mean())
    assert losses["strong"] < 0.02
    assert losses["weak"] < 0.02
    assert losses["misspecified"] > 0.15


def test_a_seed_gives_the_same_curve() -> None:
    """If it did not, nobody could check the table."""
    first, again = run(), run()
    assert (first.policy == again.policy).all()
    assert (run(seed=2).policy != first.policy).any()


def test_contenders_see_the_same_traffic() -> None:
    """If they did not, luck would decide between policies."""
    pair = [contender("a", "linucb"), contender("b", "uniform")]
    both = simulate(SMALL, STRONG, PLAIN, pair, 1)
    assert (both["a"].oracle == both["b"].oracle).all()
    assert (both["a"].policy == run().policy).all()


def test_random_arms_have_no_lift_and_learning_has() -> None:
    """If the yardsticks were off, every share of the table would be."""
    assert run(policy="uniform").share() == pytest.approx(0.0, abs=1e-9)
    learned = run(worlds=replace(SMALL, rounds=100_000))
    assert 0.2 < learned.share() < learned.share(0.75) <= 1.0
    assert learned.regret(1000) > 0.0


def test_nothing_is_learned_before_the_reward_window_closes() -> None:
    """If it were, the table would flatter policies that cannot exist."""
    curve = run(variant=1)
    waiting = DELAY.delay // SMALL.batch
    assert curve.policy[:waiting] == pytest.approx(curve.uniform[:waiting], rel=1e-9)
    assert curve.policy[-5:].mean() > curve.uniform[-5:].mean()


def test_tastes_change_half_way() -> None:
    """If they did not, forgetting could never pay."""
    curve = run(variant=2)
    half = len(curve.policy) // 2
    before = (curve.policy - curve.uniform)[half - 5 : half].mean()
    after = (curve.policy - curve.uniform)[half : half + 3].mean()
    assert after < 0.6 * before


def test_missing_creatives_come_in_over_time() -> None:
    """If all were ready, the variant would show nothing."""
    plain, missing = run(policy="uniform"), run(variant=3, policy="uniform")
    assert missing.optimum[:5].mean() < 0.97 * plain.optimum[:5].mean()
    assert missing.optimum[-5:].mean() == pytest.approx(plain.optimum[-5:].mean(), rel=0.02)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    """If it were not, a slip in a world's file would look like a fault of a policy."""
    path = tmp_path / "worlds.toml"
    path.write_text("rounds = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"worlds\.toml"):
        load_worlds(path)
