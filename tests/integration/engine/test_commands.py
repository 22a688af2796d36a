"""`kirakat jobs` and `kirakat run --engine`, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.main import app
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.port.request import request
from kirakat.store.database import Database
from tests.support.asks import NOW, enter_shop, some_ask

Run = Callable[..., str]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command on the database; gives what it prints."""
    monkeypatch.setenv("KIRAKAT_DATABASE", database_url)
    monkeypatch.setenv("KIRAKAT_BLOBS", str(tmp_path / "blobs"))
    monkeypatch.setenv("KIRAKAT_CACHE_DIR", str(tmp_path / "cache"))

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return command


def _listed(run: Run, *options: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("jobs", "list", "--json", *options).splitlines()]


def test_a_job_is_cancelled_and_tried_again(database: Database, run: Run) -> None:
    """If it could not be, a mistaken feed would have to be rendered to its end."""
    enter_shop(database)
    engine = open_engine(database)
    with database.writing() as connection:
        request(engine, connection, [some_ask(0), some_ask(1)], "catalog", now=NOW)
    engine.close()
    first = str(_listed(run, "--state", "queued")[0]["render"])
    assert "1 renders are cancelled" in run("jobs", "cancel", first[:16], "--reason", "mistake")
    (cancelled,) = _listed(run, "--state", "cancelled")
    assert (cancelled["render"], cancelled["reason"]) == (first, "mistake")
    assert "1 renders are queued again" in run("jobs", "retry", first)
    assert len(_listed(run, "--state", "queued")) == 2
    assert run("jobs", "dead", "--json") == ""


def test_a_feed_is_queued_once(run: Run) -> None:
    """If it were queued twice, an interrupted command could not simply be typed again."""
    kirakat_assets = pytest.importorskip("kirakat_assets")
    feed = kirakat_assets.root() / "catalog" / "feed.tsv"
    command = ("run", str(feed), "--engine", "--limit", "2", "--placements", "300x250,728x90")
    first, second = run(*command), run(*command)
    assert "of them new; " in first
    assert " 0 of them new; 0 renders queued" in second
    assert _listed(run, "--state", "queued")
    assert {item["lane"] for item in _listed(run)} == {"catalog"}
