"""Shoppers with tastes, a service that chooses, a learner that learns; and what it was worth.

Run: python examples/choose_and_learn.py          (needs kirakat[serve])
Two kinds of shoppers like different backgrounds, and nobody tells the service which. It asks
nothing of them but clicks. Half of the shoppers get a random background: that is the experiment
(the paper's phase III) which says what choosing was worth.

All that talks to the service goes through `kirakat.client`, as a recommender would. Only the parts
around it are in this one process, on a simulated clock, so that a day takes seconds; in earnest
they are `kirakat serve`, `kirakat worker`, `kirakat learn` and `kirakat experiment`.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import uvicorn
from sqlalchemy import Connection, update

from kirakat.bandit.configuration import load_policies
from kirakat.bandit.learner.learn import Learner
from kirakat.bandit.learner.learn_slice import Rules
from kirakat.bandit.learner.timing import Slicing
from kirakat.client import Item, Kirakat, ShopperEvent
from kirakat.clock import FrozenClock
from kirakat.engine.port.engine import Job
from kirakat.experiments.change import create, start
from kirakat.experiments.read_definition import read_definition
from kirakat.imaging.placements import load_placements
from kirakat.prompts.pool import load_pools
from kirakat.service.app import make_app
from kirakat.service.generation import Generation
from kirakat.service.keyring import SCOPES
from kirakat.service.parts import Parts, assemble
from kirakat.settings import Settings
from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import NotEstimable
from kirakat.stats.sufficient import RatioSums, ratio_sums
from kirakat.store.api_keys import create_api_key
from kirakat.store.blobs import open_blobs
from kirakat.store.database import open_database
from kirakat.store.merchants import ensure_merchant
from kirakat.store.schema import upgrade
from kirakat.store.tables import creatives
from kirakat.types import Recipe

SHOP = "shop"
MUGS = [f"mug-{number}" for number in range(6)]
HOURS, SHOPPERS_AN_HOUR = 6, 160
# Click rate of the background that a shopper likes, and of the others.
LIKED, OTHER = 0.20, 0.04
# What each kind of shopper likes; the service never sees this table.
TASTES = {"gift hunters": "kitchen-marble-counter", "cooks": "kitchen-herb-garden"}

# A file of the setting `policies`. The shipped prior is for shops with a hundred times the traffic.
POLICIES = """
[pool."*".prior]
ridge = 20.0
category_ridge = 5.0
[pool."*".exposure]
cold_decisions = 30.0
"""

# What `kirakat experiment create` reads.
EXPERIMENT = """
[experiment]
name = "choosing"
title = "LinUCB against a random background"
planned_users = 1000
[[variants]]
name = "random"
policy = "uniform"
[[variants]]
name = "chosen"
policy = "linucb"
"""
VARIANTS = ("random", "chosen")
_COLUMNS = [f"{variant}: {kind}" for variant in VARIANTS for kind in TASTES]


class NoWorkers:
    """An engine (`kirakat.engine.port.engine.Engine`) whose jobs nobody does: no pixels here."""

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:  # noqa: ARG002
        """Say how many jobs there are."""
        return len(list(jobs))

    def close(self) -> None:
        """Nothing to close."""


def open_parts(folder: Path, clock: FrozenClock) -> Parts:
    """What `kirakat serve` puts together: a database, blobs, prompts, policies."""
    database = open_database(f"sqlite:///{folder / 'kirakat.db'}")
    upgrade(database)
    policies = folder / "policies.toml"
    policies.write_text(POLICIES, encoding="utf-8")
    settings = Settings(
        policies=str(policies), pseudonym_secret="p" * 32,
        # The clock stands still within a request, and nobody is in a hurry here.
        rate_limit=1e9, resolve_timeout=5.0, durable_wait=5.0,
    )  # fmt: skip
    recipe = Recipe(name="example", version=1, pipeline_version=1, generator="tiny")
    generation = Generation(
        recipe=recipe, native_size=512, pools=load_pools(), placements=load_placements()
    )
    return assemble(
        settings, database=database, blobs=open_blobs("memory:"), engine=NoWorkers(),
        generation=generation, clock=clock,
    )  # fmt: skip


@contextmanager
def served(parts: Parts) -> Iterator[str]:
    """The service's address while it listens."""
    config = uvicorn.Config(make_app(parts), port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def make_key(parts: Parts) -> str:
    """`kirakat keys create`."""
    with parts.database.writing() as connection:
        ensure_merchant(connection, SHOP, now=parts.clock.now())
        return create_api_key(connection, SHOP, scopes=SCOPES, now=parts.clock.now())


def bring_catalogue(address: str, key: str) -> None:
    """Upload a feed; any of the formats of docs/howto/feeds.md."""
    rows = [f"{name}\tA stoneware mug\thttps://shop.example/{name}.jpg" for name in MUGS]
    answer = httpx.put(
        f"{address}/v1/catalogs/default",
        content="\n".join(["id\ttitle\timage_link", *rows]),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "text/tab-separated-values"},
        trust_env=False,
    )
    answer.raise_for_status()


def make_creatives(service: Kirakat, parts: Parts) -> None:
    """Ask for every mug on every background, and pretend that `kirakat worker` has made them.

    An experiment on choosing wants all creatives beforehand: what is not ready cannot be chosen.
    """
    for prompt in parts.generation.pools.for_category("kitchen"):
        for item in items(prompt.prompt_id):
            service.generate(item)
    with parts.database.writing() as connection:
        connection.execute(update(creatives).values(state="ready", sha256="ab" * 32, format="jpeg"))
    parts.creatives.clear()


