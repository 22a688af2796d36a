"""`kirakat serve` and `kirakat worker` as their users meet them: processes, HTTP, callbacks."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from kirakat.client import Answer, CreativeCache, Item, Kirakat
from kirakat.imaging.xmp import DIGITAL_SOURCE_TYPES, read_digital_source_type
from kirakat.store.database import open_database
from kirakat.store.jobs import list_attempts, list_renders
from kirakat.store.records import Attempt
from tests.support.installation import (
    Installation,
    Recommender,
    eventually,
    kill,
    open_recommender,
    stop,
)
from tests.support.small_catalog import write_catalog

for package in ("uvicorn", "dbos", "kirakat_assets", "onnxruntime"):
    pytest.importorskip(package, reason="needs kirakat[serve,assets]")

_MANY = 60
_BAD = ("bomb.png", "broken.jpg")
_TSV = {"content-type": "text/tab-separated-values"}


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """The other side: it serves the photos and takes the callbacks."""
    folder = tmp_path_factory.mktemp("photos")
    write_catalog(folder)
    photos = {path.name: path.read_bytes() for path in folder.iterdir()}
    photos["bomb.png"] = _bomb()
    with open_recommender(photos) as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, recommender: Recommender) -> Iterator[Installation]:
    """An installation that was set up by its commands, with no process running yet."""
    place = Installation(tmp_path / "shop")
    place.run("db", "upgrade")
    place.token = place.run("keys", "create", "--name", "recommender")
    yield place
    place.end()
    recommender.events.clear()
    recommender.sizes.clear()


def _feed(recommender: Recommender, count: int) -> bytes:
    """So many offers; each has a photo at an address of its own."""
    names = ("mug.png", "bottle.png", "ball.jpg")
    rows = [f"offer-{i}\tThing {i}\t{recommender.address}/{names[i % 3]}?{i}" for i in range(count)]
    return "\n".join(["id\ttitle\timage_link", *rows]).encode()


def _bomb() -> bytes:
    """A PNG of a few bytes that says it has 900 megapixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(60_000))), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _bring(shop: Installation, recommender: Recommender, count: int, *names: str) -> None:
    """Upload a catalogue and enter the recommender's address for callbacks."""
    rest = "".join(f"\n{name}\tThing\t{recommender.address}/{name}" for name in names)
    feed = _feed(recommender, count) + rest.encode()
    put = shop.ask("PUT", "/v1/catalogs/default", content=feed, headers=_TSV)
    assert put.json()["new"] == count + len(names), put.text
    made = shop.ask("POST", "/v1/endpoints", json={"url": f"{recommender.address}/hook"})
    recommender.listen_to(made.json()["secret"])


def _items(count: int, treatment: Any) -> list[Item]:
    return [
        Item(
            offer_id=f"offer-{i}", image_link="", placement="300x250", treatment=treatment
        )
        for i in range(count)
    ]  # fmt: skip


def _open(shop: Installation, cache: CreativeCache | None = None) -> Kirakat:
    return Kirakat(shop.address, api_key=shop.token, budget=5.0, cache=cache)


@dataclass(frozen=True)
class Story:
    """What a recommender saw, from the first request to the picture."""

    before: tuple[Answer, ...]
    after: tuple[Answer, ...]
    recommender: Recommender
    picture: httpx.Response
    certificate: dict[str, Any]
    healed: CreativeCache
    # What became of photos that are none.
    bad: tuple[Answer, ...]


@pytest.fixture
def story(shop: Installation, recommender: Recommender) -> Story:
    """One product positioned and one as it is, through the real pipeline."""
    shop.serve()
    shop.start("worker")
    _bring(shop, recommender, 2, *_BAD)
    items = [*_items(1, "positioned"), _items(2, "original")[1]]
    hostile = [
        Item(offer_id=name, image_link="", placement="300x250", treatment="positioned")
        for name in _BAD
    ]
    with _open(shop) as service:
        before = service.resolve(items).items
        service.resolve(hostile)
        wanted = len(items) + len(hostile)
        eventually(lambda: len(recommender.events) == wanted, seconds=180)
        # The service's own cache hears of it within a second.
        eventually(lambda: all(one.status == "ready" for one in service.resolve(items).items))
        after = service.resolve(items).items
        bad = service.resolve(hostile).items
        healed = CreativeCache()
        healed.heal(service.changes)
    key = after[0].key
    return Story(
        before=before,
        after=after,
        recommender=recommender,
        picture=httpx.get(after[0].image_url, trust_env=False),
        certificate=shop.ask("GET", f"/v1/creatives/{key}/certificate").json()["certificate"],
        healed=healed,
        bad=bad,
    )


