"""Every other route, on both databases."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kirakat.client.events import read_event
from kirakat.service.unpack_feed import FeedTooLargeError, unpack_feed
from tests.integration.service.case import FEED, PICTURE, TSV, Case

ITEM = {"offer_id": "mug-0", "placement": "300x250", "treatment": "positioned"}


def _made(case: Case) -> str:
    """The key of a creative that is ready."""
    key = case.ask("POST", "/v1/generations", json=ITEM).json()["name"].removeprefix("operations/")
    case.make_ready()
    return str(key)


def test_a_generation_is_accepted_and_can_be_followed(case: Case) -> None:
    """Otherwise nothing can be made ahead of its first page view."""
    answer = case.ask("POST", "/v1/generations", json=ITEM)
    assert answer.status_code == 202
    assert answer.headers["retry-after"]
    operation = case.ask("GET", answer.headers["location"]).json()
    assert (operation["done"], operation["metadata"]["state"]) == (False, "requested")
    assert len(case.engine.jobs) == 1
    case.make_ready()
    operation = case.ask("GET", answer.headers["location"]).json()
    assert operation["done"] is True
    assert operation["response"]["image_url"].endswith(".jpg")


def test_a_generation_of_something_unknown_is_a_problem(case: Case) -> None:
    """Otherwise a typo waits forever."""
    for change, code in (
        ({"offer_id": "none"}, 404), ({"placement": "nowhere"}, 422), ({"prompt": "none",
        "treatment": "generated"}, 422), ({"treatment": "magic"}, 422),
    ):  # fmt: skip
        answer = case.ask("POST", "/v1/generations", json={**ITEM, **change})
        assert answer.status_code == code
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_rejected_creative_is_made_again_on_request(case: Case) -> None:
    """Otherwise a rejection is for ever."""
    case.ask("POST", "/v1/generations", json=ITEM)
    case.make_ready(state="rejected", reason="ugly")
    operation = case.ask("POST", "/v1/generations", json=ITEM).json()
    assert operation["metadata"]["state"] == "requested"
    assert operation["metadata"]["revision"] == 1


def test_work_can_be_cancelled_once(case: Case) -> None:
    """Otherwise a mistake is rendered to its end."""
    name = case.ask("POST", "/v1/generations", json=ITEM).json()["name"]
    operation = case.ask("POST", f"/v1/{name}:cancel").json()
    assert (operation["done"], operation["error"]["code"]) == (True, 1)
    assert case.ask("POST", f"/v1/{name}:cancel").status_code == 409


def test_a_feed_is_brought_in_by_its_changes(case: Case) -> None:
    """Otherwise every upload renders the whole catalogue again."""
    again = case.put_feed().json()
    assert (again["new"], again["unchanged"], again["revision"]) == (0, 3, 2)
    less = case.put_feed(FEED.rsplit("mug-2", 1)[0]).json()
    assert less["removed"] == 1


def test_what_an_offer_no_longer_shows_is_retired_and_told(case: Case) -> None:
    """Otherwise recommenders keep showing what is no longer sold."""
    key = _made(case)
    assert (
        case.put_feed("id\ttitle\timage_link\na\tA\thttps://shop.example/a.jpg\n").json()[
            "retired_creatives"
        ]
        == 1
    )
    assert case.ask("GET", f"/v1/creatives/{key}").json()["state"] == "retired"
    changes = case.ask("GET", "/v1/changes?since=0").json()["changes"]
    assert changes[-1]["type"] == "creative.retired"


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text/tab-separated-values", b"", 422),
        ("text/tab-separated-values", b"id\ttitle\timage_link\n", 422),
        ("text/tab-separated-values", b"id\ttitle\timage_link\na\tA\t/etc/passwd\n", 422),
        ("text/tab-separated-values", b"id\ttitle\timage_link\na\tA\tfile:///etc/passwd\n", 422),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><rss><channel>&b;</channel></rss>", 422),
        ("text/xml", b"<rss><channel><item>", 422),
        ("application/gzip", b"\x1f\x8b\x08 not gzip at all", 422),
        ("application/json", b"{", 422),
        ("application/json", b'{"url": 1}', 422),
        ("image/png", b"x", 415),
        ("", b"x", 415),
    ],
)
def test_a_feed_that_cannot_be_read_changes_nothing(
    case: Case, kind: str, body: bytes, code: int
) -> None:
    """Otherwise one bad upload empties the shop."""
    answer = case.ask("PUT", "/v1/catalogs/default", content=body, headers={"content-type": kind})
    assert answer.status_code == code, answer.text
    assert "/tmp" not in answer.text  # noqa: S108  the place where feeds are kept meanwhile
    assert len(case.ask("GET", "/v1/catalogs/default/offers").json()["offers"]) == 3


def test_a_feed_of_paths_alone_is_told_what_is_missing(case: Case) -> None:
    """Otherwise whoever uploads the feed of `kirakat run` learns nothing of why it is refused."""
    feed = b"id\ttitle\timage_link\nmug\tMug\timages/mug.jpg\n"
    answer = case.ask("PUT", "/v1/catalogs/default", content=feed, headers=TSV)
    assert answer.status_code == 422
    assert "http(s) addresses, and the first (row 2) is at images/mug.jpg" in answer.text


def test_a_gzipped_feed_is_read(case: Case) -> None:
    """Otherwise large feeds cannot be sent small."""
    answer = case.ask(
        "PUT", "/v1/catalogs/packed", content=gzip.compress(FEED.encode()), headers=TSV
    )
    assert answer.json()["new"] == 3


def test_a_decompression_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    """Otherwise a kilobyte fills the disk."""
    bomb = tmp_path / "feed.tsv"
    bomb.write_bytes(gzip.compress(bytes(20_000_000)))
    with pytest.raises(FeedTooLargeError):
        unpack_feed(bomb, max_bytes=1_000_000)
    assert (tmp_path / "unpacked-feed.tsv").stat().st_size <= 1_000_000


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/feed.tsv", "http://localhost:8000/feed", "http://[::1]/feed",
        "http://169.254.169.254/latest/meta-data", "http://0x7f.1/feed", "http://2130706433/",
        "file:///etc/passwd", "ftp://shop.example/feed", "https://10.0.0.1/feed",
        "http://user:secret@192.168.1.1/feed", "gopher://localhost:70/1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_a_feeds_address_cannot_reach_inside(case: Case, url: str) -> None:
    """Otherwise a merchant reads the machine's own network."""
    answer = case.ask("PUT", "/v1/catalogs/default", json={"url": url})
    assert answer.status_code in (422, 502), answer.text


