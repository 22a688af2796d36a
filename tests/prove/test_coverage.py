"""Over 4,000 experiments with fixed seeds: intervals hold what they promise, alarms are as rare.

    pytest tests/prove/test_coverage.py -s

prints the table of docs/experiments.md.
"""

from __future__ import annotations

import pytest

from kirakat.simulate.phases.coverage import SHOPPERS, Rate, Shoppers, coverage

RUNS = 4_000
SEED = 5
DELTA, CUPED = "delta method over users", "CUPED"


@pytest.fixture(scope="module", params=SHOPPERS, ids=lambda shoppers: shoppers.name)
def rates(request: pytest.FixtureRequest) -> dict[tuple[str, str], Rate]:
    """The rates of one kind of shoppers, printed as they are found."""
    shoppers: Shoppers = request.param
    found = {}
    for rate in coverage(shoppers, runs=RUNS, seed=SEED):
        interval = f"{rate.rate.value:.1%} ({rate.rate.low:.1%} to {rate.rate.high:.1%})"
        print(f"| {shoppers.name} | {rate.estimator} | {rate.what} | {interval} |", flush=True)
        looks = "daily looks" if "daily looks" in rate.what else rate.what
        found[rate.estimator, looks] = rate
    return found


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [DELTA, CUPED])
def test_intervals_hold_the_truth(rates: dict[tuple[str, str], Rate], estimator: str) -> None:
    """If they did not, a merchant would bet on lifts that are not there."""
    held = rates[estimator, "interval holds the truth"].rate
    assert 0.94 <= held.value <= 0.96


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [DELTA, CUPED])
def test_one_look_at_an_aa_test_raises_few_alarms(
    rates: dict[tuple[str, str], Rate], estimator: str
) -> None:
    """If it raised more, differences would be found where there are none."""
    alarms = rates[estimator, "A/A false alarm"].rate
    assert 0.04 <= alarms.value <= 0.06


@pytest.mark.slow
def test_daily_looks_at_a_confidence_sequence_raise_few_alarms(
    rates: dict[tuple[str, str], Rate],
) -> None:
    """If they raised more, looking early would be cheating again."""
    assert rates["confidence sequence", "daily looks"].rate.value < 0.05


@pytest.mark.slow
def test_sample_ratios_raise_few_alarms(rates: dict[tuple[str, str], Rate]) -> None:
    """If they raised more, sound experiments would be thrown away."""
    assert rates["sample ratio", "false alarm"].rate.low <= 0.001
    assert rates["sequential sample ratio", "daily looks"].rate.low <= 0.001
