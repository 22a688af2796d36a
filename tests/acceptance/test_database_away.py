"""`serve` and `worker` start while PostgreSQL is away, and recover by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PostgresServer, postgresql
from tests.support.installation import Installation, eventually, stop

__all__ = ["postgresql"]

for package in ("uvicorn", "dbos", "kirakat_assets", "onnxruntime"):
    pytest.importorskip(package, reason="needs kirakat[serve,assets]")

_FEED = b"id\ttitle\timage_link\nmug\tA mug\thttps://shop.example/mug.jpg\n"
_ITEMS = {"items": [{"offer_id": "mug", "placement": "300x250", "treatment": "original"}]}


@pytest.fixture
def shop(tmp_path: Path, postgresql: PostgresServer) -> Iterator[Installation]:
    """An installation with a catalogue, whose database server is then stopped."""
    settings = {"KIRAKAT_DATABASE": postgresql.create()}
    place = Installation(tmp_path / "shop", settings=settings)
    place.token = place.run("keys", "create", "--name", "recommender")
    postgresql.control("stop", "-m", "immediate")
    try:
        yield place
    finally:
        place.end()
        if not postgresql.is_running:
            postgresql.start()


def test_both_start_without_a_database_and_go_on_when_it_is_there(
    shop: Installation, postgresql: PostgresServer
) -> None:
    """Otherwise after a power cut the order in which machines start decides what works."""
    serving, working = shop.serve(), shop.start("worker", "--no-callbacks")
    answer = shop.ask("POST", "/v1/creatives:resolve", json=_ITEMS)
    assert answer.status_code == 200
    assert [(item["status"], item["logged"]) for item in answer.json()["items"]] == [
        ("unavailable", False)
    ]
    assert shop.ask("GET", "/readyz").status_code == 503
    log = shop.folder / "worker.log"
    eventually(lambda: "waiting for the database" in log.read_text(), seconds=180)
    postgresql.start()
    eventually(lambda: shop.ask("GET", "/readyz").status_code == 200, seconds=120)
    eventually(lambda: "is at work" in log.read_text(), seconds=180)
    kind = {"content-type": "text/tab-separated-values"}
    assert shop.ask("PUT", "/v1/catalogs/default", content=_FEED, headers=kind).status_code == 200
    (item,) = shop.ask("POST", "/v1/creatives:resolve", json=_ITEMS).json()["items"]
    assert (item["status"], item["logged"]) == ("pending", True)
    assert stop(serving, working) == [0, 0]


def test_a_worker_that_waits_stops_when_it_is_told_to(shop: Installation) -> None:
    """Otherwise a deployment hangs while the database is away."""
    working = shop.start("worker")
    log = shop.folder / "worker.log"
    eventually(lambda: "waiting for the database" in log.read_text(), seconds=180)
    assert stop(working) == [0]
