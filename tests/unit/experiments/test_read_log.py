"""Sums of event logs: right where the log is clean, and where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kirakat.errors import StoreError
from kirakat.experiments.read_log import read_log
from kirakat.experiments.read_log_sums import LogSums
from kirakat.stats.sufficient import RatioSums
from tests.support.event_rows import QUESTION, START, Row, click_sums, row, rows, write

pytest.importorskip("duckdb", reason="needs kirakat[experiments]")

CLEAN = rows(300)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> LogSums:
    """The sums of a log with nothing wrong."""
    return read_log(write(tmp_path_factory.mktemp("clean"), CLEAN), QUESTION)


def test_click_rates_are_those_of_plain_arithmetic(clean: LogSums) -> None:
    """If they were not, every lift that a merchant is told would be wrong."""
    expected = click_sums(CLEAN)
    for name, sums in clean.variants.items():
        assert sums.ratio("clicks", "impressions") == expected[name]
    assert clean.warnings == ()


def test_money_is_summed_over_users(clean: LogSums) -> None:
    """If it were not, cost per acquisition and revenue would be wrong."""
    own = [value for value in CLEAN if value["variant"] == "generated"]
    sums = clean.variants["generated"]
    assert sums.total("revenue") == sum(value["revenue"] for value in own)
    assert sums.total("cost") == pytest.approx(sum(value["cost"] for value in own))
    assert sums.converting_units == len({value["unit"] for value in own if value["conversions"]})
    assert sums.cost_blocks.x.sum() == sums.total("conversions")
    assert sums.ratio("revenue").x == sums.units


@pytest.mark.parametrize("dimension", ["placement", "category"])
def test_slices_add_their_own_rows(clean: LogSums, dimension: Any) -> None:
    """If they did not, a merchant would be told of lifts in places that had none."""
    values = {value[dimension] for value in CLEAN}
    assert set(clean.slices[dimension]) == values
    for name in values:
        expected = click_sums([value for value in CLEAN if value[dimension] == name])
        assert clean.slices[dimension][name] == expected


def test_the_timeline_adds_up_users_day_by_day(clean: LogSums) -> None:
    """If it did not, looking early would use a wrong variance."""
    for day, by_variant in clean.until.items():
        so_far = [value for value in CLEAN if value["at"].date() <= day]
        for name, expected in click_sums(so_far).items():
            assert by_variant[name] == expected


def test_photo_quality_is_cut_into_thirds(clean: LogSums) -> None:
    """If it were not, nobody would see which photos need help."""
    assert clean.quality_cuts == (0.3, 0.7)
    found = clean.slices["photo_quality"]
    assert list(found) == ["below .3", ".3 to .7", ".7 and better"]
    for name, least, most in zip(found, (0.0, 0.3, 0.7), (0.3, 0.7, 1.0), strict=True):
        part = [value for value in CLEAN if least <= value["photo_quality"] < most]
        assert found[name] == click_sums(part)


def test_photos_of_one_quality_are_not_parted(tmp_path: Path) -> None:
    """If they were, chance would decide which of two equal photos counts as the better one."""
    alike = [value | {"photo_quality": 0.5} for value in CLEAN]
    found = read_log(write(tmp_path, alike), QUESTION).slices["photo_quality"]
    assert found == {".5 and better": click_sums(CLEAN)}


def test_photos_that_were_not_measured_are_a_part_of_their_own(tmp_path: Path) -> None:
    """If they were not, a lift would be told of photos that nobody judged."""
    unknown = [value | {"photo_quality": math.nan} for value in CLEAN]
    sums = read_log(write(tmp_path, unknown), QUESTION)
    assert sums.quality_cuts is None
    assert sums.slices["photo_quality"] == {"unknown": click_sums(CLEAN)}


def test_a_triggered_view_counts_only_what_could_differ(clean: LogSums) -> None:
    """If it did not, the view would be diluted like the headline."""
    assert clean.triggered == click_sums([value for value in CLEAN if value["is_triggered"]])


def test_there_is_no_triggered_view_while_readiness_is_unknown(tmp_path: Path) -> None:
    """If there were, it would compare the ready of one variant with everything of the other."""
    half = [value | {"is_triggered": None} for value in CLEAN[::2]]
    write(tmp_path, CLEAN[1::2], "known")
    write(tmp_path, [{k: v for k, v in r.items() if k != "is_triggered"} for r in half], "unknown")
    assert read_log(tmp_path, QUESTION).triggered is None


def test_what_users_did_before_is_known(tmp_path: Path) -> None:
    """If it were not, CUPED would find nothing to adjust by."""
    before = [
        row(9000 + i, unit, experiment="", variant="", at=START - timedelta(days=1), clicks=1)
        for i, unit in enumerate([1, 1, 3, 999])
    ]
    sums = read_log(write(tmp_path, CLEAN + before), QUESTION).variants
    assert sums["generated"].total("clicks_before") == 3
    assert sums["generated"].with_covariates().products[2, 2] == 5
    assert sums["original"].total("impressions_before") == 0


def _spoil(change: Callable[[Row], Row]) -> list[Row]:
    """The log with three more rows: the last ones, changed."""
    more = [change(dict(value)) for value in rows(303)[300:]]
    return CLEAN + more


LEFT_OUT: dict[str, list[Row]] = {
    "outside the period": _spoil(lambda value: value | {"at": START - timedelta(hours=1)}),
    "no unit": _spoil(lambda value: value | {"unit": ""}),
    "empty variant": _spoil(lambda value: value | {"variant": ""}),
    "unknown variant": _spoil(lambda value: value | {"variant": "banana"}),
    "repeated impressions": CLEAN + CLEAN[5:8],
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_bad_rows_are_counted_and_left_out(tmp_path: Path, clean: LogSums, kind: str) -> None:
    """If they were not, one broken client would bend every figure."""
    found = read_log(write(tmp_path, LEFT_OUT[kind]), QUESTION)
    assert [(warning.kind, warning.count) for warning in found.warnings] == [(kind, 3)]
    assert _rates(found) == _rates(clean)


REPAIRED: dict[str, Row] = {
    "repeated clicks": {"clicks": 7},
    "negative clicks": {"clicks": -2},
    "negative conversions": {"conversions": -2},
    "revenue is no number": {"revenue": math.nan},
    "cost is no number": {"cost": math.inf},
}


@pytest.mark.parametrize("kind", REPAIRED)
def test_bad_values_are_counted_and_repaired(tmp_path: Path, kind: str) -> None:
    """If they were not, one NaN would make the whole report NaN."""
    spoiled = [value | REPAIRED[kind] if i == 10 else value for i, value in enumerate(CLEAN)]
    found = read_log(write(tmp_path, spoiled), QUESTION)
    assert [(warning.kind, warning.count) for warning in found.warnings] == [(kind, 1)]
    expected = [
        value | {"clicks": min(max(value["clicks"], 0), 1)} for value in spoiled
    ]  # fmt: skip
    assert _rates(found) == click_sums(expected)
    assert math.isfinite(sum(sums.moments.products.sum() for sums in found.variants.values()))


def test_users_of_several_variants_belong_to_none(tmp_path: Path) -> None:
    """If they did, shared devices would be counted for both sides."""
    strange = row(9000, 2, variant="generated", at=START)
    found = read_log(write(tmp_path, [*CLEAN, strange]), QUESTION)
    assert [(warning.kind, warning.count) for warning in found.warnings] == [
        ("several variants", 1)
    ]
    assert (found.units_in_several, found.units) == (1, len({value["unit"] for value in CLEAN}))
    assert _rates(found) == click_sums([value for value in CLEAN if value["unit"] != "u2"])


def test_one_user_with_a_million_impressions_is_no_shopper(tmp_path: Path) -> None:
    """If it were, one crawler would decide the experiment."""
    from kirakat.experiments.event_log import open_duckdb

    write(tmp_path, CLEAN)
    connection = open_duckdb()
    connection.execute(
        f"COPY (SELECT 'crawler' AS unit, 'test' AS experiment, 'generated' AS variant, "  # noqa: S608
        "'c' || i AS decision_id, TIMESTAMP '2026-10-06' AS \"at\", 1 AS clicks, "
        "true AS is_triggered, 0.0 AS revenue, 0.0 AS cost "
        f"FROM range(1000000) t(i)) TO '{tmp_path}/crawler.parquet'"
    )
    found = read_log(tmp_path, QUESTION)
    assert [(warning.kind, warning.count) for warning in found.warnings] == [("machines", 1)]
    assert _rates(found) == click_sums(CLEAN)


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    """If it were not, a mistyped path would give an empty report."""
    with pytest.raises(StoreError, match="no event log"):
        read_log(tmp_path, QUESTION)


def _rates(found: LogSums) -> dict[str, RatioSums]:
    return {name: sums.ratio("clicks", "impressions") for name, sums in found.variants.items()}
