"""Simulate one phase: assign shoppers as the service does, let them click, write the log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kirakat.experiments.definition import Experiment
from kirakat.experiments.event_log import write_event_log
from kirakat.experiments.hash import bucket
from kirakat.experiments.ranges import first_ranges, owner
from kirakat.experiments.read_definition import read_definition
from kirakat.experiments.templates import template
from kirakat.simulate.phases.effects import (
    PHASE_NAMES,
    Effect,
    PhaseName,
    effects_of,
    rates_of,
)
from kirakat.simulate.phases.personalise import Personalisation
from kirakat.simulate.phases.settings import Phases
from kirakat.simulate.phases.traffic import COMPOSITIONS, Floats, Integers, Traffic, draw_traffic
from kirakat.store.json_records import to_json

MERCHANT = "simulated"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shown:
    """A domain's traffic with what it was shown and what came of it: (n,) each."""

    traffic: Traffic
    names: Sequence[str]
    # Number of the variant in the definition's order.
    variant: Integers
    served: Integers
    clicked: Floats
    converted: Floats
    revenue: Floats


def define_phase(phases: Phases, phase: PhaseName) -> Experiment:
    """The shipped template of a phase, with the simulation's dates, users and catalogues."""
    text = template(phase.replace("-", ""))
    experiment = read_definition(text, MERCHANT)
    breakdowns = (*experiment.breakdowns, "catalog")
    return replace(
        experiment,
        planned_units=sum(domain.users for domain in phases.domains),
        breakdowns=tuple(dict.fromkeys(breakdowns)),
        starts_at=phases.start,
        ends_at=phases.end,
    )


def simulate_phase(
    phases: Phases,
    phase: PhaseName,
    learned: Mapping[str, Personalisation],
    folder: Path,
    seed: int,
) -> Experiment:
    """Write `experiment.json`, `truth.json` and `events/` of a phase; gives its definition.

    `learned`: by domain. The truth is the relative change of the expected clicks if all users of
    the experiment saw the treated variant instead of the control: what intention to treat
    estimates, over all ("all") and by catalogue.
    """
    experiment = define_phase(phases, phase)
    expected: dict[str, dict[str, float]] = {}
    for number, domain in enumerate(phases.domains):
        generator = np.random.default_rng([seed, PHASE_NAMES.index(phase), number])
        traffic = draw_traffic(phases, domain, generator, is_warm=phase == "phase-3")
        effects = effects_of(phase, domain, phases, learned[domain.name])
        inside = traffic.at >= 0
        rates = {name: rates_of(traffic, effect) for name, effect in effects.items()}
        expected[domain.name] = {name: float(rate[inside].sum()) for name, rate in rates.items()}
        shown = _show(phases, experiment, traffic, list(effects.values()), rates, generator)
        rows = _rows(phases, experiment, shown, generator)
        write_event_log(folder / "events" / f"{domain.name}.parquet", rows)
    _write_json(folder / "experiment.json", to_json(experiment))
    _write_json(folder / "truth.json", _truth(experiment, expected))
    return experiment


def _show(
    phases: Phases,
    experiment: Experiment,
    traffic: Traffic,
    effects: Sequence[Effect],
    rates: Mapping[str, Floats],
    generator: np.random.Generator,
) -> _Shown:
    names = [f"{traffic.domain.name}-{number}" for number in range(traffic.domain.users)]
    ranges = first_ranges([variant.weight for variant in experiment.variants])
    owners = [owner(ranges, bucket(experiment.seed, name)) for name in names]
    variant = np.array([-1 if found is None else found for found in owners])[traffic.user]
    table = np.stack([rates[item.name] for item in experiment.variants])
    rate = table[variant, np.arange(len(variant))]
    delay = generator.exponential(phases.click_delay_hours * 3600.0, len(rate))
    in_time = traffic.at + delay < (phases.end - phases.start).total_seconds()
    clicked = (generator.random(len(rate)) < rate) & in_time
    converted = clicked & (generator.random(len(rate)) < phases.conversion_rate)
    worth = generator.lognormal(np.log(phases.order_value) - 0.32, 0.8, len(rate))
    treatments = np.array([_TREATMENTS.index(effect.treatment) for effect in effects])
    return _Shown(
        traffic=traffic,
        names=names,
        variant=variant,
        served=np.where(traffic.ready & (traffic.at >= 0), treatments[variant], 0),
        clicked=clicked.astype(np.float64),
        converted=converted.astype(np.float64),
        revenue=np.where(converted, worth, 0.0),
    )


_TREATMENTS = ("original", "positioned", "generated")


def _rows(
    phases: Phases, experiment: Experiment, shown: _Shown, generator: np.random.Generator
) -> dict[str, Any]:
    """The log's columns; impressions before the start belong to no experiment."""
    traffic, domain = shown.traffic, shown.traffic.domain
    n = len(traffic.user)
    inside = traffic.at >= 0
    start = np.datetime64(phases.start.replace(tzinfo=None), "us")
    variants = np.array([item.name for item in experiment.variants], object)
    arms = np.array([f"{domain.name}-prompt-{number}@1" for number in range(8)], object)
    treatments = np.array(_TREATMENTS, object)
    return {
        "merchant_id": _repeated(MERCHANT, n),
        "unit": np.array(shown.names, object)[traffic.user],
        "experiment": np.where(inside, experiment.name, "").astype(object),
        "variant": np.where(inside, variants[shown.variant], "").astype(object),
        "decision_id": np.array([f"{domain.name}-{number:x}" for number in range(n)], object),
        "at": start + (traffic.at * 1e6).astype("timedelta64[us]"),
        "catalog": _repeated(domain.name, n),
        "category": np.array(domain.categories, object)[traffic.category],
        "offer_id": np.array([f"offer-{i}" for i in range(domain.offers)], object)[traffic.offer],
        "placement": np.array([p.name for p in phases.placements], object)[traffic.placement],
        "treatment_served": treatments[shown.served],
        "arm": np.where(shown.served == 2, generator.choice(arms, n), "").astype(object),
        "is_triggered": traffic.ready & inside,
        "photo_quality": traffic.quality,
        "photo_composition": np.array(COMPOSITIONS, object)[traffic.composition],
        "clicks": shown.clicked.astype(np.int32),
        "conversions": shown.converted.astype(np.int32),
        "revenue": shown.revenue,
        "cost": shown.clicked * phases.cost_per_click,
    }


def _repeated(text: str, n: int) -> Any:
    return np.array([text], object).repeat(n)


def _truth(
    experiment: Experiment, expected: Mapping[str, Mapping[str, float]]
) -> list[dict[str, object]]:
    """One row a comparison and catalogue."""
    everywhere = {
        variant.name: sum(rates[variant.name] for rates in expected.values())
        for variant in experiment.variants
    }
    return [
        {
            "treated": pair.treated,
            "control": pair.control,
            "catalog": catalog,
            "lift": rates[pair.treated] / rates[pair.control] - 1.0,
        }
        for pair in experiment.comparisons
        for catalog, rates in {"all": everywhere, **expected}.items()
    ]


def _write_json(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(values, indent=2, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")
