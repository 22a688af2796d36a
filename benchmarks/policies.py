"""Policies in worlds whose truth is known: share of the attainable lift, regret, intervals.

    python benchmarks/policies.py [--seeds 20] [--first-seed 0] [--rounds 400000]
                                  [--variants plain delay change missing] [--hours 1]
                                  [--results out/policies.jsonl] [--plot docs/images/policies.png]
                                  [--only POLICY ...]

Share 0 is a random arm, 1 the linear policy that was fitted to the true click rates. Every policy
sees the same shoppers, creatives and luck, and keeps a uniform floor of 2 %. The worlds are those
of src/kirakat/simulate/worlds.toml. Every policy runs with the best of its twelve settings in
benchmarks/tune_policies.py, on other seeds. Vowpal Wabbit takes part where it is installed (extra
`vw`). A run goes on where the results file ends, and starts nothing new after `--hours`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbitSettings
from kirakat.bandit.prior import Prior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.simulate.run import Contender, Curve, simulate
from kirakat.simulate.worlds import Variant, Worlds, WorldSettings, load_worlds
from kirakat.stats.intervals import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The best of twelve settings each on three seeds of every world.
LINEAR: dict[str, PolicySpecification] = {
    "best fixed": PolicySpecification(
        policy="best_fixed", options={"exploration": 1.0, "prior_impressions": 300.0}
    ),
    "greedy ridge": PolicySpecification(
        policy="greedy_ridge", prior=Prior(ridge=1000.0, category_ridge=10.0)
    ),
    "greedy ridge, hybrid": PolicySpecification(
        model="hybrid", policy="greedy_ridge", prior=Prior(ridge=1000.0, category_ridge=300.0)
    ),
    "epsilon-greedy": PolicySpecification(
        policy="epsilon_greedy", options={"epsilon": 0.01}, prior=Prior(ridge=1000.0)
    ),
    "inverse gap": PolicySpecification(
        policy="inverse_gap", options={"strength": 320.0}, prior=Prior(ridge=1000.0)
    ),
    "Thompson": PolicySpecification(
        policy="thompson", options={"scale": 0.2}, prior=Prior(ridge=1000.0)
    ),
    "Thompson, hybrid": PolicySpecification(
        model="hybrid", policy="thompson", options={"scale": 0.2}, prior=Prior(ridge=4000.0)
    ),
    # The shipped default: its twelve settings had none better.
    "LinUCB disjoint": PolicySpecification(),
    "LinUCB hybrid": PolicySpecification(
        model="hybrid", options={"exploration": 0.6}, prior=Prior(ridge=1000.0)
    ),
    "LinUCB disjoint, forgets": PolicySpecification(forgetting=0.95),
}
VOWPAL = "Vowpal Wabbit"
# Likewise, but on 100,000 rounds of one seed of two worlds: it takes 80 times as long.
VOWPAL_SETTINGS = VowpalWabbitSettings(
    arguments="--cb_explore_adf --squarecb --gamma_scale 10000 -l 0.5 -q ::"
)
EXPOSURE = Exposure(floor=0.02, cold_decisions=0.0)
POLICIES = (*LINEAR, VOWPAL)
# Points of a curve that are kept.
POINTS = 20


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One policy's run of one seed."""

    world: str
    variant: str
    seed: int
    policy: str
    rounds: int
    share: float
    # Over the last quarter of the rounds.
    late_share: float
    # Clicks lost against the linear oracle, and relative lift over random arms.
    regret: float
    lift: float
    # Share by twentieth of the rounds.
    curve: list[float]


def contenders_of(names: Iterable[str]) -> list[Contender]:
    """The policies under test."""
    return [
        Contender(
            name=name,
            specification=VOWPAL_SETTINGS if name == VOWPAL else LINEAR[name],
            exposure=EXPOSURE,
        )
        for name in names
    ]


