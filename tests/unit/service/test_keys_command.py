"""`kirakat keys`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.keys import app
from kirakat.clock import SystemClock
from kirakat.store.api_keys import find_api_key
from kirakat.store.database import open_database


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The configured database, which does not exist yet."""
    url = f"sqlite:///{tmp_path}/kirakat.db"
    monkeypatch.setenv("KIRAKAT_DATABASE", url)
    return url


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def _works(address: str, token: str) -> bool:
    database = open_database(address)
    with database.reading() as connection:
        found = find_api_key(connection, token, now=SystemClock().now())
    database.close()
    return found is not None


def test_a_key_is_shown_once_and_works_until_it_is_revoked(address: str) -> None:
    """Otherwise nobody gets in, or nobody gets out again."""
    token = _run("create", "--name", "shop front", "--scopes", "resolve,read")
    listed = _run("list")
    assert "shop front" in listed
    assert token.rpartition("_")[2] not in listed
    assert _works(address, token)
    _run("revoke", token.split("_")[1])
    assert not _works(address, token)


def test_a_rotated_key_and_its_successor_both_work_for_a_while(address: str) -> None:
    """Otherwise changing a key takes the shop down."""
    old = _run("create")
    new = _run("rotate", old.split("_")[1], "--hours", "1")
    assert _works(address, old)
    assert _works(address, new)
    _run("rotate", old.split("_")[1], "--hours", "0")
    assert not _works(address, old)


@pytest.mark.usefixtures("address")
def test_an_unknown_scope_is_refused() -> None:
    """Otherwise a typo makes a key that can do nothing."""
    assert CliRunner().invoke(app, ["create", "--scopes", "resolv"]).exit_code != 0
