"""From decisions and events in the database to an event log, and on to sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirakat.experiments import change
from kirakat.experiments.definition import Comparison, Experiment, Variant
from kirakat.experiments.event_log_export import export_days, read_export_warnings
from kirakat.experiments.report_facts import Study
from kirakat.experiments.report_source import study_of_state
from kirakat.experiments.state import ExperimentState, read_states
from kirakat.store.catalogs import sync_offers
from kirakat.store.database import Database
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.images import ensure_images, record_fetch
from kirakat.store.ledger import append_decisions
from kirakat.store.ledger_records import DecisionRecord
from kirakat.store.merchants import ensure_merchant
from kirakat.store.quick_events import WrittenEvent, append_written_events
from kirakat.store.records import FetchedImage, KnownPhoto
from kirakat.types import Offer

pytest.importorskip("duckdb", reason="needs kirakat[experiments]")

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = START + timedelta(days=4)
EXPERIMENT = Experiment(
    merchant_id="shop",
    name="test",
    seed="test",
    variants=(
        Variant(name="original", treatment="original"),
        Variant(name="generated", treatment="generated"),
    ),
    planned_units=100,
    comparisons=(Comparison(treated="generated", control="original"),),
)
NAMES = ("original", "generated")


@pytest.fixture
def state(database: Database) -> ExperimentState:
    """An experiment that runs."""
    with database.writing() as connection:
        ensure_merchant(connection, "shop", now=START)
        change.create(connection, EXPERIMENT, now=START, actor="test")
        change.start(connection, "shop", "test", now=START, actor="test")
        return read_states(connection, "shop")["test"]


def show(
    database: Database,
    name: str,
    at: datetime,
    kinds: Sequence[str] = ("impression",),
    *,
    unit: str = "anna",
    **changed: Any,
) -> None:
    """A decision with its events; `changed`: fields of its record."""
    record = {
        "assignment": {"test": "generated"}, "catalog": "main", "category": "kitchen",
        "offer_id": "mug", "placement": "banner", "served": "p@1", "treatment": "generated",
        "probabilities": {"p@1": 1.0}, "repeat": False, "all_ready": True, **changed,
    }  # fmt: skip
    with database.writing() as connection:
        decision = DecisionRecord(decision_id=name, merchant_id="shop", record=record, at=at)
        append_decisions(connection, [decision])
        append_written_contexts(connection, [WrittenContext(name, "shop", unit, "", "", at)])
        append_written_events(
            connection, [_event(name, number, kind, at) for number, kind in enumerate(kinds)]
        )


def _event(name: str, number: int, kind: str, at: datetime) -> WrittenEvent:
    """An event; "early click", "bot impression" and the like say what is odd about it."""
    odd, _, plain = kind.rpartition(" ")
    moment = at - timedelta(hours=1) if odd == "early" else at + timedelta(minutes=1)
    value = "12.5" if plain in ("conversion", "cost") else "null"
    flags = f'"late": {str(odd == "late").lower()}, "bot": {str(odd == "bot").lower()}'
    record = f'{{"value": {value}, {flags}}}'
    return WrittenEvent(f"{name}-{number}", "shop", name, plain, record, moment, moment)


def export(database: Database, state: ExperimentState, folder: Path) -> Mapping[str, int | None]:
    """Rows by day."""
    days = export_days(database, state, folder, now=LATER, days_before=2)
    return {str(item.day): item.rows for item in days}


def study(database: Database, state: ExperimentState, folder: Path) -> Study:
    """The sums of an export."""
    export(database, state, folder)
    return study_of_state(state, folder, now=LATER)


def test_an_impression_and_what_came_of_it_is_one_row(
    database: Database, state: ExperimentState, tmp_path: Path
) -> None:
    """If it were not, clicks and money would be missing from reports."""
    kinds = ("impression", "click", "conversion", "cost")
    show(database, "d1", START + timedelta(hours=1), kinds)
    show(database, "d2", START + timedelta(hours=2))
    sums = study(database, state, tmp_path).sums.variants["generated"]
    names: tuple[Any, ...] = ("impressions", "clicks", "conversions", "revenue", "cost")
    assert [sums.total(name) for name in names] == [2, 1, 1, 12.5, 12.5]
    assert sums.units == 1


def test_what_was_before_the_start_is_a_covariate(
    database: Database, state: ExperimentState, tmp_path: Path
) -> None:
    """If it were not, CUPED would have nothing to work with."""
    show(database, "d0", START - timedelta(hours=1), ("impression", "click"), assignment={})
    show(database, "d1", START + timedelta(hours=1))
    sums = study(database, state, tmp_path).sums.variants["generated"]
    assert (sums.total("impressions"), sums.total("clicks_before")) == (1, 1)


def _judge(database: Database, offer_id: str, photo: KnownPhoto) -> None:
    """An offer of that id with a photo of that quality."""
    link = f"https://shop.example/{offer_id}.jpg"
    offer = Offer(offer_id=offer_id, merchant_id="shop", title=offer_id, image_link=link)
    seen = FetchedImage(
        sha256="1" * 64, width=800, height=600,
        photo_quality=photo.quality, photo_composition=photo.composition,
    )  # fmt: skip
    with database.writing() as connection:
        sync_offers(connection, "shop", "main", [offer], now=START, complete=False)
        image_id = ensure_images(connection, "shop", [link])[link]
        record_fetch(connection, image_id, seen, now=START)


def test_photos_are_told_apart_by_quality_and_composition(
    database: Database, state: ExperimentState, tmp_path: Path
) -> None:
    """If they were not, nobody would learn for which photos generated pictures pay."""
    offers = {"mug": (0.4, "small"), "jar": (0.6, "scene"), "cup": (0.9, "scene"), "pot": None}
    for number, (name, photo) in enumerate(offers.items()):
        if photo is not None:
            _judge(database, name, KnownPhoto(*photo))
        at = START + timedelta(hours=1 + number)
        show(database, f"d{number}", at, offer_id=name, unit=f"u{number}")
    sums = study(database, state, tmp_path).sums
    shown = {
        dimension: {value: found["generated"].x for value, found in sums.slices[dimension].items()}
        for dimension in ("photo_quality", "photo_composition")
    }
    assert sums.quality_cuts == (0.6, 0.9)
    assert shown["photo_quality"] == {
        "below .6": 1, ".6 to .9": 1, ".9 and better": 1, "unknown": 1,
    }  # fmt: skip
    assert shown["photo_composition"] == {"small": 1, "scene": 2, "unknown": 1}


def test_only_the_experiment_s_own_impressions_are_exported(
    database: Database, state: ExperimentState, tmp_path: Path
) -> None:
    """If others were, an experiment's log would hold the whole shop's traffic."""
    show(database, "d1", START + timedelta(hours=1), assignment={"other": "a"})
    assert set(export(database, state, tmp_path).values()) == {0}


def test_closed_days_are_not_written_again(
    database: Database, state: ExperimentState, tmp_path: Path
) -> None:
    """If they were, an export that was interrupted would begin from the start."""
    show(database, "d1", START + timedelta(hours=1))
    show(database, "d2", LATER - timedelta(hours=1))
    export(database, state, tmp_path)
    again = export(database, state, tmp_path)
    assert (again["2026-03-02"], again["2026-03-06"]) == (None, 1)


ODD = {
    "events without impressions": ("click",),
    "bots": ("bot impression", "bot click"),
    "events before their decision": ("impression", "early click"),
    "late events": ("impression", "late click"),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_events_are_counted(
    database: Database, state: ExperimentState, tmp_path: Path, kind: str
) -> None:
    """If they were not, a broken client would bend the figures unseen."""
    show(database, "d1", START + timedelta(hours=1))
    show(database, "d2", START + timedelta(hours=1), ODD[kind], unit="bela")
    found = study(database, state, tmp_path).sums
    assert [(item.kind, item.count) for item in read_export_warnings(tmp_path)] == [(kind, 1)]
    is_shown = ODD[kind][0] == "impression"
    assert found.variants["generated"].total("impressions") == 1 + is_shown
    assert kind in {item.kind for item in found.warnings}
