"""`kirakat prompts put|pause|resume|retire|schedule|list --store`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.prompts import app
from kirakat.errors import KirakatError
from kirakat.store.audit import list_audit
from kirakat.store.database import open_database

_POOL = """
category = "kitchen"
[[prompt]]
id = "kitchen-moon"
version = {version}
template = "{{title}} on grey stone, softbox light, white wall, {words}"
why = "far away"
scene = {{ surfaces = ["stone"], lightings = ["softbox"], palettes = ["grey", "white"] }}
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured database, which does not exist yet, and a folder."""
    monkeypatch.setenv("KIRAKAT_DATABASE", f"sqlite:///{tmp_path}/kirakat.db")
    monkeypatch.setenv("COLUMNS", "250")
    return tmp_path


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def _pool(folder: Path, *, version: int = 1, words: str = "product photography") -> str:
    path = folder / "kitchen.toml"
    path.write_text(_POOL.format(version=version, words=words))
    return str(path)


def _row(arm: str) -> str:
    (line,) = [line for line in _run("list", "--store").splitlines() if f" {arm} " in line]
    return line


def test_a_file_is_entered_and_listed(store: Path) -> None:
    """Otherwise a merchant's prompts never reach the service."""
    assert "kitchen-moon@1" in _run("put", "--no-lint", _pool(store))
    assert "shown" in _row("kitchen-moon@1")


def test_a_changed_text_under_an_old_version_is_refused(store: Path) -> None:
    """Otherwise pictures claim a text that they were not made with."""
    _run("put", "--no-lint", _pool(store))
    with pytest.raises(KirakatError, match="raise the version"):
        _run("put", "--no-lint", _pool(store, words="on the sea"))
    _run("put", "--no-lint", _pool(store, version=2, words="on the sea"))
    assert "replaced" in _row("kitchen-moon@1")


def test_errors_of_lint_keep_a_file_out(store: Path) -> None:
    """Otherwise a claim or a brand goes straight into the ads."""
    with pytest.raises(KirakatError, match="nothing was entered"):
        _run("put", _pool(store, words="the best logo"))
    assert "kitchen-moon" not in _run("list", "--store")


def test_a_shipped_prompt_can_be_paused_and_resumed() -> None:
    """Otherwise a background that does not suit the brand cannot be stopped."""
    _run("pause", "jewellery-black-stone")
    assert "paused" in _row("jewellery-black-stone@1")
    _run("resume", "jewellery-black-stone")
    assert "shown" in _row("jewellery-black-stone@1")


def test_a_version_is_planned_and_a_prompt_retired(store: Path) -> None:
    """Otherwise a season begins by hand, or never ends."""
    _run("put", "--no-lint", _pool(store))
    _run("schedule", "kitchen-moon@1", "--from", "2099-12-01", "--until", "2099-12-27")
    assert "planned" in _row("kitchen-moon@1")
    _run("retire", "kitchen-moon")
    assert "ended" in _row("kitchen-moon@1")


@pytest.mark.parametrize(
    "arguments",
    [("schedule", "kitchen-moon"), ("schedule", "a@1", "--from", "soon"),
     ("schedule", "a@1", "--from", "2099-12-02", "--until", "2099-12-01"), ("pause", "nothing")],
)  # fmt: skip
def test_mistakes_are_told(arguments: tuple[str, ...]) -> None:
    """Otherwise a slip of the keyboard is a traceback, or does nothing in silence."""
    with pytest.raises(KirakatError):
        _run(*arguments)


def test_what_the_commands_did_is_in_the_audit(store: Path) -> None:
    """Otherwise nobody can tell who took a prompt away."""
    _run("put", "--no-lint", _pool(store))
    _run("pause", "kitchen-moon")
    _run("resume", "kitchen-moon")
    _run("schedule", "kitchen-moon@1", "--from", "2030-01-01")
    _run("retire", "kitchen-moon")
    with (
        closing(open_database(f"sqlite:///{store}/kirakat.db")) as database,
        database.reading() as connection,
    ):
        entries = list_audit(connection, "default")
    assert [(entry.actor, entry.action, entry.subject) for entry in reversed(entries)] == [
        ("kirakat prompts", "entered a prompt", "kitchen-moon@1"),
        ("kirakat prompts", "paused a prompt", "kitchen-moon"),
        ("kirakat prompts", "resumed a prompt", "kitchen-moon"),
        ("kirakat prompts", "scheduled a prompt", "kitchen-moon@1"),
        ("kirakat prompts", "retired a prompt", "kitchen-moon"),
    ]
