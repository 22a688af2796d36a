"""The dashboard's figures against a store whose answers are known, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kirakat.review.dashboard.experiments import read_experiments
from kirakat.review.dashboard.money import Rates, read_cost
from kirakat.review.dashboard.policies import STRETCHES, read_policies
from kirakat.review.dashboard.throughput import first_since, read_finished, totals
from kirakat.review.dashboard.work import (
    count_callbacks_of,
    dead_letters,
    queue_of,
    read_batches,
    time_to_ready,
    workers_at_work,
)
from kirakat.stats.estimate import Estimate
from kirakat.stats.sample_ratio import SampleRatio
from kirakat.store.claim_company import claim_renders
from kirakat.store.claims import bury_render
from kirakat.store.endpoints import create_endpoint
from kirakat.store.tables import attempts, creatives, transitions
from tests.support.review_figures import (
    EVIDENCE,
    MERCHANT,
    seed_experiment,
    seed_policies,
    seed_workers,
)
from tests.support.review_shop import Shop, ask_for, enter, enter_people, make_shots

_RATES = Rates(currency="EUR", machine="cpu-2", hour=3.6, seconds=2.0)


def test_the_queue_is_told_by_lane_and_dead_letters_by_reason(shop: Shop) -> None:
    """If they were not, nobody would see what waits, or what was given up and why."""
    enter_people(shop, "rival", {"eve": "admin"})
    ask_for(shop, make_shots(3))
    with shop.database.reading() as connection:
        [queued] = queue_of(connection, MERCHANT)
        assert (queued.lane, queued.state, queued.renders) == ("online", "queued", 3)
        assert queue_of(connection, "rival") == []
    _bury(shop, "no memory")
    with shop.database.reading() as connection:
        assert dead_letters(connection, MERCHANT) == [("no memory", 1)]
        assert dead_letters(connection, "rival") == []
        assert read_batches(connection, MERCHANT).failures == [("dead", "no memory", 1)]


def _bury(shop: Shop, error: str) -> None:
    now = shop.clock.now()
    with shop.database.writing() as connection:
        [claim] = claim_renders(connection, tickets=["ticket"], executor_id="w", now=now)
        bury_render(
            connection, render_id=claim.render_id, ticket=claim.ticket, error=error, now=now
        )


def test_finished_pictures_stand_in_their_hour_and_minute(shop: Shop) -> None:
    """If they did not, a stop of the workers would not be seen."""
    shots = [replace(shot, verdict="pass") for shot in make_shots(40)]
    enter(shop, [*shots[:30], *make_shots(40, tag="b")[30:]])
    now = shop.clock.now()
    with shop.database.reading() as connection:
        hours = read_finished(connection, MERCHANT, "hour", 24, now=now)
        minutes = read_finished(connection, MERCHANT, "minute", 60, now=now)
        assert read_finished(connection, "rival", "hour", 2, now=now)[0].total == 0
    assert totals(hours) == {"ready": 30, "review": 10}
    assert (len(hours), len(minutes)) == (24, 60)
    # One every three minutes, the last one three minutes ago.
    assert sum(one.total for one in minutes) in (19, 20)
    assert {one.total for one in minutes} == {0, 1}
    assert hours[-1].start <= now < hours[-1].start + timedelta(hours=1)


def test_the_last_day_is_found_by_halving(shop: Shop) -> None:
    """If it were not, the page would read the whole history every ten seconds."""
    enter(shop, make_shots(20))
    now = shop.clock.now()
    with shop.database.reading() as connection:
        rows = connection.execute(
            select(transitions.c.sequence, transitions.c.at).order_by(transitions.c.sequence)
        ).all()
        for row in rows[::7]:
            first = first_since(connection, MERCHANT, row.at)
            assert first == min(one.sequence for one in rows if one.at >= row.at)
        assert first_since(connection, MERCHANT, now + timedelta(days=1)) == rows[-1].sequence + 1
        assert first_since(connection, "rival", now) == 1


def test_batches_are_those_claimed_together(shop: Shop) -> None:
    """If they were counted one by one, machine time and cost would be told several times over."""
    enter(shop, [replace(shot, verdict="pass") for shot in make_shots(6)])
    begun = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with shop.database.writing() as connection:
        ids = list(connection.execute(select(attempts.c.render_id).order_by("render_id")).scalars())
        for number, render_id in enumerate(ids):
            start = begun + timedelta(seconds=0 if number < 4 else 10)
            connection.execute(
                update(attempts)
                .where(attempts.c.render_id == render_id)
                .values(started_at=start, ended_at=start + timedelta(seconds=4))
            )
    with shop.database.reading() as connection:
        found = read_batches(connection, MERCHANT)
    assert found.sizes == {2: 1, 4: 1}
    assert found.seconds_batch == (4.0, 4.0)
    assert found.seconds_each == pytest.approx(8 / 6)


def test_time_to_ready_and_callbacks(shop: Shop) -> None:
    """If they were wrong, a slow queue would look quick."""
    with shop.database.writing() as connection:
        create_endpoint(connection, MERCHANT, "https://shop.example/hook", now=shop.clock.now())
    enter(shop, [replace(shot, verdict="pass") for shot in make_shots(4)])
    now = shop.clock.now()
    with shop.database.writing() as connection:
        assert time_to_ready(connection, "rival", now=now) is None
        rows = connection.execute(select(creatives.c.key, creatives.c.ready_at)).all()
        for number, row in enumerate(rows):
            connection.execute(
                update(creatives)
                .where(creatives.c.key == row.key)
                .values(requested_at=row.ready_at - timedelta(seconds=10 * (number + 1)))
            )
        found = time_to_ready(connection, MERCHANT, now=now)
        assert found is not None
        assert (found.median, found.most, found.count) == (30, 40, 4)
        assert count_callbacks_of(connection, MERCHANT) == {"pending": 4}


def test_workers_and_cost(shop: Shop) -> None:
    """If a silent worker counted, nobody would start another; cost is measured time by price."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        seed_workers(connection, now=now)
    with shop.database.reading() as connection:
        alive, silent = workers_at_work(connection, now=now, lease=30)
        measured = read_cost(connection, MERCHANT, _RATES, 0.5, now=now)
        planned = read_cost(connection, MERCHANT, _RATES, None, now=now)
        unknown = read_cost(connection, MERCHANT, None, 0.5, now=now)
    assert ([one.host for one in alive], silent) == (["render-1", "render-2"], 1)
    assert measured.total == 960
    assert [count for _, count in measured.days][-4:] == [200, 0, 640, 120]
    # 960 renders x 0.5 s x 3.60 EUR an hour.
    assert measured.price(measured.total) == "0.48 EUR"
    assert planned.price(planned.total) == "1.92 EUR"
    assert unknown.price(unknown.total) == ""


