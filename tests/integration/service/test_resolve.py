"""`POST /v1/creatives:resolve`, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from kirakat.store.ledger import read_decisions
from kirakat.store.records import Move
from kirakat.store.tables import creatives
from kirakat.store.transitions import transition
from tests.integration.service.case import Case, eventually, open_case
from tests.support.asks import later


def test_a_new_offer_shows_its_original_and_is_put_on_the_queue(case: Case) -> None:
    """Otherwise a page waits for a picture, or nothing is ever made."""
    (answer,) = case.resolve("mug-0")
    assert answer["status"] == "pending"
    assert answer["image_url"] == "https://shop.example/0.jpg"
    assert answer["operation"] == f"/v1/operations/{answer['key']}"
    assert answer["logged"] is True
    eventually(lambda: len(case.engine.jobs) == 1)


def test_a_ready_creative_is_served_from_our_own_address(case: Case) -> None:
    """Otherwise what was made is never shown."""
    case.resolve("mug-0")
    sha256 = case.make_ready()
    (answer,) = case.resolve("mug-0")
    assert answer["status"] == "ready"
    assert answer["image_url"].endswith(f"/i/{sha256}.jpg")
    assert answer["treatment_served"] == "generated"
    assert "@" in answer["arm"]


def test_asking_again_and_again_queues_one_render(case: Case) -> None:
    """Otherwise a busy page fills the queue with the same picture."""
    for _ in range(20):
        case.resolve("mug-0", treatment="positioned")
    case.flush()
    assert len(case.engine.jobs) == 1


def test_a_rejected_creative_is_no_longer_served(case: Case) -> None:
    """Otherwise a picture that a reviewer threw out stays on the page."""
    (asked,) = case.resolve("mug-0", treatment="positioned")
    case.make_ready()
    assert case.resolve("mug-0", treatment="positioned")[0]["status"] == "ready"
    move = Move(
        merchant_id="shop", key=asked["key"], revision=0, origin="ready", target="rejected",
        reason="ugly", actor="ann",
    )  # fmt: skip
    with case.parts.database.writing() as connection:
        transition(connection, move, now=later(0))
    eventually(lambda: case.resolve("mug-0", treatment="positioned")[0]["status"] == "rejected")
    assert case.resolve("mug-0", treatment="positioned")[0]["reason"] == "ugly"


def test_a_creative_that_became_ready_is_served_without_being_asked_for_in_vain(
    case: Case,
) -> None:
    """Otherwise caches hide finished work until they run out."""
    (asked,) = case.resolve("mug-0", treatment="positioned")
    case.flush()
    for origin, target in (("requested", "rendering"), ("rendering", "ready")):
        move = Move(
            merchant_id="shop", key=asked["key"], revision=0, origin=origin, target=target,  # type: ignore[arg-type]
            reason="", actor="w",
        )  # fmt: skip
        with case.parts.database.writing() as connection:
            connection.execute(update(creatives).values(sha256="ab" * 32, format="jpeg"))
            transition(connection, move, now=later(0))
    eventually(lambda: case.resolve("mug-0", treatment="positioned")[0]["status"] == "ready")


def test_only_ready_arms_are_chosen_and_their_probabilities_are_logged(case: Case) -> None:
    """Otherwise nothing can be learned from the clicks."""
    for _ in range(40):
        case.resolve("mug-0")
    case.make_ready()
    arms = {case.resolve("mug-0")[0]["arm"] for _ in range(40)}
    assert len(arms) > 1
    case.flush()
    with case.parts.database.reading() as connection:
        found = read_decisions(connection, "shop", start=later(-1e9), end=later(1e9))
    last: dict[str, Any] = dict(found[-1].record)
    assert last["propensity"] == pytest.approx(1 / len(last["ready"]))
    assert set(last["probabilities"]) == set(last["ready"])
    assert last["chosen"] in last["ready"]


def test_unknown_things_are_told_item_by_item(case: Case) -> None:
    """Otherwise one bad item takes the whole page down."""
    items = [
        {"offer_id": "nothing", "placement": "300x250"},
        {"offer_id": "mug-0", "placement": "no-such-place"},
        {"offer_id": "mug-0", "placement": "300x250", "prompt": "no-such-prompt"},
        {"offer_id": "mug-0", "placement": {"width": 640, "height": 400, "format": "webp"}},
    ]
    answer = case.ask("POST", "/v1/creatives:resolve", json={"items": items}).json()["items"]
    assert [item["status"] for item in answer] == ["unavailable"] * 3 + ["pending"]
    assert answer[0]["image_url"] is None
    assert answer[1]["image_url"] == answer[2]["image_url"] == "https://shop.example/0.jpg"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"items": [', 400),
        (b'{"items": []}', 400),
        (b'{"items": [{"offer_id": 7, "placement": "300x250"}]}', 400),
        (b'{"items": [{"offer_id": "a", "placement": "300x250", "treatment": ["x"]}]}', 400),
        (b'{"items": [{"offer_id": "a\\u0000", "placement": "300x250"}]}', 400),
        (b'{"items": [{"offer_id": "a", "placement": {"width": 1e9, "height": 2}}]}', 400),
        (b'{"items": [' + b'{"offer_id": "a", "placement": "300x250"},' * 100
         + b'{"offer_id": "a", "placement": "300x250"}]}', 413),
        (b"[" * 100_000, 400),
        (b'{"items": "' + b"x" * 300_000 + b'"}', 413),
    ],
)  # fmt: skip
def test_malformed_bodies_are_problems(case: Case, body: bytes, code: int) -> None:
    """Otherwise a broken caller gets a stack trace, or takes the process down."""
    answer = case.ask("POST", "/v1/creatives:resolve", content=body)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == code


def test_a_changed_feed_reaches_resolve(case: Case) -> None:
    """Otherwise an offer keeps a photo that it no longer has."""
    case.resolve("mug-0")
    case.put_feed("id\ttitle\timage_link\nmug-0\tMug\thttps://shop.example/new.jpg\n")
    (answer,) = case.resolve("mug-0")
    assert answer["image_url"] == "https://shop.example/new.jpg"
    assert case.resolve("mug-1")[0]["image_url"] is None


def test_an_offer_that_comes_back_has_its_creatives_made_again(case: Case) -> None:
    """Otherwise a sold-out offer shows its original forever after."""
    (asked,) = case.resolve("mug-1", treatment="positioned")
    case.make_ready()
    case.put_feed("id\ttitle\timage_link\nmug-0\tMug\thttps://shop.example/0.jpg\n")
    case.put_feed()
    (answer,) = case.resolve("mug-1", treatment="positioned")
    assert (answer["status"], answer["key"]) == ("pending", asked["key"])
    path = f"/v1/operations/{asked['key']}"
    eventually(lambda: case.ask("GET", path).json()["metadata"]["state"] == "requested")
    assert case.ask("GET", path).json()["metadata"]["revision"] == 1


def test_another_merchants_catalogue_is_unknown(case: Case) -> None:
    """Otherwise one merchant reads the offers of another."""
    (answer,) = case.resolve("mug-0", token=case.key("rival"))
    assert answer["image_url"] is None


def test_the_same_image_of_two_merchants_has_two_keys(case: Case) -> None:
    """Otherwise one merchant's rejection changes what another shows."""
    rival = case.key("rival")
    case.put_feed(token=rival)
    mine = case.resolve("mug-0", treatment="positioned")[0]["key"]
    theirs = case.resolve("mug-0", treatment="positioned", token=rival)[0]["key"]
    assert mine != theirs


