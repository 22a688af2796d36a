"""`kirakat scenes`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from kirakat.cli.scenes import app

_OWN = {
    "support": {"x": 0.5, "y": 0.7},
    "support_width": 0.5,
    "camera_elevation": 2,
    "views": ["hanging"],
    "surface": "linen",
    "lighting": "window-blind",
    "palette": "beige",
}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal wide enough not to wrap words."""
    monkeypatch.setenv("COLUMNS", "300")
    return CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with the one scene that the shipped library lacks."""
    own = tmp_path / "own"
    own.mkdir()
    Image.new("RGB", (64, 64), "beige").save(own / "curtain.jpg")
    (own / "curtain.json").write_text(json.dumps(_OWN))
    return own


def test_the_list_is_for_scripts_too(runner: CliRunner, folder: Path) -> None:
    """Otherwise a folder of one's own can only be checked by rendering with it."""
    result = runner.invoke(app, ["list", "--view", "hanging", "--folder", str(folder), "--json"])
    found = {row["scene_id"]: row for row in json.loads(result.stdout)}
    assert found["curtain"]["surface"] == "linen"
    assert all("hanging" in row["views"] for row in found.values())


def test_the_sheet_shows_the_scenes(runner: CliRunner, tmp_path: Path) -> None:
    """Otherwise people choose by names what they should choose by eye."""
    sheet = tmp_path / "sheet.jpg"
    result = runner.invoke(app, ["list", "--view", "hanging", "--sheet", str(sheet)])
    assert result.exit_code == 0, result.output
    with Image.open(sheet) as picture:
        colours = picture.resize((64, 64)).getcolors(4096)
    assert colours is not None
    assert len(colours) > 300


def test_a_wrong_view_is_told_which_there_are(runner: CliRunner) -> None:
    """Otherwise an empty list looks like an empty library."""
    result = runner.invoke(app, ["list", "--view", "upright"])
    assert result.exit_code == 2
    assert "standing, lying or hanging" in result.output


def test_a_gap_says_what_to_photograph_and_closes_with_it(runner: CliRunner, folder: Path) -> None:
    """Otherwise nobody learns that a prompt starts from what it did not ask for."""
    (gap,) = json.loads(runner.invoke(app, ["gaps", "--json"]).stdout)
    assert (gap["prompt"], gap["view"]) == ("apparel-linen-morning", "hanging")
    assert gap["lacks"] == {"surface": ["linen"]}
    assert "apparel-linen-morning" in runner.invoke(app, ["gaps"]).output
    closed = runner.invoke(app, ["gaps", "--folder", str(folder)])
    assert "Every prompt has a scene" in closed.output
