"""Run all tests in two processes side by side: most of them wait for others more than compute.

Usage: .venv/bin/python scripts/run_tests.py

What both say is printed as it comes, line by line, and each line tells whose it is. Some tests
kill, freeze and time processes, which a busy machine can spoil: what failed runs once more, alone,
and must pass then; both outcomes are printed. What takes longer than KIRAKAT_TEST_MINUTES (45) is
made to show where it waits, and is ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_MINUTES = float(os.environ.get("KIRAKAT_TEST_MINUTES", "45"))
_PARTS = {
    "integration": ("tests/integration",),
    "others": ("tests/acceptance", "tests/unit"),
}
_FAILED = ("FAILED ", "ERROR ")
# pytest's exit status when it went through all tests.
_TESTS_FAILED = 1
# What Python needs to show where its threads are, in seconds.
_LAST_WORDS = 5.0


class Part:
    """One pytest process. It writes to a file: a child that outlives it would hold a pipe open."""

    def __init__(self, name: str, order: Sequence[str], log: Path) -> None:
        self.name = name
        self.failed: list[str] = []
        self._rest = b""
        with log.open("wb") as writing:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *order],
                cwd=_ROOT,
                env={**os.environ, "COLUMNS": "140"},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._log = log.open("rb")

    def has_ended(self) -> bool:
        """Print what is new; gives whether that was the last."""
        ended = self._process.poll() is not None
        *lines, self._rest = (self._rest + self._log.read()).split(b"\n")
        if ended:
            lines.append(self._rest)
            self._rest = b""
        for line in filter(None, (line.decode(errors="replace") for line in lines)):
            self._say(line)
            if line.startswith(_FAILED):
                self.failed.append(line)
        return ended

    def end(self) -> int:
        """Print the rest and leave nothing of it behind; gives its exit status."""
        if self._process.poll() is None:
            # pytest's fault handler shows where every thread is.
            self._process.send_signal(signal.SIGABRT)
            time.sleep(_LAST_WORDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        status = self._process.wait()
        self.has_ended()
        self._log.close()
        return status

    def sum_up(self, status: int) -> None:
        """Say again what failed, where nothing comes after it."""
        for line in self.failed:
            self._say(line)
        self._say(f"exit status {status}")

    def _say(self, line: str) -> None:
        print(f"{self.name:>11} | {line}", flush=True)


def run(orders: Mapping[str, Sequence[str]], *, end: float) -> list[int]:
    """Run pytest with each of the argument lists, side by side, until `end`; gives the statuses."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [Part(name, order, Path(folder) / name) for name, order in orders.items()]
        try:
            while [part for part in parts if not part.has_ended()]:
                if time.monotonic() > end:
                    print(f"After {_MINUTES:g} minutes the tests are ended.", flush=True)
                    break
                time.sleep(0.5)
        finally:
            statuses = [part.end() for part in parts]
        for part, status in zip(parts, statuses, strict=True):
            part.sum_up(status)
    return statuses


def main() -> int:
    """Run all, then what failed; 0 when every test has passed."""
    # A shell starts what runs in its background deaf to Ctrl-C, which tests send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    end = time.monotonic() + 60 * _MINUTES
    orders = {
        name: [*paths, "--durations=10", "-o", f"cache_dir=.pytest_cache/{name}"]
        for name, paths in _PARTS.items()
    }
    statuses = dict(zip(orders, run(orders, end=end), strict=True))
    for name, status in statuses.items():
        if status == _TESTS_FAILED:
            print(f"What failed beside other tests runs once more, alone ({name}).", flush=True)
            again = [*orders[name], "--last-failed", "--last-failed-no-failures=none"]
            (statuses[name],) = run({"once more": again}, end=end)
    return int(any(statuses.values()))


if __name__ == "__main__":
    sys.exit(main())
