"""Twelve settings of every policy on tuning seeds: what benchmarks/policies.py then runs.

    python benchmarks/tune_policies.py [--seeds 6] [--rounds 400000] [--hours 1]
                                       [--only linear | vowpal]
                                       [--results out/policy-tuning.jsonl]

Every policy has the same number of settings and the same seeds, from 1000, which the report never
uses; the setting with the best mean share over the three worlds is taken. Policies that forget are
tuned where tastes change, all others on plain traffic. A run goes on where the results file ends.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbitSettings
from kirakat.bandit.prior import Prior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import Model, PolicySpecification
from kirakat.simulate.run import Contender, simulate
from kirakat.simulate.worlds import Variant, Worlds, load_worlds

EXPOSURE = Exposure(floor=0.02, cold_decisions=0.0)
FIRST_SEED = 1000
RIDGES = (1000.0, 4000.0, 16000.0)
# What each policy's own four values are of.
KNOBS: dict[str, tuple[str, tuple[float, ...]]] = {
    "linucb": ("exploration", (0.3, 0.6, 1.0, 2.0)),
    "epsilon_greedy": ("epsilon", (0.01, 0.03, 0.06, 0.12)),
    "inverse_gap": ("strength", (5.0, 20.0, 80.0, 320.0)),
    "thompson": ("scale", (0.2, 0.4, 0.7, 1.0)),
}
Setting = PolicySpecification | VowpalWabbitSettings


def linear(policy: str, model: Model) -> Iterator[tuple[str, Setting]]:
    """Ridge times the policy's own knob."""
    name, values = KNOBS[policy]
    for ridge, value in product(RIDGES, values):
        yield (
            f"ridge {ridge:g}, {name} {value:g}",
            PolicySpecification(
                model=model, policy=policy, options={name: value}, prior=Prior(ridge=ridge)
            ),
        )


def greedy(model: Model) -> Iterator[tuple[str, Setting]]:
    """Ridge times the category's ridge."""
    for ridge, category in product(RIDGES, (10.0, 30.0, 100.0, 300.0)):
        prior = Prior(ridge=ridge, category_ridge=category)
        specification = PolicySpecification(model=model, policy="greedy_ridge", prior=prior)
        yield f"ridge {ridge:g}, category ridge {category:g}", specification


def forgetting() -> Iterator[tuple[str, Setting]]:
    """Ridge times the weight that evidence keeps."""
    for ridge, kept in product(RIDGES, (0.8, 0.9, 0.95, 0.98)):
        specification = PolicySpecification(prior=Prior(ridge=ridge), forgetting=kept)
        yield f"ridge {ridge:g}, forgetting {kept:g}", specification


def fixed() -> Iterator[tuple[str, Setting]]:
    """Exploration times the prior's impressions."""
    for exploration, prior in product((0.1, 0.3, 1.0), (100.0, 300.0, 1000.0, 3000.0)):
        options = {"exploration": exploration, "prior_impressions": prior}
        specification = PolicySpecification(policy="best_fixed", options=options)
        yield f"exploration {exploration:g}, prior {prior:g}", specification


def vowpal() -> Iterator[tuple[str, Setting]]:
    """SquareCB's gamma times the learning rate."""
    for gamma, rate in product((100, 1000, 10_000, 100_000), (0.02, 0.1, 0.5)):
        arguments = f"--cb_explore_adf --squarecb --gamma_scale {gamma} -l {rate} -q ::"
        yield f"gamma {gamma}, rate {rate:g}", VowpalWabbitSettings(arguments=arguments)


LINEAR = {
    "best fixed": list(fixed()),
    "greedy ridge": list(greedy("disjoint")),
    "greedy ridge, hybrid": list(greedy("hybrid")),
    "epsilon-greedy": list(linear("epsilon_greedy", "disjoint")),
    "inverse gap": list(linear("inverse_gap", "disjoint")),
    "Thompson": list(linear("thompson", "disjoint")),
    "Thompson, hybrid": list(linear("thompson", "hybrid")),
    "LinUCB disjoint": list(linear("linucb", "disjoint")),
    "LinUCB hybrid": list(linear("linucb", "hybrid")),
}
FORGETFUL = {"LinUCB disjoint, forgets": list(forgetting())}
VOWPAL = {"Vowpal Wabbit": list(vowpal())}
Grid = dict[str, list[tuple[str, Setting]]]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One setting's run of one seed."""

    variant: str
    world: str
    seed: int
    policy: str
    setting: str
    share: float


def trials(worlds: Worlds, variant: Variant, grid: Grid, seed: int, world: str) -> Iterator[Trial]:
    """All settings on the same shoppers and luck."""
    contenders = [
        Contender(name=f"{policy}|{setting}", specification=specification, exposure=EXPOSURE)
        for policy, settings in grid.items()
        for setting, specification in settings
    ]
    settings = next(one for one in worlds.worlds if one.name == world)
    for name, curve in simulate(worlds, settings, variant, contenders, seed).items():
        policy, setting = name.split("|")
        yield Trial(
            variant=variant.name, world=world, seed=seed,
            policy=policy, setting=setting, share=curve.share(),
        )  # fmt: skip


def read(path: Path) -> list[Trial]:
    """What an earlier run left."""
    if not path.is_file():
        return []
    return [Trial(**json.loads(line)) for line in path.read_text().splitlines()]


def print_table(found: list[Trial], worlds: Worlds) -> None:
    """The settings of each policy, best first, by mean share over worlds and seeds."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in found:
        cells[trial.policy, trial.setting][trial.world].append(trial.share)
    names = [world.name for world in worlds.worlds]
    policies = dict.fromkeys(trial.policy for trial in found)
    for policy in policies:
        rows = {
            setting: [float(np.mean(by_world[name])) if by_world[name] else 0.0 for name in names]
            for (owner, setting), by_world in cells.items()
            if owner == policy
        }
        print(f"\n### {policy}\n\n| setting | {' | '.join(names)} | mean |")
        print("| --- |" + " --- |" * (len(names) + 1))
        for setting, row in sorted(rows.items(), key=lambda item: -float(np.mean(item[1]))):
            shares = " | ".join(f"{share:.3f}" for share in row)
            print(f"| {setting} | {shares} | {np.mean(row):.3f} |")


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=400_000)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--only", choices=("linear", "vowpal"), default="linear")
    parser.add_argument("--results", type=Path, default=Path("out/policy-tuning.jsonl"))
    chosen = parser.parse_args()
    worlds = replace(load_worlds(), rounds=chosen.rounds)
    variants = {variant.name: variant for variant in worlds.variants}
    parts: dict[str, Grid] = {"plain": LINEAR, "change": FORGETFUL}
    if chosen.only == "vowpal":
        parts = {"plain": VOWPAL}
    found = read(chosen.results)
    done = {(row.variant, row.world, row.seed, row.policy) for row in found}
    until = time.monotonic() + 3600.0 * chosen.hours
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(FIRST_SEED, FIRST_SEED + chosen.seeds):
        for (variant, grid), world in product(parts.items(), worlds.worlds):
            last = (variant, world.name, seed, list(grid)[-1])
            if last in done or time.monotonic() > until:
                continue
            rows = list(trials(worlds, variants[variant], grid, seed, world.name))
            found += rows
            with chosen.results.open("a") as stream:
                stream.writelines(json.dumps(vars(row)) + "\n" for row in rows)
    print_table(found, worlds)


if __name__ == "__main__":
    main()
