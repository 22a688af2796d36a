"""What personalisation is worth, found by running the bandit, not by believing a number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Floats
from kirakat.simulate.phases.settings import Domain
from kirakat.simulate.run import Contender, simulate
from kirakat.simulate.truth import draw_truth
from kirakat.simulate.worlds import load_worlds

# Decisions of one run: what a domain's contextual users see in an experiment.
ROUNDS = 200_000
# Rounds after which a reward window closes.
DELAY = 10_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Personalisation:
    """What LinUCB came to in one world: relative changes of the click rate."""

    # Over random prompts, by twentieth of the run, learning included: (20,).
    curve: Floats
    # Over the whole run.
    contextual: float
    # Best single prompt, known in hindsight, over random prompts.
    best_fixed: float
    # Random prompts over the pool's first prompt.
    random: float


def personalise(domain: Domain, seed: int, *, rounds: int = ROUNDS) -> Personalisation:
    """Run LinUCB in a world in which personalisation is worth what the domain says.

    Arms, tastes and delays are drawn from the seed. The run includes exploration.
    """
    worlds = replace(load_worlds(), rounds=rounds)
    world = replace(worlds.worlds[0], personalisation=domain.personalisation)
    delayed = replace(worlds.variants[0], delay=DELAY)
    contender = Contender(
        name="LinUCB",
        specification=PolicySpecification(model="hybrid"),
        exposure=Exposure(floor=0.02, cold_decisions=0.0),
    )
    run = simulate(worlds, world, delayed, [contender], seed)["LinUCB"]
    # The truth that the run drew: its first stream.
    means = draw_truth(worlds, world, np.random.default_rng([seed, 0])).means
    parts = len(run.policy) // 20
    policy = run.policy[: 20 * parts].reshape(20, -1).mean(axis=1)
    uniform = run.uniform[: 20 * parts].reshape(20, -1).mean(axis=1)
    return Personalisation(
        curve=policy / uniform - 1.0,
        contextual=run.lift(),
        best_fixed=float(run.best_fixed.sum() / run.uniform.sum()) - 1.0,
        random=float(means.mean() / means[0]) - 1.0,
    )