def outcomes(
    worlds: Worlds,
    world: WorldSettings,
    variant: Variant,
    seed: int,
    names: Iterable[str],
) -> Iterator[Outcome]:
    """Outcomes of the policies named, of one seed."""
    contenders = contenders_of(names)
    for name, curve in simulate(worlds, world, variant, contenders, seed).items():
        yield Outcome(
            world=world.name,
            variant=variant.name,
            seed=seed,
            policy=name,
            rounds=worlds.rounds,
            share=curve.share(),
            late_share=curve.share(0.75),
            regret=curve.regret(worlds.batch),
            lift=curve.lift(),
            curve=by_part(curve),
        )


def by_part(curve: Curve) -> list[float]:
    """Share of the attainable lift in each of `POINTS` parts."""
    gained = np.array_split(curve.policy - curve.uniform, POINTS)
    attainable = np.array_split(curve.oracle - curve.uniform, POINTS)
    return [float(g.sum() / a.sum()) for g, a in zip(gained, attainable, strict=True)]


def read(path: Path) -> list[Outcome]:
    """What an earlier run left."""
    if not path.is_file():
        return []
    return [Outcome(**json.loads(line)) for line in path.read_text().splitlines()]


def interval(values: list[float], digits: int = 2) -> str:
    """Mean and 95 % interval over seeds."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    found = mean_interval(values)
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def print_tables(found: list[Outcome], worlds: Worlds) -> None:
    """One table a variant, with the paired difference from the best policy of each world."""
    for variant in worlds.variants:
        cells: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
        for outcome in found:
            if outcome.variant == variant.name:
                cells[outcome.policy, outcome.world].append(outcome)
        if not cells:
            continue
        counts = sorted({len(rows) for rows in cells.values()})
        names = [world.name for world in worlds.worlds if ("LinUCB hybrid", world.name) in cells]
        print(f"\n### {variant.name}, {found[0].rounds:,} rounds, seeds a cell: {counts}\n")
        print("| policy | " + " | ".join(f"{n}: share | last quarter | regret" for n in names), "|")
        print("| --- |" + " --- | --- | --- |" * len(names))
        there = [policy for policy in POLICIES if all(cells[policy, name] for name in names)]
        for policy in there:
            row = [print_cell(cells[policy, name]) for name in names]
            print(f"| {policy} | " + " | ".join(row), "|")
        for name in names:
            print_differences({policy: cells[policy, name] for policy in there}, name)


def print_cell(rows: list[Outcome]) -> str:
    """Three columns."""
    share = interval([row.share for row in rows])
    late = interval([row.late_share for row in rows])
    return f"{share} | {late} | {interval([row.regret for row in rows], 0)}"


def print_differences(rows: dict[str, list[Outcome]], world: str) -> None:
    """How far LinUCB is from the best other policy of a world, on the seeds that both ran."""
    shares = {policy: {row.seed: row.share for row in found} for policy, found in rows.items()}
    others = {policy: found for policy, found in shares.items() if not policy.startswith("LinUCB")}
    best = max(others, key=lambda policy: float(np.mean(list(others[policy].values()))))
    for policy in ("LinUCB disjoint", "LinUCB hybrid"):
        both = sorted(set(shares[policy]) & set(shares[best]))
        paired = [shares[policy][seed] - shares[best][seed] for seed in both]
        print(f"{world}: {policy} less {best}: {interval(paired, 3)}")


def plot(found: list[Outcome], worlds: Worlds, path: Path) -> None:
    """Above: what is reached over time, plain. Below: shares with intervals, by variant."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 9.6), dpi=110, layout="constrained")
    grid = figure.subplots(2, len(worlds.worlds), sharey="row", height_ratios=(1, 1.45))
    for column, world in enumerate(worlds.worlds):
        here = [outcome for outcome in found if outcome.world == world.name]
        draw_curves(grid[0, column], here, world.name)
        draw_intervals(grid[1, column], here)
    grid[0, 0].set_ylabel("share of the attainable lift")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncol=4, frameon=False, fontsize=9)
    handles, labels = grid[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=4, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def draw_curves(axis: Axes, found: list[Outcome], title: str) -> None:
    """Share by part of the rounds, plain traffic, mean over seeds."""
    for number, policy in enumerate(POLICIES):
        rows = [row for row in found if (row.variant, row.policy) == ("plain", policy)]
        if not rows or policy.endswith("forgets"):
            continue
        rounds = (np.arange(POINTS) + 0.5) * rows[0].rounds / POINTS / 1000
        is_ours = policy.startswith("LinUCB")
        axis.plot(
            rounds, np.mean([row.curve for row in rows], axis=0), label=policy,
            linewidth=2.6 if is_ours else 1.1, color=f"C{number}" if number < 10 else "black",
        )  # fmt: skip
    axis.set_title(title)
    axis.set_xlabel("thousand impressions")
    axis.axhline(1.0, color="grey", linewidth=0.8, linestyle=":")
    axis.set_ylim(-0.05, 1.05)


def draw_intervals(axis: Axes, found: list[Outcome]) -> None:
    """Share of every policy and variant, with its 95 % interval over seeds."""
    variants = ("plain", "delay", "change", "missing")
    there = [policy for policy in POLICIES if any(row.policy == policy for row in found)]
    for place, variant in enumerate(variants):
        for height, policy in enumerate(there):
            shares = [row.share for row in found if (row.variant, row.policy) == (variant, policy)]
            if len(shares) < 2:
                continue
            mean = mean_interval(shares)
            axis.errorbar(
                [mean.value], [height + 0.17 * (place - 1.5)],
                xerr=[[mean.value - mean.low], [mean.high - mean.value]],
                fmt="o", markersize=3.5, linewidth=1.2, color=f"C{place}",
                label=variant if height == 0 else None,
            )  # fmt: skip
    axis.set_yticks(range(len(there)), there)
    axis.set_ylim(len(there) - 0.4, -0.6)
    axis.set_xlim(-0.1, 1.0)
    axis.set_xlabel("share, 95 % over seeds")
    axis.grid(axis="x", alpha=0.3)


def has_vowpal() -> bool:
    """Whether Vowpal Wabbit is installed."""
    return find_spec("vowpalwabbit") is not None


def main() -> None:
    """Simulate what is missing, then print the tables and draw the plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=400_000)
    parser.add_argument("--variants", nargs="*", default=["plain", "delay", "change", "missing"])
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--results", type=Path, default=Path("out/policies.jsonl"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--only", nargs="*", choices=POLICIES, default=list(POLICIES))
    chosen = parser.parse_args()
    worlds = replace(load_worlds(), rounds=chosen.rounds)
    if chosen.rounds < POINTS * worlds.batch:
        parser.error(f"--rounds must be {POINTS * worlds.batch} or more")
    found = [row for row in read(chosen.results) if row.rounds == chosen.rounds]
    done = {(row.world, row.variant, row.seed, row.policy) for row in found}
    wanted = [name for name in chosen.only if name != VOWPAL or has_vowpal()]
    until = time.monotonic() + 3600.0 * chosen.hours
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
        for variant in (v for v in worlds.variants if v.name in chosen.variants):
            for world in worlds.worlds:
                cell = (world.name, variant.name, seed)
                missing = [policy for policy in wanted if (*cell, policy) not in done]
                if not missing or time.monotonic() > until:
                    continue
                rows = list(outcomes(worlds, world, variant, seed, missing))
                found += rows
                with chosen.results.open("a") as stream:
                    stream.writelines(json.dumps(vars(row)) + "\n" for row in rows)
    print_tables(found, worlds)
    if chosen.plot is not None:
        plot(found, worlds, chosen.plot)


if __name__ == "__main__":
    main()
