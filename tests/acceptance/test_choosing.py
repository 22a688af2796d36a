"""Shoppers with tastes, a service that chooses, a learner that learns: all real processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from kirakat.store.database import open_database
from kirakat.store.tables import creatives
from tests.support.installation import Installation, eventually, stop

for package in ("uvicorn", "dbos", "kirakat_assets", "onnxruntime"):
    pytest.importorskip(package, reason="needs kirakat[serve,assets]")

_POLICIES = """
[pool."*"]
reward_window = 1
uniform_share = 0.05
[pool."*".prior]
ridge = 20.0
category_ridge = 5.0
[pool."*".exposure]
cold_decisions = 30.0
"""
_MUGS = tuple(f"mug-{number}" for number in range(10))
_FEED = "id\ttitle\timage_link\n" + "".join(
    f"{name}\tA mug\thttps://shop.example/{name}.jpg\n" for name in _MUGS
)
_TSV = {"content-type": "text/tab-separated-values"}
_SEGMENTS = ("gifts", "kitchens")
# Of the prompt that a shopper likes, and of all others.
_LIKED, _OTHER = 0.6, 0.05


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    """A service and a learner that look every second, and mugs with all their creatives."""
    policies = tmp_path / "policies.toml"
    policies.write_text(_POLICIES, encoding="utf-8")
    settings = {
        "KIRAKAT_POLICIES": str(policies), "KIRAKAT_PSEUDONYM_SECRET": "p" * 32,
        "KIRAKAT_LEARN_SLICE": "2", "KIRAKAT_LEARN_WAIT": "1",
    }  # fmt: skip
    place = Installation(tmp_path / "shop", settings=settings)
    try:
        first = place.serve()
        place.token = place.run("keys", "create", "--name", "recommender")
        place.ask("PUT", "/v1/catalogs/default", content=_FEED.encode(), headers=_TSV)
        for _ in range(40):
            _look(place, "nobody", "")
        stop(first)
        _finish(place)
        place.serve()
        yield place
    finally:
        place.end()


def test_shoppers_come_to_see_what_they_like(shop: Installation) -> None:
    """If they do not, nothing that Kirakat learns reaches a page."""
    chance = np.random.default_rng(4)
    eventually(lambda: len(_shown(shop)) > 1, seconds=180)
    liked = dict(zip(_SEGMENTS, sorted(_shown(shop)), strict=False))
    shop.start("learn", "--every", "1")
    before = _shares(shop, liked)
    for number in range(240):
        _visit(shop, f"shopper-{number}", _SEGMENTS[number % 2], liked, chance)
    eventually(lambda: min(_shares(shop, liked).values()) > 0.7, seconds=180)
    assert max(before.values()) < 0.6


def _visit(
    shop: Installation, name: str, segment: str, liked: dict[str, str], chance: np.random.Generator
) -> None:
    """A shopper sees ten mugs and clicks by taste."""
    now, events = datetime.now(UTC), []
    for item in _look(shop, name, segment):
        shown = item["decision_id"]
        rate = _LIKED if item["arm"] == liked[segment] else _OTHER
        events.append(_event("impression", shown, now))
        if chance.random() < rate:
            events.append(_event("click", shown, now + timedelta(seconds=0.5)))
    answer = shop.ask("POST", "/v1/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    assert answer.json()["errors"] == []


def _event(kind: str, decision_id: str, at: datetime) -> dict[str, Any]:
    return {
        "event_id": f"{kind}-{decision_id}", "kind": kind, "decision_id": decision_id,
        "at": at.isoformat(),
    }  # fmt: skip


def _look(shop: Installation, name: str, segment: str) -> list[dict[str, Any]]:
    body = {
        "items": [{"offer_id": mug, "placement": "300x250"} for mug in _MUGS],
        "user": {"id": name, "features": {"segment": segment}},
    }
    answer = shop.ask("POST", "/v1/creatives:resolve", json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _shown(shop: Installation, segment: str = "") -> Counter[str]:
    """What shoppers of a segment see whose clicks nobody hears of."""
    found = [item for number in range(12) for item in _look(shop, f"guest-{number}", segment)]
    return Counter(item["arm"] for item in found if item["arm"])


def _shares(shop: Installation, liked: dict[str, str]) -> dict[str, float]:
    """How often each segment sees what it likes."""
    shown = {segment: _shown(shop, segment) for segment in liked}
    return {name: found[liked[name]] / found.total() for name, found in shown.items()}


def _finish(shop: Installation) -> None:
    """Every creative that was asked for is ready, as if workers had been there."""
    database = open_database(shop.database)
    with database.writing() as connection:
        connection.execute(update(creatives).values(state="ready", sha256="ab" * 32, format="jpeg"))
    database.close()
