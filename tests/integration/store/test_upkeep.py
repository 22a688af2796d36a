"""Collecting blobs, backup and restore, and their commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.main import app
from kirakat.errors import StoreError
from kirakat.store.ask import ask
from kirakat.store.backup import back_up, restore
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.collect_blobs import collect_blobs, unreferenced_blobs
from kirakat.store.creatives import ready_creatives
from kirakat.store.database import Database, open_database
from kirakat.store.evidence import put_evidence
from kirakat.store.images import ensure_images, record_fetch
from kirakat.store.records import FetchedImage, Move
from kirakat.store.schema import upgrade
from kirakat.store.transitions import publish
from tests.support.asks import NOW, SHOP, claim, enter_shop, some_ask, some_image

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def _fill(database: Database, blobs: Blobs) -> tuple[str, str]:
    """A creative and a source image, with their blobs; gives the hashes."""
    finished, source = blobs.put(b"finished"), blobs.put(b"source")
    enter_shop(database)
    with database.writing() as connection:
        key = ask(connection, [some_ask()], "online", now=NOW)[0].key
        image_id = ensure_images(connection, SHOP, ["a"])["a"]
        fetched = FetchedImage(sha256=source, width=1, height=1)
        record_fetch(connection, image_id, fetched, now=NOW)
    claim(database)
    move = Move(
        merchant_id=SHOP, key=key, revision=0, origin="rendering", target="ready",
        reason="", actor="",
    )  # fmt: skip
    facts = {**vars(some_image()), "sha256": finished}
    with database.writing() as connection:
        publish(connection, move, type(some_image())(**facts), now=NOW)
    return finished, source


def test_only_blobs_without_a_row_are_removed(database: Database) -> None:
    """If others were, ads would show broken pictures."""
    blobs = open_blobs("memory:")
    kept = set(_fill(database, blobs))
    orphan = blobs.put(b"orphan")
    removed = [item.sha256 for item in collect_blobs(database, blobs, older_than=TOMORROW)]
    assert removed == [orphan]
    assert {item.sha256 for item in blobs.list()} == kept


def test_young_blobs_are_spared(database: Database) -> None:
    """If they were not, a picture would vanish between its file and its row."""
    blobs = open_blobs("memory:")
    blobs.put(b"just stored")
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert list(unreferenced_blobs(database, blobs, older_than=hour_ago)) == []


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """A migrated SQLite database."""
    database = open_database(f"sqlite:///{tmp_path / 'live.db'}")
    upgrade(database)
    return database


def test_a_backup_brings_everything_back(sqlite: Database, tmp_path: Path) -> None:
    """If it did not, it would be no backup."""
    blobs = open_blobs("memory:")
    finished, _ = _fill(sqlite, blobs)
    assert back_up(sqlite, tmp_path / "copy") == 1
    other = open_database(f"sqlite:///{tmp_path / 'restored.db'}")
    assert restore(tmp_path / "copy", other, blobs) == ()
    with other.reading() as connection:
        found = ready_creatives(connection, SHOP, [some_ask().key])
    assert found[some_ask().key].sha256 == finished
    assert set(restore(tmp_path / "copy", _at(tmp_path / "x.db"), open_blobs("memory:"))) == {
        finished
    }


def test_a_backup_names_the_evidence_and_no_photo(sqlite: Database, tmp_path: Path) -> None:
    """If it named photos, which nobody stores, every restore would report a loss."""
    _fill(sqlite, open_blobs("memory:"))
    with sqlite.writing() as connection:
        put_evidence(connection, SHOP, some_ask().key, 0, {"mask": "e" * 64})
    back_up(sqlite, tmp_path / "copy")
    missing = restore(tmp_path / "copy", _at(tmp_path / "x.db"), open_blobs("memory:"))
    assert "e" * 64 in missing
    assert len(missing) == 2


def _at(path: Path) -> Database:
    return open_database(f"sqlite:///{path}")


def test_a_restore_overwrites_nothing(sqlite: Database, tmp_path: Path) -> None:
    """If it did, one mistyped command would destroy the live database."""
    back_up(sqlite, tmp_path / "copy")
    with pytest.raises(StoreError, match="move it away"):
        restore(tmp_path / "copy", sqlite, open_blobs("memory:"))
    with pytest.raises(StoreError, match="already"):
        back_up(sqlite, tmp_path / "copy")


def test_a_folder_without_a_backup_is_said_so(tmp_path: Path) -> None:
    """If it were not, an empty restore would look like a good one."""
    with pytest.raises(StoreError, match="no backup"):
        restore(tmp_path, _at(tmp_path / "x.db"), open_blobs("memory:"))


def test_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    """If it were not, a backup of nothing would be written."""
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="pg_dump"):
        back_up(database, tmp_path)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A runner whose settings name a database and blobs in the test's folder."""
    monkeypatch.setenv("KIRAKAT_DATABASE", f"sqlite:///{tmp_path / 'kirakat.db'}")
    monkeypatch.setenv("KIRAKAT_BLOBS", str(tmp_path / "blobs"))
    return CliRunner()


def test_the_commands_carry_a_database_through_its_life(
    commands: CliRunner, tmp_path: Path
) -> None:
    """If they did not, an operator could not look after an installation."""
    before = commands.invoke(app, ["db", "check"])
    results = [
        commands.invoke(app, list(words))
        for words in (
            ("db", "upgrade"),
            ("db", "check"),
            ("db", "backup", str(tmp_path / "copy")),
            ("db", "restore", str(tmp_path / "copy"), "--database",
             f"sqlite:///{tmp_path / 'other.db'}"),
        )
    ]  # fmt: skip
    assert before.exit_code == 1
    assert [item.exit_code for item in results] == [0, 0, 0, 0]


def test_a_dry_run_removes_nothing(commands: CliRunner, tmp_path: Path) -> None:
    """If it removed something, there would be no way to look first."""
    commands.invoke(app, ["db", "upgrade"])
    blobs = open_blobs(str(tmp_path / "blobs"))
    blobs.put(b"orphan")
    result = commands.invoke(app, ["store", "gc", "--dry-run", "--min-age-hours", "1"])
    assert result.output == "0 blobs, 0 bytes would be removed\n"
    assert len(list(blobs.list())) == 1
