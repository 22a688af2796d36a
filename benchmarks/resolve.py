"""`resolve` with ten items against a bare FastAPI endpoint that returns the same bytes.

    python benchmarks/resolve.py [--seconds 5] [--offers 20000] [--uniform] [--soon] [--tokens]

One uvicorn process each, on one core; the load comes from another process on another core, over
kept connections and raw sockets. Warm: every creative is ready and remembered, and LinUCB chooses
from a snapshot with some evidence (`--uniform`: nothing was learned yet). Decisions are written
before they are answered (`--soon`: within 50 ms after; `--tokens`: sent along). Cold: every item
is an offer that was never asked for, so offers are read, prompts rendered and keys enqueued.
Latency at half of what was reached is counted from when a request was due, so waiting in line
counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy import update

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.configuration import load_policies
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.snapshot import Snapshot, to_bytes
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, sums_of
from kirakat.clock import SystemClock
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.imaging.placements import load_placements
from kirakat.prompts.pool import load_pools
from kirakat.service.app import make_app
from kirakat.service.generation import Generation
from kirakat.service.parts import assemble
from kirakat.service.plans import AUTO, Plan, PlanId, ask_of, build_plan
from kirakat.settings import Settings
from kirakat.store.api_keys import create_api_key
from kirakat.store.ask import ask
from kirakat.store.blobs import open_blobs
from kirakat.store.catalogs import offers_by_id, sync_offers
from kirakat.store.database import open_database
from kirakat.store.merchants import ensure_merchant
from kirakat.store.policy_snapshots import publish_snapshot
from kirakat.store.schema import upgrade
from kirakat.store.tables import creatives
from kirakat.types import Offer, Recipe

ITEMS = 10
WARM_OFFERS = 500
CONNECTIONS = 16
PLACEMENT = "300x250"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def generation() -> Generation:
    """Shipped prompts and placements, and some recipe."""
    return Generation(
        recipe=Recipe(name="scene-tiny", version=1, pipeline_version=1, generator="tiny"),
        native_size=512,
        pools=load_pools(),
        placements=load_placements(),
    )


def prepare(folder: Path, offers: int, *, learned: bool) -> str:
    """A database with offers, the first of them with all their creatives ready; gives a key."""
    database = open_database(f"sqlite:///{folder}/kirakat.db")
    upgrade(database)
    made = generation()
    with database.writing() as connection:
        ensure_merchant(connection, "shop", now=NOW)
        sync_offers(connection, "shop", "default", (_offer(i) for i in range(offers)), now=NOW)
        token = create_api_key(connection, "shop", scopes=("resolve",), now=NOW)
        found = offers_by_id(connection, "shop", [f"offer-{i}" for i in range(WARM_OFFERS)])
        asks = []
        for name, record in found.items():
            plan_id = PlanId("shop", "default", name, PLACEMENT, "generated", AUTO)
            plan = build_plan(plan_id, record, made)
            asks += [ask_of(plan, candidate, made) for candidate in plan.candidates]
        ask(connection, asks, "online", now=NOW)
        if learned:
            _publish(connection, plan)
        connection.execute(
            update(creatives).values(
                state="ready",
                sha256="ab" * 32,
                format="jpeg",
                width=300,
                height=250,
                bytes=20_000,
                ready_at=NOW,
            )
        )
    database.close()
    print(f"{offers} offers, {len(asks)} creatives ready of {len(found)} of them")
    return token


def _publish(connection: Any, plan: Plan) -> None:
    """A LinUCB snapshot of the plan's pool, with 20,000 decisions in it."""
    schema = load_policies().for_category(plan.category).schema
    generator = np.random.default_rng(7)
    arms = [Arm(arm_id=one.arm, tags=one.prompt.tags) for one in plan.candidates if one.prompt]
    count = 20_000
    sums = sums_of(
        Batch(
            contexts=np.abs(generator.normal(size=(count, schema.width))),
            arms=generator.integers(0, len(arms), count),
            rewards=(generator.random(count) < 0.02).astype(np.float64),
        ),
        len(arms),
    )
    snapshot = Snapshot(
        merchant_id="shop", category=plan.category, version=1, as_of=time.time(),
        feature_version=schema.label, arms=ArmSet(tuple(arms)),
        specification=PolicySpecification(), exposure=Exposure(), rule="ready", uniform_share=0.05,
        sums=sums,
    )  # fmt: skip
    now = datetime.now(UTC)
    publish_snapshot(
        connection, "shop", plan.category, to_bytes(snapshot), now, "benchmark", "", now
    )
    print(f"snapshot of {plan.category!r}: {len(arms)} arms, {schema.width} values a context")