def test_the_original_at_once_a_callback_and_then_the_creative(story: Story) -> None:
    """If any step failed, the service would be good for nothing."""
    recommender = story.recommender
    assert [answer.status for answer in story.before] == ["pending", "pending"]
    assert [answer.image_url for answer in story.before] == [
        f"{recommender.address}/mug.png?0", f"{recommender.address}/bottle.png?1",
    ]  # fmt: skip
    assert recommender.refused == 0
    for answer in story.after:
        assert recommender.cache.url(answer.key) == answer.image_url
        assert story.healed.url(answer.key) == answer.image_url
    ready = [event for event in recommender.events if event.type == "creative.ready"]
    assert {event.verdict for event in ready} == {"pass"}
    with Image.open(BytesIO(story.picture.content)) as picture:
        assert picture.size == (300, 250)
        assert np.asarray(picture.convert("RGB")).std() > 10
    kind = read_digital_source_type(story.picture.content)
    assert kind == DIGITAL_SOURCE_TYPES["positioned"]
    assert story.certificate["product_difference"] == 0
    # What is no photo is given up at once, and its own address shown as before.
    assert [answer.status for answer in story.bad] == ["rejected", "rejected"]
    assert all(answer.image_url.startswith(recommender.address) for answer in story.bad)
    assert "decompression bomb" in str(story.bad[0].reason)


def _attempts(shop: Installation) -> dict[str, list[Attempt]]:
    database = open_database(shop.database)
    with database.reading() as connection:
        found = {
            render.render_id: list_attempts(connection, render.render_id)
            for render in list_renders(connection, limit=10_000)
        }
    database.close()
    return found


def _done_twice(shop: Installation) -> int:
    """Renders that were finished more than once."""
    outcomes = [Counter(item.outcome for item in tries) for tries in _attempts(shop).values()]
    return sum(found["done"] > 1 for found in outcomes)


def _ready(shop: Installation, items: list[Item]) -> int:
    with _open(shop) as service:
        return Counter(answer.status for answer in service.resolve(items).items)["ready"]


def _check_all_made_once(shop: Installation, recommender: Recommender, items: list[Item]) -> None:
    eventually(lambda: _ready(shop, items) == len(items), seconds=180)
    eventually(lambda: len(recommender.ready_keys()) == len(items))
    assert set(recommender.ready_keys().values()) == {1}
    assert _done_twice(shop) == 0
    page = shop.ask("GET", "/v1/changes?since=0").json()["changes"]
    ready = Counter(change["data"]["key"] for change in page if change["type"] == "creative.ready")
    assert (len(ready), set(ready.values())) == (len(items), {1})


def test_stopped_and_started_in_the_middle_of_a_catalogue(
    shop: Installation, recommender: Recommender
) -> None:
    """If a deployment lost work or did it twice, nobody would dare to deploy by day."""
    items = _items(_MANY, "original")
    recommender.pause = 0.1
    serving, working = shop.serve(), shop.start("worker")
    _bring(shop, recommender, _MANY)
    assert _ready(shop, items) == 0
    eventually(lambda: len(recommender.events) >= 3, seconds=180)
    assert stop(serving, working) == [0, 0]
    assert len(recommender.ready_keys()) < _MANY
    shop.serve()
    shop.start("worker")
    _check_all_made_once(shop, recommender, items)
    assert {len(tries) for tries in _attempts(shop).values()} == {1}


def test_killed_and_started_in_the_middle_of_a_catalogue(
    shop: Installation, recommender: Recommender
) -> None:
    """If a power cut lost work, products would stay without pictures until somebody noticed."""
    items = _items(_MANY, "original")
    recommender.pause = 0.1
    serving, working = shop.serve(), shop.start("worker")
    _bring(shop, recommender, _MANY)
    assert _ready(shop, items) == 0
    eventually(lambda: len(recommender.events) >= 3, seconds=180)
    kill(serving, working)
    assert len(recommender.ready_keys()) < _MANY
    shop.serve()
    shop.start("worker")
    _check_all_made_once(shop, recommender, items)
    lost = [tries for tries in _attempts(shop).values() if len(tries) > 1]
    assert len(lost) <= 12, "more was drawn again than was in flight"
