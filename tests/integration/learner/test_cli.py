"""`kirakat learn`, `policies`, `erase` and `retention`, as an operator types them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from kirakat.cli.main import app
from kirakat.clock import SystemClock
from kirakat.errors import KirakatError
from kirakat.store.database import Database
from kirakat.store.decision_contexts import read_contexts
from kirakat.store.policy_alarms import record_alarms
from kirakat.store.policy_snapshots import heads
from kirakat.store.pseudonym import pseudonym
from tests.support.asks import SHOP
from tests.support.shoppers import MUGS, decide, fill, happen, learner, run_round

SECRET = "a secret of enough characters"  # noqa: S105  of the tests
NOW = SystemClock().now()


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIRAKAT_DATABASE", database_url)
    monkeypatch.setenv("KIRAKAT_MERCHANT_ID", SHOP)
    monkeypatch.setenv("KIRAKAT_PSEUDONYM_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "160")


def _run(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result


def _refused(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert isinstance(result.exception, KirakatError)
    return str(result.exception)


def test_learn_tells_what_it_learned(database: Database) -> None:
    """If it did not, nobody would see that clicks come too late to count."""
    fill(database, 60, seconds=300.0, start=NOW - timedelta(hours=3))
    text = _run("learn", "--once").output
    assert "late" in text
    assert " 60 " in text
    assert f"{MUGS}: published version 1 (60 decisions" in text
    assert "nothing new is closed" in _run("learn", "--once").output


@pytest.mark.parametrize("shard", ["0/2", "3/2", "half"])
def test_a_share_that_is_none_is_refused(shard: str) -> None:
    """If it were not, slices would be left out in silence."""
    assert "--shard" in _refused("learn", "--once", "--shard", shard)


def _publish(database: Database, rounds: int) -> None:
    for number in range(rounds):
        start = NOW - timedelta(days=3 - number)
        fill(database, 20, seconds=60.0, seed=number, start=start)
        run_round(learner(database, at=start + timedelta(hours=6)))


def test_a_policy_is_rolled_back_and_followed_again(database: Database) -> None:
    """If it could not be, a bad policy would go on until somebody wrote a program."""
    _publish(database, 2)
    assert "version 1 decides" in _run("policies", "rollback", MUGS, "--note", "bad").output
    with database.reading() as connection:
        assert heads(connection) == {(SHOP, MUGS): 1}
    assert "1 held by" in _run("policies", "list").output
    (line,) = _run("policies", "list", "--json").output.splitlines()
    assert (json.loads(line)["note"], json.loads(line)["newest"]) == ("bad", 2)
    assert "version 2 decides" in _run("policies", "follow", MUGS).output


def test_a_policy_shows_its_evidence(database: Database) -> None:
    """If it did not, nobody could say why a background is shown."""
    _publish(database, 1)
    text = _run("policies", "show", MUGS).output
    assert "oak@1" in text
    assert "20 decisions" in text


def test_a_pool_without_a_policy_is_told_with_those_that_have_one(database: Database) -> None:
    """If it were not, a typing mistake would cost an operator minutes in an emergency."""
    _publish(database, 1)
    assert f"there are: {MUGS}" in _refused("policies", "rollback", "kichen")


def test_alarms_are_shown(database: Database) -> None:
    """If they were not, guardrails would guard nothing."""
    _publish(database, 1)
    with database.writing() as connection:
        found = {("retire", "oak@1"): "it loses"}
        record_alarms(connection, SHOP, MUGS, found, version=1, now=NOW)
    assert "it loses" in _run("policies", "alarms").output
    with database.writing() as connection:
        record_alarms(connection, SHOP, MUGS, {}, version=2, now=NOW)
    assert "it loses" not in _run("policies", "alarms").output
    (line,) = _run("policies", "alarms", "--all", "--json").output.splitlines()
    assert json.loads(line)["cleared_at"]


def test_a_shopper_is_erased_by_the_id_that_the_recommender_knows(database: Database) -> None:
    """If not, a wish to be forgotten could not be met by who receives it."""
    decide(database, "d1", unit=pseudonym(SECRET, SHOP, "customer-1"))
    decide(database, "d2", unit=pseudonym(SECRET, SHOP, "customer-2"))
    assert "1 contexts are erased" in _run("erase", "--user", "customer-1").output
    with database.reading() as connection:
        assert list(read_contexts(connection, SHOP, ["d1", "d2"])) == ["d2"]


def test_erasing_needs_the_secret_or_the_pseudonym(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it went on without, it would tell a shopper that nothing is known of them."""
    decide(database, "d1", unit="aa")
    assert "--user or --unit" in _refused("erase")
    monkeypatch.delenv("KIRAKAT_PSEUDONYM_SECRET")
    assert "pseudonym_secret" in _refused("erase", "--user", "customer-1")
    assert "1 contexts" in _run("erase", "--unit", "aa").output


def test_retention_deletes_by_age(database: Database) -> None:
    """If it did not, contexts and ledgers would grow for ever."""
    old = NOW - timedelta(days=50)
    decide(database, "d1", at=old)
    happen(database, "impression", "d1", at=old)
    assert "--ledger 20" in _refused("retention", "--days", "30", "--ledger", "20")
    text = _run("retention", "--days", "30", "--ledger", "40").output
    assert "1 contexts are deleted" in text
    assert "1 events, 1 decisions, 0 snapshots are deleted" in text
