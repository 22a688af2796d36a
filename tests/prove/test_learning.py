"""100,000 events while service and learner are killed again and again.

`make prove` prints the tables. PROVE_EVENTS sets the events (100,000), PROVE_WAIT the seconds for
which they may be late (40): more than a service needs to start again, on a busy machine.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.databases import database_url, postgresql, sqlite_template
from tests.support.learning_check import check_everything
from tests.support.learning_site import disturb, make_shoppers, running_site

__all__ = ["database_url", "postgresql", "sqlite_template"]

# Seconds over which the events come, and between two kills; kills of the learner after that.
_FLOW, _EVERY, _MORE = 90.0, 5.0, 6


def test_100000_events_through_kills(database_url: str, tmp_path: Path) -> None:
    """If one were lost or counted twice, no figure of a merchant's could be trusted."""
    events = int(os.environ.get("PROVE_EVENTS", "100000"))
    wait = float(os.environ.get("PROVE_WAIT", "40"))
    with running_site(database_url, tmp_path, wait=wait) as site:
        # A tenth of the decisions is clicked.
        shoppers = make_shoppers(database_url, site, events * 10 // 11 + 1, clicks_first=False)
        begin = time.monotonic()
        with ThreadPoolExecutor(1) as thread:
            flow = thread.submit(shoppers.report, site, seconds=_FLOW)
            kills = 0
            while not flow.done():
                kills += disturb(site, every=_EVERY, seconds=2.5 * _EVERY)
            flow.result()
        flowed = time.monotonic() - begin
        for _ in range(_MORE):
            # Whatever the learner has in hand by now.
            time.sleep(_EVERY)
            site.kill("learn")
            site.start("learn")
        state = shoppers.wait_until_learned(300.0 + 3.0 * wait)
        counts = check_everything(shoppers, state)
    name = database_url.partition(":")[0]
    facts = ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))
    print(f"{name} | {shoppers.events} events in {flowed:.0f} s | {kills + _MORE} kills | {facts}")
