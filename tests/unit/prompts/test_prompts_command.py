"""`kirakat prompts`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.prompts import app

BAD = """category = "default"
[[prompt]]
id = "default-x"
version = 1
template = "the best {title}"
"""


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal wide enough not to wrap words."""
    monkeypatch.setenv("COLUMNS", "300")
    return CliRunner()


def test_list_as_json(runner: CliRunner) -> None:
    """Scripts could not read the pools."""
    result = runner.invoke(app, ["list", "--category", "toys", "--json"])
    prompts = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {prompt["category"] for prompt in prompts} == {"toys"}
    assert prompts[0]["scene"]["surfaces"] == ["paper"]


def test_list_as_table(runner: CliRunner) -> None:
    """People could not see what there is."""
    result = runner.invoke(app, ["list"])
    assert "jewellery-blush-satin@1" in result.stdout


def test_list_of_unknown_category_names_the_known(runner: CliRunner) -> None:
    """A typo would show an empty list."""
    result = runner.invoke(app, ["list", "--category", "shoes"])
    assert result.exit_code == 2
    assert "footwear" in result.output


def test_lint_of_shipped_pools(runner: CliRunner) -> None:
    """The shipped pools would fail their own check."""
    result = runner.invoke(app, ["lint"])
    assert (result.exit_code, result.stdout) == (0, "0 errors, 0 warnings\n")


def test_lint_exits_1_on_errors(runner: CliRunner, tmp_path: Path) -> None:
    """A build could not stop on a bad pool."""
    (tmp_path / "default.toml").write_text(BAD)
    result = runner.invoke(app, ["lint", str(tmp_path)])
    assert result.exit_code == 1
    assert '"best" claims something' in result.stdout


def test_preview_of_a_title(runner: CliRunner) -> None:
    """An editor could not see what a prompt turns into."""
    result = runner.invoke(app, ["preview", "--title", "Oak [b]Stool[/b]", "--material", "oak"])
    assert result.exit_code == 0
    assert "furniture (by title)" in result.stdout
    assert "Oak b Stool /b, oak, on an oak wood floor" in result.stdout


def test_preview_of_a_feed(runner: CliRunner, tmp_path: Path) -> None:
    """A merchant could not see the texts, or the rows that were rejected."""
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,image_link\n1,,x.jpg\n2,Mug,m.jpg\n")
    result = runner.invoke(app, ["preview", str(feed), "--category", "grocery"])
    assert "grocery (as asked)" in result.stdout
    assert "Mug, on white linen" in result.stdout
    assert "row 2: title is missing" in result.stderr


@pytest.mark.parametrize("arguments", [["preview"], ["preview", "x.csv", "--title", "Mug"]])
def test_preview_needs_one_source(runner: CliRunner, arguments: list[str]) -> None:
    """It would be unclear what is shown."""
    assert runner.invoke(app, arguments).exit_code == 2
