"""Kirakat as it is installed: real processes, a shop's picture server, and a recommender."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from kirakat.client import CallbackRefusedError, CreativeCache, CreativeEvent, Inbox
from tests.support.serving import serving


class Recommender(ThreadingHTTPServer):
    """Serves a shop's photos to whoever asks, and takes callbacks with `kirakat.client`."""

    daemon_threads = True

    def __init__(self, photos: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # By file name.
        self.photos = photos
        self.asked: Counter[str] = Counter()
        self.cache = CreativeCache()
        self.inbox = Inbox((), cache=self.cache)
        # Every event that came for the first time, and how many came in each POST.
        self.events: list[CreativeEvent] = []
        self.sizes: list[int] = []
        self.refused = 0
        # Seconds that each photo takes: without, a small catalogue is made before one can stop it.
        self.pause = 0.0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def listen_to(self, secret: str) -> None:
        """Take callbacks that are signed with this secret."""
        self.inbox = Inbox((secret,), cache=self.cache)

    def ready_keys(self) -> Counter[str]:
        """How often each key was called back as ready, duplicates dropped."""
        return Counter(event.key for event in self.events if event.type == "creative.ready")


class _Handler(BaseHTTPRequestHandler):
    server: Recommender

    def do_GET(self) -> None:
        """A photo."""
        name = self.path.partition("?")[0].removeprefix("/")
        self.server.asked[self.path] += 1
        time.sleep(self.server.pause)
        data = self.server.photos.get(name)
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def do_POST(self) -> None:
        """A callback."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            fresh = self.server.inbox.receive(dict(self.headers.items()), body)
        except CallbackRefusedError:
            self.server.refused += 1
            self.send_response(400)
        else:
            self.server.events += fresh
            self.server.sizes.append(len(fresh))
            self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the tests' output clean."""


@contextmanager
def open_recommender(photos: Mapping[str, bytes]) -> Iterator[Recommender]:
    """One that is up."""
    server = Recommender(photos)
    with serving(server):
        yield server


@dataclass
class Installation:
    """One database, one folder of pictures, and the processes that work on them."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    token: str = ""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()

    @property
    def address(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The database's address."""
        return self.settings.get("KIRAKAT_DATABASE", f"sqlite:///{self.folder / 'kirakat.db'}")

    def environment(self) -> dict[str, str]:
        """What the processes are told."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("KIRAKAT_") and not name.lower().endswith("_proxy")
        }
        return {
            **kept,
            "KIRAKAT_DATABASE": self.database,
            "KIRAKAT_BLOBS": str(self.folder / "blobs"),
            "KIRAKAT_CACHE_DIR": str(self.folder / "cache"),
            "KIRAKAT_PUBLIC_URL": self.address,
            "KIRAKAT_ALLOW_PRIVATE_ADDRESSES": "true",
            "KIRAKAT_WORKER_HEARTBEAT": "0.5",
            "KIRAKAT_WORKER_LEASE": "3",
            "KIRAKAT_RESOLVE_TIMEOUT": "2",
            "KIRAKAT_DURABLE_WAIT": "2",
            "OMP_NUM_THREADS": "1",
            **self.settings,
        }

    def run(self, *arguments: str) -> str:
        """Run a command to its end; gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "kirakat", *arguments], env=self.environment(),
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the service, and wait until it answers."""
        process = self.start("serve", "--port", str(self.port))
        eventually(self.is_up, seconds=180)
        return process

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kirakat", *arguments], env=self.environment(),
                cwd=self.folder, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.started.append(process)
        return process

    def is_up(self) -> bool:
        """Whether the service answers."""
        try:
            return httpx.get(f"{self.address}/livez", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """One request with the shop's key."""
        headers = {"authorization": f"Bearer {self.token}", **rest.pop("headers", {})}
        return httpx.request(
            method, self.address + path, headers=headers, timeout=30.0, trust_env=False, **rest
        )

    def end(self) -> None:
        """Leave no process behind."""
        for process in self.started:
            process.kill()
            process.wait()


def stop(*processes: subprocess.Popen[bytes]) -> list[int]:
    """Tell processes to stop (SIGTERM), and wait; gives how they ended."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return [process.wait(timeout=120) for process in processes]


def kill(*processes: subprocess.Popen[bytes]) -> None:
    """Kill processes at once, all at the same moment."""
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()


def eventually(holds: Callable[[], bool], *, seconds: float = 90.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
