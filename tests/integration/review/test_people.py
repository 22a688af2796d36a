"""`kirakat people` and `kirakat review`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.main import app
from kirakat.clock import SystemClock
from kirakat.review.acts import Act, perform
from kirakat.review.people.passwords import is_password
from kirakat.store.accounts import get_account
from kirakat.store.audit import list_audit
from kirakat.store.catalogs import list_catalogs
from kirakat.store.database import open_database
from kirakat.store.publish_policies import list_publish_policies
from tests.support.review_shop import enter, make_shots, open_shop

_TYPED = "a good long password\n"


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A command line with a database of its own."""
    monkeypatch.setenv("KIRAKAT_DATABASE", f"sqlite:///{tmp_path / 'kirakat.db'}")
    monkeypatch.setenv("KIRAKAT_MERCHANT_ID", "shop")
    return CliRunner()


def test_people_come_and_go(runner: CliRunner, tmp_path: Path) -> None:
    """If they could not, nobody would reach the pages, or nobody could be shut out."""
    for words, typed in (
        (["add", "zoe", "--role", "admin"], _TYPED),
        (["role", "zoe", "viewer"], ""),
        (["remove", "zoe"], ""),
    ):
        assert runner.invoke(app, ["people", *words], input=typed).exit_code == 0
    listed = runner.invoke(app, ["people", "list"]).output.split()
    assert listed == ["zoe", "viewer", "password", "removed"]
    database = open_database(f"sqlite:///{tmp_path / 'kirakat.db'}")
    with database.reading() as connection:
        zoe = get_account(connection, "shop", "zoe")
        told = [item.action for item in list_audit(connection, "shop")]
    assert is_password("a good long password", zoe.password_hash)
    assert told == ["removed a person", "changed a role", "added a person"]


def test_a_short_password_is_refused(runner: CliRunner) -> None:
    """If it were not, the pages would be as safe as "secret"."""
    done = runner.invoke(app, ["people", "add", "zoe"], input="short\n")
    assert "12 to 200" in str(done.exception)


def test_a_catalogue_is_held(runner: CliRunner, tmp_path: Path) -> None:
    """If it were not, what passes the gate would reach shoppers before anybody saw it."""
    shop = open_shop(tmp_path)
    enter(shop, make_shots(1))
    with shop.database.reading() as connection:
        [catalog] = list_catalogs(connection, "shop")
    assert runner.invoke(app, ["review", "policy", catalog.name, "hold"]).exit_code == 0
    with shop.database.reading() as connection:
        assert [item.mode for item in list_publish_policies(connection, "shop")] == ["hold"]


def test_a_catalogue_that_is_not_there_cannot_be_held(runner: CliRunner, tmp_path: Path) -> None:
    """If it could, a slip of the pen would leave the catalogue published and nobody the wiser."""
    open_shop(tmp_path)
    done = runner.invoke(app, ["review", "policy", "mian", "hold"])
    assert "no catalog mian" in str(done.exception)


def test_decisions_are_written_as_lines(runner: CliRunner, tmp_path: Path) -> None:
    """If they were not, the gate could not be calibrated with them."""
    shop = open_shop(tmp_path)
    [key] = enter(shop, make_shots(1))
    act = Act(key=key, revision=0, state="in_review", verdict="reject", reason="unsafe")
    with shop.database.writing() as connection:
        rita = get_account(connection, "shop", "rita")
        perform(connection, [act], rita, shop.engine, now=SystemClock().now())
    [line] = runner.invoke(app, ["review", "export"]).output.splitlines()
    assert json.loads(line)["reason"] == "unsafe"