def test_offers_are_listed_page_by_page(case: Case) -> None:
    """Otherwise a large catalogue cannot be read."""
    first = case.ask("GET", "/v1/catalogs/default/offers?limit=2").json()
    assert [one["offer_id"] for one in first["offers"]] == ["mug-0", "mug-1"]
    rest = case.ask("GET", f"/v1/catalogs/default/offers?after={first['next']}").json()
    assert [one["offer_id"] for one in rest["offers"]] == ["mug-2"]
    assert rest["next"] is None
    assert case.ask("GET", "/v1/offers/mug-1").json()["title"] == "Mug 1"


def test_certificate_and_manifest_tell_of_what_is_ready(case: Case) -> None:
    """Otherwise nobody can check what is shown."""
    key = _made(case)
    certificate = case.ask("GET", f"/v1/creatives/{key}/certificate").json()
    assert certificate["certificate"] == {"product_difference": 0}
    lines = case.ask("GET", "/v1/manifest").text.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [key]


def test_changes_can_be_read_by_the_client(case: Case) -> None:
    """Otherwise a recommender that missed a callback never recovers."""
    _made(case)
    case.put_feed("id\ttitle\timage_link\na\tA\thttps://shop.example/a.jpg\n")
    page = case.ask("GET", "/v1/changes?since=0").json()
    events = [read_event(change) for change in page["changes"]]
    assert events
    assert all(event is not None for event in events)
    assert case.ask("GET", "/v1/changes").json() == {
        "changes": [], "next": page["next"], "more": False,
    }  # fmt: skip


