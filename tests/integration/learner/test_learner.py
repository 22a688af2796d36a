"""From the ledger to snapshots, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from kirakat.bandit.configuration import Policies
from kirakat.bandit.learner.evidence import Evidence
from kirakat.bandit.learner.learn_slice import Rules, learn_slice
from kirakat.bandit.learner.state import read_evidence
from kirakat.bandit.learner.timing import Slicing
from kirakat.bandit.learner.windows import Window
from kirakat.bandit.snapshot import Snapshot, from_bytes
from kirakat.errors import SettingsError
from kirakat.store.database import Database
from kirakat.store.decision_contexts import erase_unit
from kirakat.store.learned_slices import list_stretches, live_slices
from kirakat.store.policy_alarms import list_alarms
from kirakat.store.policy_snapshots import heads, list_snapshots, read_snapshot
from tests.support.asks import NOW, SHOP
from tests.support.shoppers import (
    ARMS,
    FEATURES,
    MUGS,
    POLICIES,
    decide,
    fill,
    happen,
    learner,
    run_round,
)

# Everything that happens around NOW has closed by then.
LATER = NOW + timedelta(hours=6)


def _state(database: Database) -> Evidence:
    with database.reading() as connection:
        return read_evidence(connection, SHOP, MUGS, FEATURES)


def _counts(database: Database) -> Mapping[str, int]:
    with database.reading() as connection:
        (stretch,) = list_stretches(connection, SHOP)
    return stretch.counts


def _snapshot(database: Database) -> Snapshot:
    with database.reading() as connection:
        version = heads(connection)[SHOP, MUGS]
        return from_bytes(read_snapshot(connection, SHOP, MUGS, version))


def assert_same(one: Evidence, other: Evidence) -> None:
    """Equal to within 1e-10, relative."""
    assert (one.arms, one.epochs) == (other.arms, other.epochs)
    for name in ("counts", "clicks", "outer", "reward"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-10, atol=1e-10)


def test_a_shown_decision_is_learned_with_its_click(database: Database) -> None:
    """If it were not, the policy would never get better."""
    decide(database, "d1")
    decide(database, "d2", served=ARMS[1])
    for name in ("d1", "d2"):
        happen(database, "impression", name)
    happen(database, "click", "d2", at=NOW + timedelta(minutes=2))
    run_round(learner(database, at=LATER))
    state = _state(database)
    assert state.arms == (ARMS[1], ARMS[0])
    assert state.counts.tolist() == [[1.0, 1.0]]
    assert state.clicks.tolist() == [[1.0, 0.0]]
    assert state.reward[0, 0].tolist() == [1.0, 0.0, 0.5]
    assert state.outer[0, 1].tolist() == [[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 0.25]]


def test_no_click_counts_only_when_the_window_has_closed(database: Database) -> None:
    """If it counted before, every fresh impression would speak against its picture."""
    decide(database, "d1")
    happen(database, "impression", "d1")
    slices, _ = run_round(learner(database, at=NOW + timedelta(minutes=30)))
    assert slices == []
    slices, _ = run_round(learner(database, at=LATER))
    assert len(slices) == 1


def test_what_was_not_shown_is_not_learned(database: Database) -> None:
    """If it were, pictures below the fold would count as disliked."""
    decide(database, "d1")
    happen(database, "click", "d1")
    slices, pools = run_round(learner(database, at=LATER))
    assert (slices, pools) == ([], [])


def test_a_pool_may_learn_from_decisions_alone(database: Database) -> None:
    """If it could not, a recommender without impression events could not learn."""
    star = {**POLICIES.tables["*"], "learn_from": "decisions"}
    policies = Policies({"*": star}, POLICIES.folder)
    decide(database, "d1")
    happen(database, "click", "d1", at=NOW + timedelta(minutes=2))
    run_round(learner(database, at=LATER, policies=policies))
    assert _state(database).clicks.sum() == 1.0


def test_a_late_click_is_counted_and_not_learned(database: Database) -> None:
    """If it were learned, the state would depend on when the learner ran."""
    for name in ("d1", "d2"):
        decide(database, name)
        happen(database, "impression", name)
    happen(database, "click", "d1", at=NOW + timedelta(minutes=40))
    came = NOW + timedelta(hours=3)
    happen(database, "click", "d2", at=NOW + timedelta(minutes=2), received_at=came)
    run_round(learner(database, at=LATER))
    assert _state(database).clicks.sum() == 0.0
    assert _counts(database)["late"] == 2


def test_an_impression_that_comes_days_late_is_learned_then(database: Database) -> None:
    """If it were not, a recommender that ships its logs daily would teach nothing."""
    before = NOW - timedelta(days=3)
    decide(database, "d1", at=before)
    happen(database, "impression", "d1", at=before, received_at=NOW)
    happen(
        database, "click", "d1", at=before + timedelta(minutes=2),
        received_at=NOW + timedelta(minutes=1),
    )  # fmt: skip
    run_round(learner(database, at=LATER))
    state = _state(database)
    assert state.clicks.sum() == 1.0
    assert state.epochs == (int(before.timestamp() // 86400),)


def test_several_clicks_on_one_decision_count_once(database: Database) -> None:
    """If they did not, one nervous shopper would weigh like many."""
    decide(database, "d1")
    for number in range(3):
        at = NOW + timedelta(minutes=number)
        happen(database, "impression", "d1", at=at, name=f"i{number}")
        happen(database, "click", "d1", at=at + timedelta(seconds=9), name=f"c{number}")
    run_round(learner(database, at=LATER))
    assert _state(database).clicks.tolist() == [[1.0]]
    assert _counts(database)["duplicates"] == 4


def test_impressions_of_one_decision_in_two_slices_count_once(database: Database) -> None:
    """If they did not, a page that is reloaded would count as many."""
    decide(database, "d1")
    for number in range(3):
        at = NOW + timedelta(minutes=15 * number)
        happen(database, "impression", "d1", at=at, name=f"i{number}")
    run_round(learner(database, at=LATER))
    assert _state(database).counts.tolist() == [[1.0]]


def test_bots_are_counted_and_not_learned(database: Database) -> None:
    """If they were learned, machines would choose the pictures."""
    decide(database, "quick")
    happen(database, "impression", "quick")
    happen(database, "click", "quick", at=NOW + timedelta(milliseconds=50))
    decide(database, "flagged")
    happen(database, "impression", "flagged")
    happen(database, "click", "flagged", at=NOW + timedelta(seconds=9), bot=True)
    for number in range(32):
        decide(database, f"busy{number}", unit="aa")
        happen(database, "impression", f"busy{number}")
        if number < 31:
            happen(database, "click", f"busy{number}", at=NOW + timedelta(seconds=9 + number))
    decide(database, "person")
    happen(database, "impression", "person")
    run_round(learner(database, at=LATER))
    assert _counts(database)["bots"] == 34
    assert _state(database).counts.tolist() == [[1.0]]


def test_erased_shoppers_are_not_learned(database: Database) -> None:
    """If they were, erasure would come too late for what had not been learned yet."""
    decide(database, "d1", unit="aa")
    happen(database, "impression", "d1")
    with database.writing() as connection:
        erase_unit(connection, SHOP, "aa")
    run_round(learner(database, at=LATER))
    assert _counts(database)["without_context"] == 1
    assert _state(database).decisions == 0.0


def test_learning_again_changes_nothing(database: Database) -> None:
    """If it did, every restart of a learner would count twice."""
    fill(database, 300)
    run_round(learner(database, at=LATER))
    before = _state(database)
    slices, pools = run_round(learner(database, at=LATER))
    assert slices == []
    assert [pool.version for pool in pools] == [None]
    assert_same(_state(database), before)
    assert before.decisions == 300.0


def test_shares_of_several_learners_make_the_same_state(database: Database) -> None:
    """If they did not, learning could not be spread over machines."""
    fill(database, 400)
    run_round(learner(database, at=LATER, part=2, parts=2, name="two"))
    half = _state(database).decisions
    assert 0.0 < half < 400.0
    run_round(learner(database, at=LATER, part=1, parts=2, name="one"))
    whole = _state(database)
    assert whole.decisions == 400.0
    assert_same(whole, _learned_at_once(database))


def _learned_at_once(database: Database) -> Evidence:
    """The sums of the whole ledger as one slice."""
    rules = Rules(policies=POLICIES, slicing=Slicing(seconds=86_400.0), bot_clicks=30)
    start = rules.slicing.start_of(NOW)
    with database.reading() as connection:
        window = Window(opening="impressions", seconds=1800.0)
        return learn_slice(connection, SHOP, window, start, rules).evidence[MUGS, FEATURES]


def test_two_learners_at_the_same_slices_count_them_once(database: Database) -> None:
    """If they did not, a second learner started by mistake would double the evidence."""
    fill(database, 200)
    one, other = learner(database, at=LATER), learner(database, at=LATER)
    steps = one.round()
    next(steps)
    run_round(other)
    list(steps)
    assert _state(database).decisions == 200.0


def test_compaction_keeps_the_state(database: Database) -> None:
    """If it did not, the policy would forget, or count twice, after five hours."""
    fill(database, 500, seconds=50 * 600.0)
    run_round(learner(database, at=NOW + timedelta(hours=12)))
    with database.reading() as connection:
        rows = list(live_slices(connection, SHOP, MUGS, FEATURES))
    assert len(rows) < 12
    assert_same(_state(database), _learned_at_once(database))
    run_round(learner(database, at=NOW + timedelta(hours=13)))
    assert _state(database).decisions == 500.0


def test_services_are_given_a_snapshot_of_it_all(database: Database) -> None:
    """If they were not, what is learned would never be shown."""
    fill(database, 300)
    _, (pool,) = run_round(learner(database, at=LATER))
    snapshot = _snapshot(database)
    assert pool.version == snapshot.version == 1
    assert set(ARMS) < set(snapshot.arms.ids)
    assert snapshot.sums.counts.sum() == 300.0
    assert snapshot.feature_version == FEATURES
    snapshot.decider()


def test_a_new_version_of_a_prompt_inherits(database: Database) -> None:
    """If it did not, every improved prompt would start from nothing."""
    decide(database, "d1", served="oak@1")
    decide(database, "d2", served="oak@3")
    for name in ("d1", "d2"):
        happen(database, "impression", name)
    run_round(learner(database, at=LATER))
    parents = {arm.arm_id: arm.inherits_from for arm in _snapshot(database).arms.arms}
    assert (parents["oak@3"], parents["oak@1"]) == ("oak@1", "")


def test_a_snapshot_is_renewed_before_it_is_stale(database: Database) -> None:
    """If it were not, a quiet night would throw every policy back to chance."""
    fill(database, 50)
    run_round(learner(database, at=LATER))
    run_round(learner(database, at=LATER + timedelta(minutes=20)))
    run_round(learner(database, at=LATER + timedelta(hours=3)))
    with database.reading() as connection:
        rows = list_snapshots(connection, SHOP, MUGS)
    assert [row.version for row in rows] == [2, 1]
    assert rows[0].as_of > rows[1].as_of


def test_another_length_of_slices_is_refused(database: Database) -> None:
    """If it were not, a changed setting would count decisions twice."""
    fill(database, 20)
    run_round(learner(database, at=LATER))
    other = learner(database, at=LATER)
    other.rules = replace(other.rules, slicing=Slicing(seconds=60.0))
    with pytest.raises(SettingsError, match="learn_slice"):
        run_round(other)


def test_merchants_do_not_teach_each_other(database: Database) -> None:
    """If they did, one merchant's shoppers would choose another's pictures."""
    for number, merchant in enumerate((SHOP, "other")):
        decide(database, f"d{number}", merchant_id=merchant)
        happen(database, "impression", f"d{number}", merchant_id=merchant)
    run_round(learner(database, at=LATER))
    assert _state(database).counts.tolist() == [[1.0]]
    with database.reading() as connection:
        assert set(heads(connection)) == {(SHOP, MUGS), ("other", MUGS)}


def test_pools_of_an_experiment_learn_apart(database: Database) -> None:
    """If they did not, the random group would teach the policy that it is compared with."""
    for number, category in enumerate((f"{MUGS}#linucb", f"{MUGS}#uniform")):
        decide(database, f"d{number}", category=category)
        happen(database, "impression", f"d{number}")
    run_round(learner(database, at=LATER))
    with database.reading() as connection:
        assert len(heads(connection)) == 2
    assert _state(database).decisions == 0.0


def test_an_arm_that_runs_ahead_of_its_evidence_raises_an_alarm(database: Database) -> None:
    """If it did not, a policy that settled by accident would go unseen."""
    for number in range(1100):
        uniform = number % 20 == 0
        arm = ARMS[number % 3] if uniform else ARMS[0]
        decide(database, f"d{number}", served=arm, in_uniform_bucket=uniform)
        happen(database, "impression", f"d{number}")
    _, (pool,) = run_round(learner(database, at=LATER))
    assert ("too_fast", "") in pool.alarms
    with database.reading() as connection:
        (alarm,) = list_alarms(connection, SHOP)
    assert (alarm.kind, alarm.category, alarm.cleared_at) == ("too_fast", MUGS, None)
