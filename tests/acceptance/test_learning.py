"""Events flow while service and learner are killed: none is counted twice, none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import database_url, postgresql, sqlite_template
from tests.support.learning_check import check_everything
from tests.support.learning_site import disturb, make_shoppers, running_site

__all__ = ["database_url", "postgresql", "sqlite_template"]

_DECISIONS = 4_000
_SECONDS = 9.0


@pytest.mark.slow
def test_kills_lose_nothing_and_count_nothing_twice(database_url: str, tmp_path: Path) -> None:
    """If they did, no number of a merchant's could be trusted after the first crash."""
    with running_site(database_url, tmp_path, wait=3.0) as site:
        shoppers = make_shoppers(database_url, site, _DECISIONS)
        with ThreadPoolExecutor(1) as thread:
            flow = thread.submit(shoppers.report, site, seconds=_SECONDS)
            disturb(site, every=2.5, seconds=_SECONDS)
            flow.result()
        state = shoppers.wait_until_learned(240.0)
    check_everything(shoppers, state)
