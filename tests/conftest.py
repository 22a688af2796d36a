"""Fixtures that every test folder shares."""

from __future__ import annotations

import faulthandler
import os
from pathlib import Path

import pytest
from hypothesis import settings

# One deterministic profile: a failing example is found again by everyone, and no test is timed.
settings.register_profile("kirakat", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kirakat")


# How long the finished run may take to exit, in seconds.
_EXIT = 60.0


def pytest_unconfigure() -> None:
    """Fail, and say where it waits, when a thread that a test left holds the finished run."""
    faulthandler.dump_traceback_later(_EXIT, exit=True, file=2)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real photos, mattes and feeds that KIRAKAT_TEST_DATA names."""
    folder = os.environ.get("KIRAKAT_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("KIRAKAT_TEST_DATA names no folder of test data")
    return Path(folder)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out of the tests."""
    for name in list(os.environ):
        is_ours = name.startswith("KIRAKAT_") and name != "KIRAKAT_TEST_DATA"
        # Commands wrap their lines at this width.
        if is_ours or name == "COLUMNS":
            monkeypatch.delenv(name)