def start_experiment(parts: Parts) -> None:
    """`kirakat experiment create`, and `start`."""
    now = parts.clock.now()
    with parts.database.writing() as connection:
        create(connection, read_definition(EXPERIMENT, SHOP), now=now, actor="example")
        start(connection, SHOP, "choosing", now=now, actor="example")
    parts.experiments.look()


def items(prompt: str = "auto") -> list[Item]:
    """A widget with all mugs; "auto" leaves the choice to the service."""
    return [
        Item(
            offer_id=name,
            image_link=f"https://shop.example/{name}.jpg",
            placement="300x250",
            prompt=prompt,
            position=position,
        )
        for position, name in enumerate(MUGS)
    ]


@dataclass
class Seen:
    """What the shoppers of one variant saw and did."""

    # By shopper.
    impressions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    clicks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    # Whether each impression was what its shopper likes, by kind of shopper.
    liked: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def sums(self) -> RatioSums:
        """Clicks over impressions, by shopper: what lifts and their intervals are made of."""
        shoppers = list(self.impressions)
        clicks = np.array([self.clicks[name] for name in shoppers], dtype=np.float64)
        return ratio_sums(clicks, np.array(list(self.impressions.values()), dtype=np.float64))


def visit(
    service: Kirakat, clock: FrozenClock, name: str, kind: str, chance: np.random.Generator
) -> tuple[str, list[bool], list[ShopperEvent]]:
    """One shopper sees the widget: the variant, what was liked of it, and what to report."""
    resolved = service.resolve(items(), user={"id": name, "features": {"segment": kind}})
    likes, events = [], []
    for answer in resolved.items:
        likes.append((answer.arm or "").startswith(f"{TASTES[kind]}@"))
        events.append(
            ShopperEvent(kind="impression", decision_id=answer.decision_id, at=clock.now())
        )
        if chance.random() < (LIKED if likes[-1] else OTHER):
            at = clock.now() + timedelta(seconds=3)
            events.append(ShopperEvent(kind="click", decision_id=answer.decision_id, at=at))
    return resolved.items[0].variant or "", likes, events


def one_hour(
    service: Kirakat, clock: FrozenClock, hour: int, chance: np.random.Generator
) -> dict[str, Seen]:
    """An hour's shoppers come, look and click; their events are reported at its end."""
    seen: dict[str, Seen] = defaultdict(Seen)
    events: list[ShopperEvent] = []
    for number in range(SHOPPERS_AN_HOUR):
        name, kind = f"shopper-{hour}-{number}", list(TASTES)[number % len(TASTES)]
        variant, likes, found = visit(service, clock, name, kind, chance)
        group = seen[variant]
        group.impressions[name] += len(likes)
        group.clicks[name] += sum(event.kind == "click" for event in found)
        group.liked[kind] += likes
        events += found
        clock.advance(3600 / SHOPPERS_AN_HOUR)
    for refused in service.send_events(events).refused:
        print(f"not taken: {refused.reason}")
    return seen


def open_learner(parts: Parts) -> Learner:
    """`kirakat learn`, with slices of ten minutes and five minutes for late events."""
    policies = load_policies(Path(parts.settings.policies))
    return Learner(
        database=parts.database,
        rules=Rules(policies=policies, slicing=Slicing(), bot_clicks=parts.settings.bot_clicks),
        shipped=load_pools(), clock=parts.clock, name="example",
    )  # fmt: skip


def learn(learner: Learner, parts: Parts) -> None:
    """Learn what is closed: the latest impressions have half an hour to be clicked."""
    for _ in learner.round():
        pass
    # A running service does this by itself, once a second.
    parts.snapshots.look()


def show_hour(hour: int, seen: dict[str, Seen]) -> None:
    """How often each kind of shopper saw what it likes, by variant."""
    cells = [
        f"{np.mean(seen[variant].liked[kind]):>24.0%}" for variant in VARIANTS for kind in TASTES
    ]
    print(f"{hour + 1:>4}" + "".join(cells))


def show_lift(hours: Sequence[dict[str, Seen]]) -> None:
    """Clicks over impressions of both variants, and the relative lift with its interval."""
    sums = {}
    for variant in VARIANTS:
        sums[variant] = sum((seen[variant].sums() for seen in hours), RatioSums())
        rate, shown, shoppers = sums[variant].ratio, sums[variant].x, sums[variant].units
        print(f"{variant}: {rate:.1%} of {shown:,.0f} impressions, {shoppers:.0f} shoppers")
    lift = relative_lift(sums["chosen"], sums["random"])
    if isinstance(lift, NotEstimable):
        print(f"lift of choosing over random: not estimable, {lift.reason}")
    else:
        print(f"lift of choosing over random: {lift.value:+.0%}, 95 % interval "
              f"{lift.low:+.0%} to {lift.high:+.0%}")  # fmt: skip


def main() -> None:
    """Six hours of a small shop."""
    clock, chance = FrozenClock(at=datetime(2026, 11, 20, 12, tzinfo=UTC)), np.random.default_rng(7)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        parts = open_parts(Path(folder), clock)
        key = make_key(parts)
        learner = open_learner(parts)
        with served(parts) as address, Kirakat(address, api_key=key, budget=5.0) as service:
            bring_catalogue(address, key)
            make_creatives(service, parts)
            start_experiment(parts)
            print("share of impressions that showed what the shopper likes")
            print("hour" + "".join(f"{name:>24}" for name in _COLUMNS))
            hours = []
            for hour in range(HOURS):
                hours.append(one_hour(service, clock, hour, chance))
                show_hour(hour, hours[-1])
                learn(learner, parts)
    show_lift(hours)


if __name__ == "__main__":
    main()
