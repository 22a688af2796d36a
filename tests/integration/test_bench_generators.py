"""`kirakat bench` in miniature: everything that runs on a card, on a CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

from kirakat.cli.main import app
from tests.support.generation import one_thread

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["bench", *arguments])
    assert result.exit_code == 0, result.exception
    return result.output


@pytest.mark.parametrize("case", ["sd15-4", "sdxl-20"])
def test_stock_and_ours_are_measured_in_one_run(case: str, tmp_path: Path) -> None:
    """On the day a GPU is at hand, its first minutes would go into a broken benchmark."""
    rows = tmp_path / "rows.json"
    switches = "own-loop,channels-last,overlap,tiny-decoder,cuda-graphs"
    arguments = ("--small", "--cases", case, "--batches", "1", "--rows-at", "2", "--seconds", "0")
    assert case in _run(*arguments, "--switches", switches, "--json", str(rows))
    found = json.loads(rows.read_text())
    names = [row["name"] for row in found]
    assert names[:5] == ["stock diffusers", "own loop", "channels last", "overlap", "tiny decoder"]
    assert names[5:] == ["stock diffusers", "ours"]
    assert all(row["throughput"] > 0 for row in found)
    # Levels of 255: the same pictures, in the same run, while the decoder is the same.
    assert [row["difference"] < 0.01 for row in found[:4]] == [True] * 4


def test_the_floor_needs_no_card() -> None:
    """What a card could do could only be known with one."""
    assert "223" in _run("--floor", "--cases", "sd15-4")


def test_without_a_card_it_says_what_to_do() -> None:
    """Full-size networks would start on a CPU and run for hours."""
    result = CliRunner().invoke(app, ["bench"])
    assert result.exit_code
    assert "--small" in str(result.exception)
