"""Coverage, the list of offers, and orders, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from kirakat.errors import NotFoundError
from kirakat.review.catalogues.coverage import count_coverage
from kirakat.review.catalogues.filters import OfferFilters
from kirakat.review.catalogues.find_offers import find_offers
from kirakat.review.catalogues.offer_lines import offer_lines
from kirakat.review.offers.offer import read_offer
from kirakat.review.orders import Subject, give_order, lift_order
from kirakat.store.ask import ask
from kirakat.store.audit import list_audit
from kirakat.store.callbacks import list_callbacks
from kirakat.store.catalogs import sync_offers
from kirakat.store.controls import put_control
from kirakat.store.creatives import creatives_by_key, list_creatives
from kirakat.store.endpoints import create_endpoint
from kirakat.store.images import record_fetch_error
from kirakat.store.jobs import get_render
from kirakat.store.review_records import Account, ControlKind
from kirakat.types import Offer
from tests.support.review_shop import Shop, Shot, ask_for, ask_of, enter, make_shots

Person = Callable[[str], Account]
_TABLES = "offers|creatives|source_images|transitions|controls"
# Of the nine mugs of `mixed`: three in each placement.
_VERDICTS = ("pass", "pass", "pass", "review", "reject", "review", "pass", "reject", "pass")


def mixed(count: int = 9) -> list[Shot]:
    """Mugs whose gate said different things."""
    return [
        replace(shot, verdict=_VERDICTS[number % 9])
        for number, shot in enumerate(make_shots(count))
    ]


def _counts(shop: Shop) -> dict[str, dict[str, int]]:
    with shop.database.reading() as connection:
        found = count_coverage(connection, "shop", "main")
    return {
        one.placement: {name: count for name, count in one.offers.items() if count}
        for one in found.placements
    }


def _ids(shop: Shop, **filters: str) -> list[str]:
    with shop.database.reading() as connection:
        found = find_offers(connection, "shop", "main", OfferFilters(**filters))
    return [offer_id for offer_id, _, _ in found.offers]


def test_every_offer_counts_once_in_each_placement(shop: Shop) -> None:
    """If it did not, a merchandiser would believe in pictures that are not there."""
    enter(shop, mixed())
    assert _counts(shop) == {
        "300x250": {"ready": 2, "review": 1, "none": 6},
        "300x600": {"ready": 1, "rejected": 2, "none": 6},
        "square": {"ready": 2, "review": 1, "none": 6},
    }


def test_offers_that_share_a_photo_share_its_creatives(shop: Shop) -> None:
    """If they did not, variants of one photo would be told missing while they are shown."""
    [shot] = make_shots(1)
    enter(shop, [replace(shot, verdict="pass")])
    twin = replace(shot.offer, offer_id="twin")
    with shop.database.writing() as connection:
        sync_offers(connection, "shop", "main", [shot.offer, twin], now=shop.clock.now())
    assert _counts(shop) == {"300x250": {"ready": 2}}
    assert _ids(shop, show="ready") == ["mug-0", "twin"]


def test_reasons_say_who_said_what(shop: Shop) -> None:
    """If they did not, nobody would know what to mend first."""
    [*_, last] = enter(shop, mixed())
    with shop.database.writing() as connection:
        image = creatives_by_key(connection, "shop", [last])[last].image_id
        sync_offers(
            connection, "shop", "main", [Offer(offer_id="new", merchant_id="shop", title="New",
            image_link="https://shop.example/new.jpg")], complete=False, now=shop.clock.now(),
        )  # fmt: skip
        [(_, _, new)] = find_offers(connection, "shop", "main", OfferFilters(q="new")).offers
        assert new != image
        record_fetch_error(connection, new, "404 Not Found", now=shop.clock.now())
        put_control(connection, "shop", scope="offer", name="mug-1", kind="do_not_generate",
                    reason="", actor="anna", now=shop.clock.now())  # fmt: skip
    with shop.database.reading() as connection:
        found = count_coverage(connection, "shop", "main")
    told = [(why.standing, why.reason, why.count, dict(why.queue), why.show)
            for why in found.reasons]  # fmt: skip
    assert told == [
        ("review", "cut", 1, {"defect": "cut"}, ""),
        ("review", "halo", 1, {"defect": "halo"}, ""),
        ("rejected", "virtual extension", 2,
         {"show": "rejected", "defect": "virtual_extension"}, ""),
        ("none", "photo: 404 Not Found", 1, {}, "photo"),
        ("none", "stopped by hand", 1, {}, "stopped"),
    ]  # fmt: skip
    assert (_ids(shop, show="photo"), _ids(shop, show="stopped")) == (["new"], ["mug-1"])


def test_filters_find_what_they_name(shop: Shop) -> None:
    """If one did not, the numbers of the coverage would lead to other offers."""
    enter(shop, mixed())
    found = {
        name: len(_ids(shop, show=name))
        for name in ("", "ready", "review", "waiting", "rejected", "dead", "none")
    }
    assert found == {
        "": 9, "ready": 5, "review": 2, "waiting": 0, "rejected": 2, "dead": 0, "none": 0
    }  # fmt: skip
    assert _ids(shop, show="none", placement="square") == [f"mug-{n}" for n in (0, 1, 3, 4, 6, 7)]
    assert _ids(shop, q="NUMBER 7") == ["mug-7"]
    assert _ids(shop, q="mug-8") == ["mug-8"]
    assert _ids(shop, q="ug-8") == []
    assert _ids(shop, q="%") == []


def test_pages_follow_each_other_without_gaps(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """If they did not, offers would be seen twice or never."""
    monkeypatch.setattr("kirakat.review.catalogues.find_offers._STRETCH", 4)
    monkeypatch.setattr("kirakat.review.catalogues.find_offers._STRETCHES", 2)
    enter(shop, mixed(20))
    for filters in (OfferFilters(), OfferFilters(show="ready"), OfferFilters(q="number 1")):
        seen, after, pages = [], "", 0
        with shop.database.reading() as connection:
            while pages == 0 or after:
                found = find_offers(connection, "shop", "main", filters, after=after, limit=3)
                seen += [offer_id for offer_id, _, _ in found.offers]
                after, pages = found.next_after, pages + 1
        assert seen == sorted(set(seen))
        assert len(seen) == {"": 20, "ready": 12}.get(filters.show if not filters.q else "q", 11)


def test_a_page_reads_indexes_alone(shop: Shop) -> None:
    """If it read a whole table, a page of 100,000 offers would take seconds."""
    enter(shop, mixed())
    plans: list[str] = []
    with shop.database.reading() as connection:
        if not shop.database.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        _explain(connection, plans)
        for filters in (
            OfferFilters(), OfferFilters(q="mug-3"), OfferFilters(show="none", placement="square"),
            OfferFilters(show="photo"), OfferFilters(show="stopped"),
        ):  # fmt: skip
            found = find_offers(connection, "shop", "main", filters, after="mug-1")
            offer_lines(connection, "shop", found.offers)
        read_offer(connection, "shop", "mug-1")
    assert len(plans) > 15
    whole = [plan for plan in plans if _reads_whole_table(plan)]
    assert whole == []


def _explain(connection: Connection, plans: list[str]) -> None:
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def note(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            plans.append("\n".join(str(row) for row in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", note)


def _reads_whole_table(plan: str) -> bool:
    sorts = "TEMP B-TREE FOR ORDER BY" in plan and "offer_id>" in plan
    return sorts or re.search(rf"SCAN ({_TABLES})\b|Seq Scan", plan) is not None


@pytest.mark.parametrize("scope", ["offer", "catalog"])
def test_a_kill_takes_back_what_is_there_and_what_waits(
    shop: Shop, person: Person, scope: str
) -> None:
    """If it did not, a dangerous picture would stay in service though somebody pulled the plug."""
    keys = enter(shop, mixed())
    with shop.database.writing() as connection:
        create_endpoint(connection, "shop", "https://shop.example/hook", now=shop.clock.now())
    [waiting] = ask_for(
        shop, [replace(make_shots(1)[0], prompt_id="kitchen-oak", text="on dark oak")]
    )
    name = "mug-0" if scope == "offer" else "main"
    subject = Subject(scope="offer" if scope == "offer" else "catalog", name=name)
    taken = give_order(
        shop.database, subject, "kill", person("anna"), reason="recalled", clock=shop.clock.now
    )
    with shop.database.reading() as connection:
        found = creatives_by_key(connection, "shop", [*keys, waiting])
        told = [item.key for item in list_callbacks(connection, "shop")]
        render = get_render(connection, found[waiting].render_id)
        [entry] = list_audit(connection, "shop", action="ordered kill")
        states = [found[key].state for key in keys]
    assert found[waiting].state == "cancelled"
    assert render.state == "cancelled"
    assert states.count("retired") == (1 if scope == "offer" else 9)
    assert taken == states.count("retired") + 1
    assert keys[0] in told
    assert (entry.actor, entry.subject) == ("anna", f"{scope} {name}")


def test_no_more_generation_leaves_what_is_ready(shop: Shop, person: Person) -> None:
    """If it did not, stopping costs would take pictures from the shop."""
    keys = enter(shop, mixed())
    [waiting] = ask_for(
        shop, [replace(make_shots(1)[0], prompt_id="kitchen-oak", text="on dark oak")]
    )
    kind: ControlKind = "do_not_generate"
    subject = Subject(scope="offer", name="mug-0")
    assert give_order(
        shop.database, subject, kind, person("rita"), reason="", clock=shop.clock.now
    ) == 1  # fmt: skip
    with shop.database.reading() as connection:
        found = creatives_by_key(connection, "shop", [keys[0], waiting])
    assert [found[key].state for key in (keys[0], waiting)] == ["ready", "cancelled"]


def test_what_was_lifted_can_be_asked_for_again(shop: Shop, person: Person) -> None:
    """If it could not, one click would lose an offer for good."""
    subject, shot = Subject(scope="offer", name="mug-0"), make_shots(1)[0]
    enter(shop, [shot])
    new = replace(shot, prompt_id="kitchen-oak", text="on dark oak")
    give_order(shop.database, subject, "kill", person("anna"), reason="", clock=shop.clock.now)
    with shop.database.writing() as connection:
        [refused] = ask(connection, [ask_of(new)], "online", now=shop.clock.now())
    assert refused.state == "cancelled"
    lift_order(shop.database, subject, "kill", person("anna"), now=shop.clock.now())
    [key] = ask_for(shop, [new])
    with shop.database.reading() as connection:
        states = {item.key: item.state for item in list_creatives(connection, "shop")}
    assert states[key] == "requested"
    with pytest.raises(NotFoundError):
        lift_order(shop.database, subject, "kill", person("anna"), now=shop.clock.now())


def test_an_offers_page_has_all_that_was_made_of_it(shop: Shop) -> None:
    """If it had not, a retry or a kill would be decided on half the facts."""
    enter(shop, mixed(3))
    ask_for(shop, [replace(make_shots(1)[0], prompt_id="kitchen-oak", text="on dark oak")])
    with shop.database.reading() as connection:
        view = read_offer(connection, "shop", "mug-0")
        with pytest.raises(NotFoundError):
            read_offer(connection, "rival", "mug-0")
    assert [(one.arm, one.state, len(one.history)) for one in view.creatives] == [
        ("kitchen-marble@1", "ready", 2), ("kitchen-oak@1", "requested", 0)
    ]  # fmt: skip
    assert (view.catalogs, view.stopped) == (["main"], False)