def test_an_endpoint_lives_through_its_life(case: Case) -> None:
    """Otherwise a merchant cannot be called back, or not stop it."""
    made = case.ask("POST", "/v1/endpoints", json={"url": "https://shop.example/hook"})
    assert made.status_code == 201
    path = made.headers["location"]
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in case.ask("GET", path).json()
    rotated = case.ask("POST", f"{path}:rotateSecret", json={"hours": 1}).json()
    assert rotated["secret"] != made.json()["secret"]
    assert rotated["old_secret_until"]
    assert case.ask("PATCH", path, json={"enabled": False}).json()["enabled"] is False
    assert case.ask("PATCH", path, json={"enabled": True}).json()["enabled"] is True
    assert case.ask("DELETE", path).status_code == 204
    assert case.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook", "https://localhost/hook", "https://127.0.0.1/hook",
        "https://[::1]/hook", "https://10.1.2.3/", "https://0x7f.1/", "https://u:p@shop.example/",
        "https://metadata.internal/", "ftp://shop.example/", "https:///hook",
        "https://a b.example/",
    ],
)  # fmt: skip
def test_hostile_callback_addresses_are_refused(case: Case, url: str) -> None:
    """Otherwise callbacks are a way into the network."""
    assert case.ask("POST", "/v1/endpoints", json={"url": url}).status_code == 422


def test_callbacks_are_listed_and_sent_again(case: Case) -> None:
    """Otherwise a receiver that was down for a week has lost its messages."""
    case.ask("POST", "/v1/endpoints", json={"url": "https://shop.example/hook"})
    _made(case)
    case.put_feed("id\ttitle\timage_link\na\tA\thttps://shop.example/a.jpg\n")
    (callback,) = case.ask("GET", "/v1/callbacks").json()["callbacks"]
    assert callback["event"] == "creative.retired"
    again = case.ask("POST", "/v1/callbacks:replay", json={"webhook_ids": [callback["webhook_id"]]})
    assert again.json() == {"replayed": 1}


def test_images_are_immutable_and_come_in_parts(case: Case) -> None:
    """Otherwise every page view downloads every picture again."""
    case.ask("POST", "/v1/generations", json=ITEM)
    path = f"/i/{case.make_ready()}.jpg"
    whole = case.client.get(path)
    assert (whole.content, whole.headers["content-type"]) == (PICTURE, "image/jpeg")
    assert "immutable" in whole.headers["cache-control"]
    part = case.client.get(path, headers={"range": "bytes=3-6"})
    assert (part.status_code, part.content) == (206, PICTURE[3:7])
    assert part.headers["content-range"] == f"bytes 3-6/{len(PICTURE)}"
    assert case.client.get(path, headers={"range": "bytes=-4"}).content == PICTURE[-4:]
    assert case.client.get(path, headers={"range": "bytes=99999-"}).status_code == 416
    etag = whole.headers["etag"]
    assert case.client.get(path, headers={"if-none-match": etag}).status_code == 304
    head = case.client.head(path)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(PICTURE)))


def test_an_image_that_was_not_published_is_not_there(case: Case) -> None:
    """Otherwise source photos and rejected pictures can be fetched by their hash."""
    secret = case.parts.blobs.put(b"a source photo")
    for name in (
        f"{secret}.jpg", f"{'0' * 64}.jpg", "x.jpg", "..%2f..%2fetc%2fpasswd", f"{secret}.exe",
        "%2e%2e/%2e%2e/etc/passwd", f"{secret}", f"{secret.upper()}.jpg",
    ):  # fmt: skip
        answer = case.client.get(f"/i/{name}")
        assert answer.status_code == 404, name
        assert secret not in answer.json()["detail"]


def test_an_image_has_one_ending(case: Case) -> None:
    """Otherwise caches keep one picture under several addresses."""
    case.ask("POST", "/v1/generations", json=ITEM)
    assert case.client.get(f"/i/{case.make_ready()}.png").status_code == 404


def test_the_server_tells_prometheus_how_it_is(case: Case) -> None:
    """Otherwise nobody sees a queue that grows."""
    case.resolve("mug-0")
    case.flush()
    text = case.client.get("/metrics").text
    for name in (
        'kirakat_queue_age_seconds{lane="online",state="queued"}', "kirakat_dead_renders",
        'kirakat_cache_total{kind="plan",result="miss"}', 'kirakat_up{part="database"} 1.0',
        'kirakat_http_requests_total{code="200",method="POST",route="/v1/creatives:resolve"}',
    ):  # fmt: skip
        assert name in text