def _offer(number: int) -> Offer:
    return Offer(
        offer_id=f"offer-{number}", merchant_id="shop", title=f"Ceramic mug number {number}",
        image_link=f"https://shop.example/images/{number}.jpg", brand="Potter", color="navy",
        price=f"{5 + number % 40}.99 EUR", product_type="Home > Kitchen > Mugs",
        material="ceramic", description="A mug of stoneware, glazed by hand. " * 5,
    )  # fmt: skip


def serve_kirakat(port: int, folder: str, core: int, durable: bool, tokens: bool) -> None:
    """The service, in this process."""
    os.sched_setaffinity(0, {core})
    settings = Settings(
        rate_limit=1e6, buffer_entries=20_000, resolve_timeout=1.0, pseudonym_secret="p" * 32,
        durable_decisions=durable, decision_tokens=tokens, token_secret="t" * 32,
    )  # fmt: skip
    database = open_database(f"sqlite:///{folder}/kirakat.db")
    parts = assemble(
        settings,
        database=database,
        blobs=open_blobs(f"{folder}/blobs"),
        engine=open_engine(database),
        generation=generation(),
        clock=SystemClock(),
    )
    uvicorn.run(make_app(parts), host="127.0.0.1", port=port, log_level="error", access_log=False)


def serve_bare(port: int, body: bytes, core: int) -> None:
    """A FastAPI endpoint that reads the request and returns fixed bytes."""
    os.sched_setaffinity(0, {core})
    app = FastAPI()

    @app.post("/v1/creatives:resolve")
    async def resolve(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def requests(token: str, first: int, count: int, *, wrap: int) -> list[bytes]:
    """Whole HTTP requests for ten consecutive offers each; warm ones come round again."""
    made = []
    for number in range(count):
        start = first + number * ITEMS
        names = [f"offer-{(start + i) % wrap}" for i in range(ITEMS)]
        items = [
            {"offer_id": name, "placement": PLACEMENT, "position": position}
            for position, name in enumerate(names)
        ]
        user = {"id": f"shopper-{number % 5000}", "features": {"segment": f"s{number % 7}"}}
        asked = {"items": items, "context": {"device": "phone", "hour": number % 24}, "user": user}
        body = json.dumps(asked).encode()
        head = (
            "POST /v1/creatives:resolve HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


class Connection(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._done: asyncio.Future[bytes] | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) >= length and self._done is not None:
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(self._buffer[:500])
            self._buffer = b""
            self._done.set_result(body)

    async def ask(self, request: bytes) -> bytes:
        """Send a request and wait for its body."""
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._done


async def load(port: int, wanted: Sequence[bytes], seconds: float, rate: float) -> dict[str, Any]:
    """Send requests for some time; `rate` 0 sends the next one as soon as one is answered."""
    loop = asyncio.get_running_loop()
    source: Iterator[tuple[int, bytes]] = iter(enumerate(wanted))
    begin = time.perf_counter() + 0.05
    latencies: list[float] = []
    reasons: dict[str, int] = {}

    async def one_connection() -> None:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        for number, request in source:
            due = begin + number / rate if rate else time.perf_counter()
            if due > begin + seconds or time.perf_counter() > begin + seconds:
                return
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            body = await connection.ask(request)
            latencies.append(time.perf_counter() - due)
            if len(latencies) % 50 == 0:
                for item in json.loads(body)["items"]:
                    name = f"{item['status']} {item['reason'] or ''}".strip()
                    name += ", logged" if item["logged"] else ", not logged"
                    reasons[name] = reasons.get(name, 0) + 1

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    spent = time.perf_counter() - begin
    ordered = sorted(latencies)
    return {
        "rate": len(ordered) / spent,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "statuses": reasons,
    }


def measure(
    port: int, wanted: Sequence[bytes], seconds: float, rate: float = 0.0
) -> dict[str, Any]:
    """`load`, on uvloop where it is installed."""
    try:
        import uvloop

        return uvloop.run(load(port, wanted, seconds, rate))
    except ModuleNotFoundError:
        return asyncio.run(load(port, wanted, seconds, rate))


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(target: Any, port: int, *rest: Any) -> BaseProcess:
    """A server process that listens."""
    process = multiprocessing.get_context("spawn").Process(
        target=target, args=(port, *rest), daemon=True
    )
    process.start()
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    raise RuntimeError("the server does not start")


def row(name: str, full: dict[str, Any], half: dict[str, Any]) -> None:
    """One line of the table."""
    print(
        f"{name:22}{full['rate']:10.0f}{full['p50']:9.1f}{full['p99']:9.1f}"
        f"{half['rate']:14.0f}{half['p50']:9.1f}{half['p99']:9.1f}"
    )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--offers", type=int, default=20_000)
    parser.add_argument("--uniform", action="store_true")
    parser.add_argument("--soon", action="store_true")
    parser.add_argument("--tokens", action="store_true")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    server_core, own_core = cores[0], cores[-1]
    os.sched_setaffinity(0, {own_core})
    with tempfile.TemporaryDirectory() as folder:
        token = prepare(Path(folder), options.offers, learned=not options.uniform)
        port, bare_port = free_port(), free_port()
        modes = (not options.soon, options.tokens)
        service = started(serve_kirakat, port, folder, server_core, *modes)
        warm = requests(token, 0, 200_000, wrap=WARM_OFFERS)
        cold_count = (options.offers - WARM_OFFERS) // ITEMS
        cold = requests(token, WARM_OFFERS, cold_count, wrap=options.offers)
        measure(port, warm[:200], 5.0)
        # Until the snapshot that was asked for is loaded.
        time.sleep(3.0)
        sample = asyncio.run(_sample(port, warm[0]))
        bare = started(serve_bare, bare_port, sample, server_core)
        print(f"{len(sample)} bytes an answer, {CONNECTIONS} connections")
        print(f"{'':22}{'full load':>28}{'half load':>32}")
        print(
            f"{'':22}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}"
            + f"{'req/s':>14}{'p50 ms':>9}{'p99 ms':>9}"
        )
        results = {}
        for name, where in (("bare FastAPI", bare_port), ("resolve, warm", port)):
            full = measure(where, warm, options.seconds)
            half = measure(where, warm, options.seconds, full["rate"] / 2)
            row(name, full, half)
            results[name] = full
        print(f"  statuses: {results['resolve, warm']['statuses']}")
        goal = measure(port, warm, options.seconds, 250.0)
        print(f"  at 250 req/s: p50 {goal['p50']:.1f} ms, p99 {goal['p99']:.1f} ms")
        ratio = results["resolve, warm"]["rate"] / results["bare FastAPI"]["rate"]
        print(f"  warm / bare: {ratio:.2f} (goal 0.33)")
        split = len(cold) * 2 // 3
        full = measure(port, cold[:split], options.seconds)
        half = measure(port, cold[split:], options.seconds, full["rate"] / 2)
        row("resolve, cold", full, half)
        print(f"  statuses: {full['statuses']}")
        for process in (service, bare):
            process.terminate()
            process.join()


async def _sample(port: int, request: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return await connection.ask(request)


if __name__ == "__main__":
    main()
