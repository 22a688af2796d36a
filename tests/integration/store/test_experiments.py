"""The log of experiments and what it adds up to, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.experiments import change
from kirakat.experiments.errors import ExperimentError
from kirakat.experiments.ranges import changed_ranges, first_ranges
from kirakat.experiments.read_definition import read_definition
from kirakat.experiments.state import ExperimentState, read_states
from kirakat.experiments.templates import template
from kirakat.store.database import Database
from kirakat.store.experiments import append_entry, read_entries, read_positions
from kirakat.store.merchants import ensure_merchant
from kirakat.store.schema import check, downgrade, upgrade
from kirakat.store.tables_experiments import experiment_log
from tests.support.asks import NOW, SHOP
from tests.support.experiments import some_experiment

_LATER = NOW + timedelta(days=1)


@pytest.fixture
def shop(database: Database) -> Database:
    """A database with a merchant and a draft named "test"."""
    with database.writing() as connection:
        ensure_merchant(connection, SHOP, now=NOW)
        change.create(connection, some_experiment(merchant_id=SHOP), now=NOW, actor="ann")
    return database


def _start(database: Database) -> None:
    with database.writing() as connection:
        change.start(connection, SHOP, "test", now=NOW, actor="ann")


def _state(database: Database) -> ExperimentState:
    with database.reading() as connection:
        return read_states(connection, SHOP)["test"]


def test_a_definition_comes_back_as_it_was(database: Database) -> None:
    """A report would describe another experiment than was planned."""
    text = template("phase2").replace(
        'name = "phase-2"', 'name = "phase-2"\nstarts = 2026-03-01T00:00:00+01:00'
    )
    experiment = read_definition(text, SHOP)
    with database.writing() as connection:
        ensure_merchant(connection, SHOP, now=NOW)
        change.create(connection, experiment, now=NOW, actor="ann")
        assert read_states(connection, SHOP)["phase-2"].experiment == experiment


def test_a_draft_can_be_replaced(shop: Database) -> None:
    """A typing error would need another name."""
    with shop.writing() as connection:
        better = some_experiment(merchant_id=SHOP, coverage=0.5)
        change.create(connection, better, now=NOW, actor="ann")
    assert _state(shop).experiment.coverage == 0.5


def test_a_started_experiment_cannot_be_replaced(shop: Database) -> None:
    """The question would be changed after the answer was seen."""
    _start(shop)
    with shop.writing() as connection, pytest.raises(ExperimentError, match="another name"):
        change.create(connection, some_experiment(merchant_id=SHOP), now=NOW, actor="ann")


def test_the_start_gives_every_variant_its_buckets(shop: Database) -> None:
    """Nobody would be assigned."""
    _start(shop)
    assert (_state(shop).status, _state(shop).ranges) == ("running", first_ranges([1, 1]))


def test_new_weights_change_the_buckets_in_place(shop: Database) -> None:
    """Users would be shuffled by a change of weights."""
    _start(shop)
    with shop.writing() as connection:
        change.reweight(
            connection, SHOP, "test", weights={"new": 3}, coverage=0.5, now=_LATER, actor="ann"
        )
    found = _state(shop)
    assert found.ranges == changed_ranges(first_ranges([1, 1]), [1, 3], 0.5)
    assert [one.weights for one in found.reweightings] == [(1.0, 1.0), (1.0, 3.0)]


def test_a_stopped_experiment_stays_stopped(shop: Database) -> None:
    """Old users would meet a second run of the same test."""
    _start(shop)
    with shop.writing() as connection:
        change.stop(connection, SHOP, "test", now=_LATER, actor="ann", note="enough")
        with pytest.raises(ExperimentError, match="only a draft starts"):
            change.start(connection, SHOP, "test", now=_LATER, actor="ann")
    assert (_state(shop).status, _state(shop).note) == ("stopped", "enough")


def test_an_override_comes_and_goes(shop: Database) -> None:
    """A tester would be stuck in a variant."""
    with shop.writing() as connection:
        change.override(connection, SHOP, "test", unit="u", variant="new", now=NOW, actor="ann")
    assert _state(shop).overrides == {"u": "new"}
    with shop.writing() as connection:
        change.override(connection, SHOP, "test", unit="u", variant=None, now=NOW, actor="ann")
    assert _state(shop).overrides == {}


def test_it_runs_between_its_dates_only(shop: Database) -> None:
    """A planned end would pass unnoticed."""
    _start(shop)
    assert _state(shop).runs_at(_LATER)
    with shop.writing() as connection:
        change.stop(connection, SHOP, "test", now=_LATER, actor="ann", note="")
    assert not _state(shop).runs_at(_LATER)


def test_an_unknown_name_tells_the_known_ones(shop: Database) -> None:
    """A typing error would leave the user guessing."""
    with shop.writing() as connection, pytest.raises(NotFoundError, match="there are: test"):
        change.start(connection, SHOP, "tset", now=NOW, actor="ann")


def test_two_changes_at_once_conflict(shop: Database) -> None:
    """Both would be written, each ignorant of the other."""
    with shop.writing() as connection:
        connection.execute(
            experiment_log.insert().values(
                merchant_id=SHOP, sequence=3, experiment="test", kind="stopped", record={},
                at=NOW,
            )
        )  # fmt: skip
        # Somebody took number 3 between the read of the last number and the write.
        append = "kirakat.store.experiments._last"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(append, lambda *_: 2)
            with pytest.raises(ConflictError, match="look again"):
                append_entry(connection, SHOP, "test", "stopped", {}, now=NOW)


@pytest.mark.parametrize("statement", [update(experiment_log).values(note="x"),
                                       delete(experiment_log)])  # fmt: skip
def test_the_log_cannot_be_rewritten(shop: Database, statement: object) -> None:
    """History could be bent after the fact."""
    with pytest.raises(StoreError, match="append-only"), shop.writing() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_positions_tell_what_is_new(shop: Database) -> None:
    """Services would not notice a start."""
    with shop.reading() as connection:
        assert read_positions(connection) == {SHOP: 1}
    _start(shop)
    with shop.reading() as connection:
        assert read_positions(connection) == {SHOP: 2}


def test_one_merchant_does_not_see_another(shop: Database) -> None:
    """A merchant's plans would leak."""
    with shop.reading() as connection:
        assert read_entries(connection, "other") == []


def test_back_and_forward_again(shop: Database) -> None:
    """An operator could not step back a version."""
    downgrade(shop, to="0004")
    upgrade(shop)
    assert check(shop) == ()
