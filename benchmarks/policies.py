"""Policies in worlds whose truth is known: share of the attainable lift, regret, intervals.

    python benchmarks/policies.py [--seeds 20] [--first-seed 0] [--rounds 400000]
                                  [--variants plain delay change missing] [--hours 1]
                                  [--results out/policies.jsonl] [--plot docs/images/policies.png]

Share 0 is a random arm, 1 the linear policy that was fitted to the true click rates. Every policy
sees the same shoppers, creatives and luck, and keeps a uniform floor of 2 %. The worlds are those
of src/kirakat/simulate/worlds.toml; defaults were chosen on seeds from 1000. A run goes on where
the results file ends, and starts nothing new after `--hours`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.simulate.run import Contender, Curve, simulate
from kirakat.simulate.worlds import Variant, Worlds, WorldSettings, load_worlds
from kirakat.stats.intervals import mean_interval

POLICIES = {
    "best fixed": PolicySpecification(policy="best_fixed"),
    "greedy ridge": PolicySpecification(policy="greedy_ridge"),
    "epsilon-greedy": PolicySpecification(policy="epsilon_greedy"),
    "inverse gap": PolicySpecification(policy="inverse_gap"),
    "Thompson": PolicySpecification(policy="thompson"),
    "LinUCB disjoint": PolicySpecification(),
    "LinUCB hybrid": PolicySpecification(model="hybrid"),
    "LinUCB disjoint, forgets": PolicySpecification(forgetting=0.9),
}
EXPOSURE = Exposure(floor=0.02, cold_decisions=0.0)
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


def outcomes(
    worlds: Worlds, world: WorldSettings, variant: Variant, seed: int
) -> Iterator[Outcome]:
    """Every policy's outcome of one seed."""
    contenders = [
        Contender(name=name, specification=specification, exposure=EXPOSURE)
        for name, specification in POLICIES.items()
    ]
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
        for policy in POLICIES:
            row = [print_cell(cells[policy, name]) for name in names]
            print(f"| {policy} | " + " | ".join(row), "|")
        for name in names:
            print_differences({policy: cells[policy, name] for policy in POLICIES}, name)


def print_cell(rows: list[Outcome]) -> str:
    """Three columns."""
    share = interval([row.share for row in rows])
    late = interval([row.late_share for row in rows])
    return f"{share} | {late} | {interval([row.regret for row in rows], 0)}"


def print_differences(rows: dict[str, list[Outcome]], world: str) -> None:
    """How far LinUCB is from the best policy of a world, seed by seed."""
    shares = {policy: np.array([row.share for row in found]) for policy, found in rows.items()}
    best = max(shares, key=lambda policy: float(shares[policy].mean()))
    for policy in ("LinUCB disjoint", "LinUCB hybrid"):
        if policy != best:
            paired = (shares[policy] - shares[best]).tolist()
            print(f"{world}: {policy} less {best}: {interval(paired, 3)}")


def plot(found: list[Outcome], worlds: Worlds, path: Path) -> None:
    """Share of the attainable lift over the rounds, a panel a world."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = [world.name for world in worlds.worlds]
    figure, axes = pyplot.subplots(1, len(names), figsize=(11, 3.6), sharey=True)
    for axis, name in zip(axes, names, strict=True):
        for policy in POLICIES:
            rows = [o for o in found if (o.world, o.variant, o.policy) == (name, "plain", policy)]
            if not rows:
                continue
            curves = np.array([row.curve for row in rows])
            rounds = (np.arange(POINTS) + 0.5) * rows[0].rounds / POINTS / 1000
            thick = 2.4 if policy.startswith("LinUCB") and "forgets" not in policy else 1.1
            axis.plot(rounds, curves.mean(axis=0), label=policy, linewidth=thick)
        axis.set_title(name)
        axis.set_xlabel("thousand impressions")
        axis.axhline(1.0, color="grey", linewidth=0.8, linestyle=":")
        axis.set_ylim(-0.1, 1.1)
    axes[0].set_ylabel("share of the attainable lift")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncol=4, frameon=False)
    figure.tight_layout(rect=(0, 0.17, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


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
    chosen = parser.parse_args()
    worlds = replace(load_worlds(), rounds=chosen.rounds)
    if chosen.rounds < POINTS * worlds.batch:
        parser.error(f"--rounds must be {POINTS * worlds.batch} or more")
    found = [row for row in read(chosen.results) if row.rounds == chosen.rounds]
    done = {(row.world, row.variant, row.seed) for row in found}
    until = time.monotonic() + 3600.0 * chosen.hours
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
        for variant in (v for v in worlds.variants if v.name in chosen.variants):
            for world in worlds.worlds:
                if (world.name, variant.name, seed) in done or time.monotonic() > until:
                    continue
                rows = list(outcomes(worlds, world, variant, seed))
                found += rows
                with chosen.results.open("a") as stream:
                    stream.writelines(json.dumps(vars(row)) + "\n" for row in rows)
    print_tables(found, worlds)
    if chosen.plot is not None:
        plot(found, worlds, chosen.plot)


if __name__ == "__main__":
    main()
