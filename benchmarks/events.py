"""Events a second that one service process takes, and decisions a second that a learner learns.

    python benchmarks/events.py [--events 40000] [--database sqlite:////tmp/events.db]

Run it on an idle machine. The database must not exist yet (SQLite) or be empty (PostgreSQL).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from kirakat.bandit.learner.learn_slice import Rules, learn_slice
from kirakat.bandit.learner.windows import windows_of
from kirakat.client import Kirakat, ShopperEvent
from kirakat.clock import SystemClock
from kirakat.store.database import open_database
from kirakat.store.schema import upgrade
from tests.support.asks import SHOP
from tests.support.learning_site import Site, make_shoppers
from tests.support.shoppers import learner


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = options.database or f"sqlite:///{folder}/events.db"
        database = open_database(url)
        upgrade(database)
        database.close()
        _measure(Site(url, folder, 300.0), url, options.events)


def _measure(site: Site, url: str, events: int) -> None:
    shoppers = make_shoppers(url, site, events)
    site.start("serve")
    try:
        site.wait_until_up()
        begin = SystemClock().now()
        seconds = _send(site, events)
        print(f"{events / seconds:,.0f} events a second, one process, one sender")
        seconds = _send(site, events)
        print(f"{events / seconds:,.0f} duplicates a second")
    finally:
        site.kill("serve")
    one = learner(shoppers.database, at=begin + timedelta(days=1))
    rules = Rules(policies=one.rules.policies, slicing=one.rules.slicing, bot_clicks=10**9)
    start, clock, learned = rules.slicing.start_of(begin), time.perf_counter(), 0
    while start < SystemClock().now():
        with shoppers.database.reading() as connection:
            window = windows_of(rules.policies)[0]
            learned += learn_slice(connection, SHOP, window, start, rules).counts["learned"]
        start = rules.slicing.end_of(start)
    print(f"{learned / (time.perf_counter() - clock):,.0f} decisions a second, one learner")


def _send(site: Site, events: int) -> float:
    sent = [
        ShopperEvent(kind="impression", decision_id=f"d{number:07d}", event_id=f"i{number}")
        for number in range(events)
    ]
    with Kirakat(f"http://127.0.0.1:{site.port}", api_key=site.token) as client:
        begin = time.perf_counter()
        client.send_events(sent)
        return time.perf_counter() - begin


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--database", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
