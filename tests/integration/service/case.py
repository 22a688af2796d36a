"""A service on a test database, with an engine that only counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update
from starlette.testclient import TestClient

from kirakat.clock import SystemClock
from kirakat.engine.port.engine import Job
from kirakat.errors import StoreError
from kirakat.imaging.placements import load_placements
from kirakat.prompts.pool import load_pools
from kirakat.service.app import make_app
from kirakat.service.flush import Flusher
from kirakat.service.generation import Generation
from kirakat.service.keyring import SCOPES
from kirakat.service.parts import Parts, assemble
from kirakat.settings import Settings
from kirakat.store.api_keys import create_api_key
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.database import Database
from kirakat.store.merchants import ensure_merchant
from kirakat.store.tables import creatives
from tests.support.asks import RECIPE

FEED = "id\ttitle\timage_link\tcolor\n" + "".join(
    f"mug-{i}\tMug {i}\thttps://shop.example/{i}.jpg\tnavy\n" for i in range(3)
)
TSV = {"content-type": "text/tab-separated-values"}
PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 4


@dataclass
class CountingEngine:
    """An `Engine` that keeps the jobs; fails when it is told to."""

    jobs: list[Job] = field(default_factory=list)
    is_down: bool = False

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:  # noqa: ARG002
        """Keep them."""
        if self.is_down:
            raise StoreError("the engine is down")
        new = list(jobs)
        self.jobs += new
        return len(new)

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Case:
    """A running service and what is behind it."""

    parts: Parts
    client: TestClient
    engine: CountingEngine
    token: str
    # Held while the service writes what waited.
    flushing: threading.Lock

    def key(self, merchant_id: str = "shop", *scopes: str, days: int = 0) -> str:
        """A new API key."""
        now = SystemClock().now()
        with self.parts.database.writing() as connection:
            ensure_merchant(connection, merchant_id, now=now)
            return create_api_key(
                connection, merchant_id, scopes=scopes or SCOPES, now=now,
                expires_at=now + timedelta(days=days) if days else None,
            )  # fmt: skip

    def ask(self, method: str, path: str, *, token: str | None = None, **rest: Any) -> Any:
        """One request, with the shop's key unless another is given."""
        headers = {"authorization": f"Bearer {token or self.token}", **rest.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **rest)

    def put_feed(self, feed: str = FEED, name: str = "default", token: str | None = None) -> Any:
        """Upload a feed."""
        return self.ask(
            "PUT", f"/v1/catalogs/{name}", content=feed.encode(), headers=TSV, token=token
        )

    def resolve(self, *offers: str, token: str | None = None, **item: Any) -> list[dict[str, Any]]:
        """The answers to items that are alike but for their offer."""
        items = [{"offer_id": name, "placement": "300x250", **item} for name in offers]
        answer = self.ask("POST", "/v1/creatives:resolve", json={"items": items}, token=token)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def make_ready(self, *, state: str = "ready", reason: str = "") -> str:
        """Finish everything that was asked for, as a worker would; gives the image's hash."""
        self.flush()
        sha256 = self.parts.blobs.put(PICTURE)
        with self.parts.database.writing() as connection:
            values: dict[str, Any] = {"state": state, "reason": reason, "sha256": sha256}
            values |= {"format": "jpeg", "width": 300, "height": 250, "bytes": len(PICTURE)}
            values |= {"certificate": {"product_difference": 0}, "gate": {"verdict": "pass"}}
            now = SystemClock().now()
            connection.execute(update(creatives).values(**values, ready_at=now))
        self.parts.creatives.clear()
        return sha256

    def flush(self) -> None:
        """Wait until nothing waits in memory, and what was taken out of it is written."""
        eventually(lambda: not len(self.parts.demand) and not len(self.parts.decisions))
        with self.flushing:
            pass


def eventually(holds: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def _watch(flusher: Flusher) -> threading.Lock:
    flush, flushing = flusher.flush, threading.Lock()

    def watched() -> None:
        with flushing:
            flush()

    flusher.flush = watched  # type: ignore[method-assign]  # the same, but one can wait for it
    return flushing


def generation() -> Generation:
    """What the tests' services offer."""
    return Generation(
        recipe=RECIPE, native_size=512, pools=load_pools(), placements=load_placements()
    )


def open_case(database: Database, *, blobs: Blobs | None = None, **settings: Any) -> Case:
    """A service that is not running yet: enter its client."""
    engine = CountingEngine()
    parts = assemble(
        Settings(**{"resolve_timeout": 5.0, "durable_wait": 5.0, **settings}),
        database=database,
        blobs=blobs or open_blobs("memory:"),
        engine=engine,
        generation=generation(),
    )
    client = TestClient(make_app(parts), raise_server_exceptions=True)
    flushing = _watch(parts.flusher)
    case = Case(parts=parts, client=client, engine=engine, token="", flushing=flushing)
    case.token = case.key()
    return case
