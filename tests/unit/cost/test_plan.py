"""Prices, savings, waiting and break-even."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.cost.break_even import break_even
from kirakat.cost.count_work import WorkCounts
from kirakat.cost.curve import cost_curve, draw_curve
from kirakat.cost.measured_run import calibrated, compare, read_run
from kirakat.cost.plan import Assumptions, make_plan
from kirakat.cost.tables import load_prices, load_timings, timings_of
from kirakat.cost.waiting import wait
from kirakat.errors import CostError

COUNTS = WorkCounts(
    offers=100, images=60, masks_unshared=100, renders=180, renders_ungrouped=300,
    renders_unshared=300, creatives={"generated": 240, "positioned": 60},
)  # fmt: skip
TIMINGS = load_timings()["tiny"]
PRICES = load_prices()
ASSUMED = Assumptions(workers=2, retries=0.0)
PLAN = make_plan(COUNTS, TIMINGS, PRICES, ASSUMED)


def test_machine_time_is_counts_times_seconds() -> None:
    """If it were not, nobody could check the sum with a pencil."""
    render = TIMINGS.prepare + TIMINGS.generate + TIMINGS.check
    seconds = 60 * TIMINGS.mask + 180 * render + 300 * TIMINGS.finish
    assert PLAN.machine_hours == pytest.approx(seconds / 3600)
    assert PLAN.hours == pytest.approx(PLAN.machine_hours / 2)


def test_the_price_is_that_of_the_machine_and_the_storage() -> None:
    """If it were not, an edited price table would change nothing."""
    dear = replace(PRICES, machines={**PRICES.machines, TIMINGS.machine: 80.0}, storage_month=0.0)
    assert make_plan(COUNTS, TIMINGS, dear, ASSUMED).price == pytest.approx(PLAN.machine_hours * 80)


def test_every_saving_costs_more_without_it() -> None:
    """If it did not, a cache would be kept for nothing."""
    assert all(saving.factor > 1 for saving in PLAN.savings)


def test_a_machine_without_a_price_is_named() -> None:
    """If it were not, a typing error would make the pictures free."""
    with pytest.raises(CostError, match="cpu-2"):
        make_plan(COUNTS, TIMINGS, replace(PRICES, machines={"gpu": 1.0}), ASSUMED)


def test_a_generator_without_timings_says_how_to_get_them() -> None:
    """If it did not, an own checkpoint could not be planned for."""
    with pytest.raises(CostError, match="--calibrate"):
        timings_of("mine", load_timings())


def test_assumed_timings_are_marked() -> None:
    """If they were not, a guess would be read as a measurement."""
    assert not make_plan(COUNTS, load_timings()["sd15"], PRICES, ASSUMED).measured


@pytest.mark.parametrize("line", ["storage_month = -1", "storage_month = nan", "colour = 1"])
def test_a_broken_price_table_is_refused(tmp_path: Path, line: str) -> None:
    """If it were not, a negative price would pay for the catalogue."""
    path = tmp_path / "prices.toml"
    path.write_text(f'currency = "EUR"\nreview = 0\n{line}\n[machines]\ncpu-2 = 1\n')
    with pytest.raises(CostError):
        load_prices(path)


@given(st.integers(1, 400), st.floats(0.0, 2.0))
def test_waiting_is_the_sum_over_offers(offers: int, skew: float) -> None:
    """If it were not, the plan would promise creatives earlier than they come."""
    found = wait(offers=offers, hours=10.0, impressions_a_day=2400.0, skew=skew)
    weights = [rank**-skew for rank in range(1, offers + 1)]
    missed = sum(w * rank for rank, w in enumerate(weights, 1)) / sum(weights) / offers
    assert found.originals == pytest.approx(100.0 * 10.0 * missed)
    assert found.originals <= found.originals_in_feed_order * (1 + 1e-9)


def test_waiting_for_a_million_offers_is_told_without_a_long_sum() -> None:
    """If the shortcut were wrong, only the largest catalogues would be planned wrongly."""
    found = wait(offers=1_000_000, hours=1.0, impressions_a_day=24.0, skew=1.0)
    harmonic = math.log(1e6) + 0.5772156649
    assert found.originals == pytest.approx(1e6 / harmonic / 1e6, rel=1e-4)


def test_the_break_even_pays_the_price() -> None:
    """If it did not, a merchant would be told a wrong day."""
    found = break_even(price=90.0, click_value=0.3, lift=0.15, clicks_a_day=100.0)
    assert found.additional * 0.3 == pytest.approx(90.0)
    assert found.days == pytest.approx(20.0)


def test_a_lift_of_nothing_never_pays() -> None:
    """If it were divided by, the answer would be infinity instead of a sentence."""
    with pytest.raises(CostError):
        break_even(price=1.0, click_value=0.3, lift=0.0)


def _manifest(path: Path, *, cached: bool = False) -> Path:
    seconds = {"generate": 0.5, "measure expansion": 0.2, "cut back": 0.1, "encode": 0.1}
    rows = [
        {"certificate": {"render_key": f"r{n // 2}"}, "attempt": 0, "cached": cached,
         "bytes": 1000, "seconds": {} if cached else seconds}
        for n in range(4)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"cut off')
    return path


def test_a_run_calibrates_the_next_plan(tmp_path: Path) -> None:
    """If it did not, prices would be those of our machine."""
    run = read_run(_manifest(tmp_path / "manifest.jsonl"))
    timings = calibrated(TIMINGS, run)
    assert (run.creatives, run.renders) == (4, 2)
    assert timings.generate == pytest.approx(1.0)
    assert timings.finish == pytest.approx(0.2)


def test_a_run_from_the_cache_calibrates_nothing(tmp_path: Path) -> None:
    """If it did, the next catalogue would be planned as free."""
    run = read_run(_manifest(tmp_path / "manifest.jsonl", cached=True))
    with pytest.raises(CostError, match="cache"):
        calibrated(TIMINGS, run)
    assert [row.name for row in compare(PLAN, run)] == ["creatives", "renders", "gigabytes"]


def test_planned_and_actual_stand_side_by_side(tmp_path: Path) -> None:
    """If they did not, nobody would learn how good plans are."""
    rows = compare(PLAN, read_run(_manifest(tmp_path / "manifest.jsonl")))
    assert rows[0].ratio == pytest.approx(4 / 300)
    assert rows[-1].actual == pytest.approx(0.8)


def test_the_curve_grows_with_the_catalogue() -> None:
    """If it did not, a million offers would look as cheap as a thousand."""
    points = cost_curve(COUNTS, TIMINGS, PRICES, ASSUMED)
    assert points[-1].price == pytest.approx(1000 * points[0].price, rel=1e-3)
    assert draw_curve(points, "EUR").startswith(b"\x89PNG")
