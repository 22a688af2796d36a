"""A service and a learner as real processes, their shoppers, and what must come out of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import httpx
import numpy as np

from kirakat.bandit.learner.evidence import Evidence
from kirakat.bandit.learner.state import read_evidence
from kirakat.client import Kirakat, ShopperEvent
from kirakat.clock import SystemClock
from kirakat.store.api_keys import create_api_key
from kirakat.store.database import Database, open_database
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.ledger import append_decisions
from kirakat.store.ledger_records import DecisionRecord
from kirakat.store.merchants import ensure_merchant
from tests.support.asks import SHOP
from tests.support.shoppers import ARMS, FEATURES, MUGS

_WIDTH = 12
# Decisions of one batch of impressions; a tenth of them is clicked.
_BATCH = 200
_CLICKED = 10
_SENDERS = 2


@dataclass
class Site:
    """Processes on one database; all are killed at the end."""

    url: str
    folder: Path
    # Seconds that events may be late for their window.
    wait: float
    port: int = 0
    token: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        (self.folder / "policies.toml").write_text('[pool."*"]\nreward_window = 2\n')

    def start(self, name: str) -> None:
        """Start the service ("serve") or a learner ("learn")."""
        options = ["--port", str(self.port)] if name == "serve" else ["--every", "1"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "kirakat", name, *options],
                env={**os.environ, **self._settings()},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_until_up(self, seconds: float = 300.0) -> None:
        """Wait until the service answers."""
        end = time.monotonic() + seconds
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/livez", trust_env=False)
            except httpx.TransportError:
                assert time.monotonic() < end, (self.folder / "serve.log").read_text()[-2000:]
                time.sleep(0.1)
            else:
                return

    def _settings(self) -> dict[str, str]:
        return {
            "KIRAKAT_DATABASE": self.url,
            "KIRAKAT_BLOBS": str(self.folder / "blobs"),
            "KIRAKAT_POLICIES": str(self.folder / "policies.toml"),
            "KIRAKAT_LEARN_SLICE": "2",
            "KIRAKAT_LEARN_WAIT": str(self.wait),
            "NO_PROXY": "*",
        }


@contextmanager
def running_site(url: str, folder: Path, *, wait: float) -> Iterator[Site]:
    """A service and a learner at work."""
    site = Site(url, folder, wait)
    try:
        site.start("serve")
        site.wait_until_up()
        site.start("learn")
        yield site
    finally:
        for name in list(site.processes):
            site.kill(name)


@dataclass
class Shoppers:
    """Decisions that were made, and what shoppers will do with them."""

    database: Database
    # (n, d), (n,) and (n,).
    contexts: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    arms: np.ndarray[tuple[int], np.dtype[np.int64]]
    clicked: np.ndarray[tuple[int], np.dtype[np.bool_]]
    # Whether clicks are reported before their impressions, every time or every other.
    clicks_first: bool = True

    @property
    def events(self) -> int:
        """How many events there will be."""
        return len(self.arms) + int(self.clicked.sum())

    def report(self, site: Site, *, seconds: float) -> int:
        """Send all events, spread over some time, through every outage; gives how many were new."""
        count = len(self.arms)
        batches = [range(i, min(i + _BATCH, count)) for i in range(0, count, _BATCH)]
        begin = time.monotonic()
        with (
            Kirakat(f"http://127.0.0.1:{site.port}", api_key=site.token) as client,
            ThreadPoolExecutor(_SENDERS) as threads,
        ):

            def send(turn: int) -> int:
                due = begin + seconds * turn / len(batches)
                time.sleep(max(0.0, due - time.monotonic()))
                return self._send(client, batches[turn])

            return sum(threads.map(send, range(len(batches))))

    def _send(self, client: Kirakat, numbers: Sequence[int]) -> int:
        now = SystemClock().now()
        clicks = [
            ShopperEvent(
                kind="click", decision_id=_name(n), event_id=f"c{n}", at=now + timedelta(seconds=1)
            )
            for n in numbers
            if self.clicked[n]
        ]
        shown = [
            ShopperEvent(kind="impression", decision_id=_name(n), event_id=f"i{n}", at=now)
            for n in numbers
        ]
        accepted = 0
        # What comes out of order must count as well.
        is_reversed = self.clicks_first or numbers[0] // _BATCH % 2 == 0
        for batch in (clicks, shown) if is_reversed else (shown, clicks):
            # What was taken before the answer was lost is a duplicate now.
            sent = client.send_events(batch, patience=600.0)
            assert sent.refused == ()
            accepted += sent.accepted
        return accepted

    def expected(self) -> dict[str, tuple[float, float, np.ndarray, np.ndarray]]:
        """Count, clicks, outer and reward sums of each arm, added up without any learner."""
        found = {}
        for index, arm in enumerate(ARMS):
            rows = self.contexts[self.arms == index]
            clicks = self.clicked[self.arms == index].astype(np.float64)
            found[arm] = (float(len(rows)), clicks.sum(), rows.T @ rows, clicks @ rows)
        return found

    def wait_until_learned(self, seconds: float) -> Evidence:
        """The state once every decision is in it."""
        end = time.monotonic() + seconds
        while True:
            with self.database.reading() as connection:
                state = read_evidence(connection, SHOP, MUGS, FEATURES)
            if state.decisions >= len(self.arms):
                return state
            assert time.monotonic() < end, f"{state.decisions} of {len(self.arms)} are learned"
            time.sleep(0.5)


def make_shoppers(url: str, site: Site, decisions: int, *, clicks_first: bool = True) -> Shoppers:
    """Log the decisions, and make the site a key."""
    random = np.random.default_rng(5)
    contexts = np.round(random.normal(size=(decisions, _WIDTH)), 2)
    contexts[:, 0] = 1.0
    shoppers = Shoppers(
        database=open_database(url),
        contexts=contexts,
        arms=random.integers(len(ARMS), size=decisions),
        clicked=np.arange(decisions) % _CLICKED == 0,
        clicks_first=clicks_first,
    )
    now = SystemClock().now()
    with shoppers.database.writing() as connection:
        ensure_merchant(connection, SHOP, now=now)
        site.token = create_api_key(connection, SHOP, scopes=("events",), now=now)
    for start in range(0, decisions, 5000):
        _log(shoppers, range(start, min(start + 5000, decisions)))
    return shoppers


def disturb(site: Site, *, every: float, seconds: float) -> int:
    """Kill service and learner in turn, and start them again; gives how often."""
    end, kills = time.monotonic() + seconds, 0
    for name in cycle(("learn", "serve")):
        time.sleep(every)
        if time.monotonic() > end:
            return kills
        site.kill(name)
        site.start(name)
        if name == "serve":
            site.wait_until_up()
        kills += 1
    return kills


def _log(shoppers: Shoppers, numbers: Sequence[int]) -> None:
    now = SystemClock().now()
    rows, contexts = [], []
    for number in numbers:
        arm = ARMS[int(shoppers.arms[number])]
        record = {
            "category": MUGS, "served": arm, "chosen": arm, "feature_version": FEATURES,
            "in_uniform_bucket": False,
        }  # fmt: skip
        name = _name(number)
        rows.append(DecisionRecord(decision_id=name, merchant_id=SHOP, record=record, at=now))
        columns = json.dumps(list(enumerate(shoppers.contexts[number].tolist())))
        contexts.append(WrittenContext(name, SHOP, f"u{number % 5000}", columns, "{}", now))
    with shoppers.database.writing() as connection:
        append_decisions(connection, rows)
        append_written_contexts(connection, contexts)


def _name(number: int) -> str:
    return f"d{number:07d}"
