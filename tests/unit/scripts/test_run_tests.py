"""scripts/run_tests.py: what stands between a hanging test and a build that never ends."""

from __future__ import annotations

import importlib.util
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).parents[3] / "scripts" / "run_tests.py"
_CONFTEST = """
import tests.conftest
tests.conftest._EXIT = 0.5
pytest_unconfigure = tests.conftest.pytest_unconfigure
"""
# Fails at its first run.
_SHY = "import pathlib; p = pathlib.Path(__file__ + '.ran'); n = p.exists(); p.touch(); assert n"


@pytest.fixture
def script() -> Iterator[Any]:
    """The script as a module; what it does about signals ends with the test."""
    spec = importlib.util.spec_from_file_location("run_tests", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield module
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start(script: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Starts a part whose one test has the body that is given."""

    def made(body: str) -> Any:
        (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n")
        return script.Part("some", (str(tmp_path),), tmp_path / "log")

    return made


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_hanging_test_shows_where_it_waits(
    start: Callable[[str], Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """If it did not, one hang would cost a night of guessing."""
    part = start(f"open({str(tmp_path / 'waits')!r}, 'w').close(); import time; time.sleep(1000)")
    _wait((tmp_path / "waits").exists)
    time.sleep(0.5)
    assert part.end() != 0
    printed = capfd.readouterr().out
    assert "Fatal Python error: Aborted" in printed
    assert 'test_it.py", line 2 in test_it' in printed


def test_a_failure_is_said_again_at_the_end(
    start: Callable[[str], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """If it were not, the other part's lines would bury it."""
    part = start("assert 1 == 2")
    _wait(part.has_ended)
    status = part.end()
    capfd.readouterr()
    part.sum_up(status)
    failure, last = capfd.readouterr().out.splitlines()
    assert "test_it - assert 1 == 2" in failure
    assert last.endswith("exit status 1")


def test_a_thread_that_goes_on_fails_the_run(start: Callable[[str], Any], tmp_path: Path) -> None:
    """If it did not, a passed run would hang at its exit."""
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    part = start("import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()")
    _wait(part.has_ended)
    assert part.end() == 1


@pytest.mark.parametrize(("body", "status"), [(_SHY, 0), ("assert 1 == 2", 1), ("pass", 0)])
def test_what_failed_runs_once_more(
    script: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], body: str, status: int
) -> None:
    """If it did not, a busy machine spoilt builds; if that hid failures, tests were for nothing."""
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\ndef test_other(): pass\n")
    (tmp_path / "pytest.ini").touch()
    script._PARTS = {"some": (str(tmp_path), "--rootdir", str(tmp_path))}
    assert script.main() == status
    assert ("alone" in capfd.readouterr().out) == (body != "pass")