def test_a_pool_tells_shares_and_click_rates(shop: Shop) -> None:
    """If it did not, nobody would see what was learned, or an alarm."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        seed_policies(connection, now=now)
    with shop.database.reading() as connection:
        found = read_policies(connection, MERCHANT, now=now)
        assert read_policies(connection, "rival", now=now).pools == []
    [pool] = found.pools
    arms = {arm.arm: arm for arm in pool.arms}
    assert set(arms) == set(EVIDENCE)
    best = arms["kitchen-marble@1"]
    assert pool.arms[0] == best
    assert best.rate.value == pytest.approx(134 / 5_200)
    assert best.rate.low < best.rate.value < best.rate.high < pool.scale
    assert (best.shares[0], best.shares[-1]) == (0.25, 0.7)
    assert len(best.shares) == STRETCHES
    assert arms["kitchen-herbs@1"].decisions == 0
    assert [alarm.kind for alarm in found.alarms] == ["retire"]


def test_a_running_experiment_tells_its_lift(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it did not, people would look at raw rates, and stop too early."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        seed_experiment(connection, now=now)
    with shop.database.reading() as connection:
        [panel] = read_experiments(connection, MERCHANT, now=now)
        assert read_experiments(connection, "rival", now=now) == []
        monkeypatch.setattr("kirakat.review.dashboard.experiments.MOST", 500)
        [part] = read_experiments(connection, MERCHANT, now=now)
    told = [(one.name, one.users, one.sums.x, one.sums.y) for one in panel.variants]
    assert told == [("original", 500, 1000, 60), ("generated", 510, 1020, 92)]
    assert isinstance(panel.ratio, SampleRatio)
    assert not panel.ratio.is_mismatch
    [line] = panel.lifts
    assert isinstance(line.lift, Estimate)
    assert line.lift.value == pytest.approx((92 / 1020) / (60 / 1000) - 1)
    assert line.lift.low < 0 < line.lift.high
    # What cannot be read whole is not estimated.
    assert (panel.is_whole, part.is_whole, part.lifts) == (True, False, [])


def test_every_panel_stands_an_empty_store(shop: Shop) -> None:
    """If one did not, a fresh installation would show an error instead of a dashboard."""
    now = shop.clock.now()
    with shop.database.reading() as connection:
        assert queue_of(connection, MERCHANT) == []
        assert read_batches(connection, MERCHANT).seconds_each is None
        assert count_callbacks_of(connection, MERCHANT) == {}
        assert read_policies(connection, MERCHANT, now=now).pools == []
        assert read_experiments(connection, MERCHANT, now=now) == []