def test_a_tile_is_positioned(case: Case) -> None:
    """Otherwise a leaderboard waits for a picture that nobody can draw."""
    items = [{"offer_id": "mug-0", "placement": "728x90"}]
    (answer,) = case.ask("POST", "/v1/creatives:resolve", json={"items": items}).json()["items"]
    case.make_ready()
    (answer,) = case.ask("POST", "/v1/creatives:resolve", json={"items": items}).json()["items"]
    assert (answer["status"], answer["treatment_served"]) == ("ready", "positioned")


def test_a_full_buffer_shows_originals_and_says_so(database: Any) -> None:
    """Otherwise a flood of new offers becomes errors or endless memory."""
    case = open_case(database, buffer_entries=1)
    case.put_feed()
    # Without its background tasks nothing empties the buffer.
    answers = case.resolve("mug-0", "mug-1", "mug-2", treatment="positioned")
    assert [answer["status"] for answer in answers] == ["pending", "unavailable", "unavailable"]
    assert answers[1]["image_url"] == "https://shop.example/1.jpg"
    assert answers[1]["logged"] is False
    text = case.client.get("/metrics").text
    case.parts.close()
    assert 'kirakat_resolve_items_total{status="unavailable"} 2.0' in text


def test_what_could_not_be_made_is_rejected_as_its_callback_says(case: Case) -> None:
    """Otherwise a recommender hears `creative.rejected` and is told to ask again."""
    case.resolve("mug-0", treatment="positioned")
    case.make_ready(state="dead", reason="no product in the photo")
    (item,) = case.resolve("mug-0", treatment="positioned")
    assert (item["status"], item["reason"]) == ("rejected", "no product in the photo")
