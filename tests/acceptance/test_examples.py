"""The examples: what they promise, they do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.small_catalog import write_catalog

_EXAMPLES = Path(__file__).parents[2] / "examples"


def test_position_on_white(tmp_path: Path) -> None:
    """If it failed, the first code that people copy would not run."""
    write_catalog(tmp_path)
    out = tmp_path / "out.jpg"
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "position_on_white.py", tmp_path / "ball.jpg", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "largest difference 0" in done.stdout
    with Image.open(out) as picture:
        assert picture.size == (600, 600)
        assert np.asarray(picture.convert("RGB"))[5, 5].min() > 250


def test_the_recommender(tmp_path: Path) -> None:
    """If it failed, the code that recommenders are written after would not run."""
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "recommender.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("kept for k1: None")


def test_choosing_and_learning(tmp_path: Path) -> None:
    """If it failed, the shortest way to see that choosing pays would show nothing."""
    pytest.importorskip("uvicorn", reason="needs kirakat[serve]")
    done = subprocess.run(
        [sys.executable, _EXAMPLES / "choose_and_learn.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "not taken" not in done.stdout
    found = re.search(r"95 % interval \+(\d+)% to", done.stdout)
    assert found is not None, done.stdout
    assert int(found[1]) > 0
