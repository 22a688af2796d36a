"""The simulated phases: logs in Kirakat's own format whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kirakat.errors import SettingsError
from kirakat.experiments.hash import bucket
from kirakat.experiments.report_source import study_of_folder
from kirakat.simulate.phases.ablation import PARTS, ablate, levels_of
from kirakat.simulate.phases.effects import PHASE_NAMES, PhaseName
from kirakat.simulate.phases.personalise import Personalisation
from kirakat.simulate.phases.settings import PHASES, Phases, load_phases
from kirakat.simulate.phases.simulate_phase import define_phase, simulate_phase
from kirakat.simulate.phases.small_test import small_test
from kirakat.simulate.phases.traffic import draw_traffic
from kirakat.stats.estimate import Estimate

pytest.importorskip("duckdb", reason="needs kirakat[experiments]")

LEARNED = Personalisation(curve=np.full(20, 0.05), contextual=0.05, best_fixed=0.04, random=0.02)


def small(users: int = 300) -> Phases:
    """Two of the shipped domains with few users."""
    phases = load_phases()
    domains = tuple(replace(domain, users=users) for domain in phases.domains[:2])
    return replace(phases, domains=domains)


def learned(phases: Phases) -> dict[str, Personalisation]:
    """The same gain everywhere."""
    return {domain.name: LEARNED for domain in phases.domains}


@pytest.mark.parametrize("phase", PHASE_NAMES)
def test_logs_are_read_back_by_the_report(tmp_path: Path, phase: PhaseName) -> None:
    """If they were not, the simulation would test another format than the product's."""
    phases = small()
    simulate_phase(phases, phase, learned(phases), tmp_path, seed=1)
    study = study_of_folder(tmp_path, now=phases.end)
    assert study.sums.warnings == ()
    assert study.is_final
    assert min(sums.units for sums in study.sums.variants.values()) > 100
    assert all(sums.total("impressions_before") > 0 for sums in study.sums.variants.values())


def test_the_same_seed_gives_the_same_log(tmp_path: Path) -> None:
    """If it did not, nobody could repeat a validation."""
    phases = small()
    totals = []
    for name in ("one", "two"):
        simulate_phase(phases, "phase-1", learned(phases), tmp_path / name, seed=3)
        sums = study_of_folder(tmp_path / name, now=phases.end).sums.variants
        totals.append([item.moments.sums.tolist() for item in sums.values()])
    assert totals[0] == totals[1]


def test_users_are_assigned_by_the_service_s_hash(tmp_path: Path) -> None:
    """If they were not, the simulation would say nothing of the assignment."""
    phases = small()
    experiment = simulate_phase(phases, "phase-3", learned(phases), tmp_path, seed=1)
    sums = study_of_folder(tmp_path, now=phases.end).sums
    names = [f"{domain.name}-{n}" for domain in phases.domains for n in range(domain.users)]
    lower = sum(bucket(experiment.seed, name) < 5_000 for name in names)
    # Users who never came are assigned, too.
    assert sums.variants["random"].units <= lower
    assert sums.variants["random"].units > 0.7 * lower


def test_the_truth_of_a_warm_phase_is_what_the_bandit_gained(tmp_path: Path) -> None:
    """If it were not, coverage would be measured against a wrong number."""
    phases = small()
    simulate_phase(phases, "phase-3", learned(phases), tmp_path, seed=1)
    rows = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert {row["catalog"] for row in rows} == {"all", "home", "fashion"}
    assert [row["lift"] for row in rows] == pytest.approx([0.05] * 3)


def test_missing_creatives_dilute_the_truth(tmp_path: Path) -> None:
    """If they did not, intention to treat would look biased."""
    phases = small()
    simulate_phase(phases, "phase-1", learned(phases), tmp_path, seed=1)
    study = study_of_folder(tmp_path, now=phases.end)
    assert 0.08 < study.truth["generated", "original", "all"] < 0.15


def test_effects_average_to_what_was_put_in() -> None:
    """If they did not, an effect of 15 % would be another one in the log."""
    phases = small()
    traffic = draw_traffic(phases, phases.domains[0], np.random.default_rng(1), is_warm=True)
    assert np.average(traffic.susceptibility, weights=traffic.rate) == pytest.approx(1.0, abs=0.02)


def test_definitions_are_the_shipped_templates() -> None:
    """If they were not, the simulation would run experiments that nobody can."""
    phases = small()
    variants = [[v.name for v in define_phase(phases, name).variants] for name in PHASE_NAMES]
    assert variants == [
        ["original", "positioned", "generated"],
        ["original", "old-recipe", "new-recipe"],
        ["random", "contextual"],
    ]


def test_parts_multiply_to_the_whole() -> None:
    """If they did not, the ablation would count something twice or not at all."""
    domain = load_phases().domains[0]
    levels = levels_of(domain, LEARNED)
    chain = ("positioning", "background", "better recipe", "contextual prompt")
    product = np.prod([
        levels[part.treated] / levels[part.control] for part in PARTS if part.name in chain
    ])  # fmt: skip
    whole = (1 + domain.generated) * (1 + domain.improved) * (1 + LEARNED.contextual)
    assert product == pytest.approx(whole)


def test_the_ablation_estimates_every_part_in_every_domain() -> None:
    """If it did not, the table would have holes."""
    domains = load_phases().domains[:2]
    rows = ablate(domains, {d.name: LEARNED for d in domains}, seed=1, users=20_000)
    assert len(rows) == 2 * len(PARTS)
    assert all(isinstance(row.found, Estimate) for row in rows)


def test_small_tests_find_what_the_plan_says() -> None:
    """If they did not, the power formula would promise too much."""
    found = small_test(0.02, [0.4], seed=1, runs=200)
    assert found.simulated[0][1] == pytest.approx(found.planned[0][1], abs=0.1)


def test_a_wrong_file_of_phases_names_itself(tmp_path: Path) -> None:
    """If it did not, a typing error would be searched for in the wrong place."""
    path = tmp_path / "mine.toml"
    path.write_text(PHASES.read_text(encoding="utf-8").replace("visits =", "vists ="))
    with pytest.raises(SettingsError, match=r"mine\.toml"):
        load_phases(path)
