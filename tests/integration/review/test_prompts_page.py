"""Prompts edited, paused, previewed and judged on their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kirakat.review.acts import Act, perform
from kirakat.review.prompts.figures import read_figures
from kirakat.review.prompts.read_prompts import compare, read_prompt, shipped_pools
from kirakat.store.catalogs import sync_offers
from kirakat.store.ledger import append_decisions, append_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.policy_alarms import record_alarms
from kirakat.store.prompt_rows import prompt_history
from kirakat.store.review_records import Account
from kirakat.types import Offer
from tests.support.review_errands import finish_next, forget_errands
from tests.support.review_shop import Shop, enter, make_shots

if TYPE_CHECKING:
    from playwright.sync_api import Page

    Open = Callable[..., Page]
_MARBLE = "kitchen-marble-counter"


def _event(decision: str, kind: str, at: datetime) -> EventRecord:
    return EventRecord(
        event_id=f"{decision}-{kind}-{at:%f}", merchant_id="shop", decision_id=decision, kind=kind,
        record={}, at=at,
    )  # fmt: skip


def test_figures_count_what_was_made_said_shown_and_clicked(
    shop: Shop, person: Callable[[str], Account]
) -> None:
    """If they did not, prompts would be kept and dropped by taste alone."""
    now = shop.clock.now()
    keys = enter(shop, make_shots(4))
    with shop.database.writing() as connection:
        acts = [
            Act(key=keys[1], revision=0, state="in_review", verdict="approve"),
            Act(key=keys[3], revision=0, state="in_review", verdict="reject", reason="unsafe"),
        ]
        perform(connection, acts, person("rita"), shop.engine, now=now)
        shown = {f"d{number}": "home-oak@1" for number in range(20)} | {"old": "home-oak@1"}
        rows = [
            DecisionRecord(decision_id=name, merchant_id="shop", record={"served": arm}, at=now)
            for name, arm in shown.items()
        ]
        append_decisions(connection, rows)
        seen = [_event(f"d{number}", "impression", now) for number in range(20)]
        # Twice by the same shopper counts once; what is older than a month does not.
        clicks = [_event("d0", "click", now), _event("d0", "click", now - timedelta(seconds=1.5))]
        old = [_event("old", "impression", now - timedelta(days=40))]
        append_events(connection, [*seen, *clicks, *old])
    with shop.database.reading() as connection:
        found = read_figures(connection, "shop", now)["home-oak@1"]
    assert dict(found.states) == {"ready": 1, "rejected": 1}
    assert (found.approved, found.refused, found.defect_rate) == (1, 1, 0.5)
    assert (found.impressions, found.clicks) == (20, 1)
    assert found.ctr is not None
    # statsmodels.stats.proportion.proportion_confint(1, 20, method="wilson")
    assert (found.ctr.low, found.ctr.high) == pytest.approx((0.008881, 0.236131), abs=1e-6)


def test_what_changed_is_told_word_by_word() -> None:
    """If it were not, two versions of a long text would look the same."""
    told = compare("on white marble, soft light", "on grey marble, soft light")
    assert [(piece.kind, piece.text) for piece in told] == [
        ("same", "on"), ("gone", "white"), ("new", "grey"), ("same", "marble, soft light")
    ]  # fmt: skip


def _enter_offer(shop: Shop) -> None:
    offer = Offer(
        offer_id="teapot", merchant_id="shop", title="Stoneware Teapot", product_type="kitchen",
        image_link="https://shop.example/teapot.jpg",
    )  # fmt: skip
    with shop.database.writing() as connection:
        sync_offers(connection, "shop", "pots", [offer], now=shop.clock.now())


def test_a_prompt_is_edited_previewed_and_paused_by_keyboard(
    open_as: Open, pages_shop: Shop
) -> None:
    """If it could not be, merchandisers would need an engineer for a word."""
    forget_errands(pages_shop)
    _enter_offer(pages_shop)
    page = open_as("rita", f"/review/prompts/edit?id={_MARBLE}")
    page.focus("[name=template]")
    page.keyboard.press("Control+a")
    page.keyboard.type("{title}, on a white marble worktop of the best kitchen, softbox lighting")
    page.wait_for_selector('.findings .error:has-text("best")')
    assert page.locator("[name=template]").input_value().startswith("{title}")
    page.keyboard.press("Control+a")
    page.keyboard.type("{title}, on a white marble worktop, softbox lighting, a quiet morning")
    page.wait_for_selector("text=Nothing to complain about")
    page.focus("[name=q]")
    with page.expect_response("**/prompts/offers?**"):
        page.keyboard.insert_text("stoneware tea")
    page.wait_for_selector("#products li:only-child [value=teapot]:not(:checked)")
    page.focus("[value=teapot]")
    page.keyboard.press("Space")
    page.focus("[data-preview]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#previews .waiting")
    made = {"verdict": "pass", "gate": {}, "format": "jpeg", "scene": "villa-01"}
    asked = finish_next(pages_shop, make_shots(1)[0].data, made)
    assert asked is not None
    assert "a quiet morning" in asked["prompt"]["template"]
    page.wait_for_selector("#previews img")
    page.focus(".send button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Save as version 3")
    assert "a quiet morning" in page.locator(".versions ins").all_text_contents()[-1]
    page.focus("text=Pause >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Resume")
    with pages_shop.database.reading() as connection:
        history = prompt_history(connection, "shop", _MARBLE)
    assert [(row.prompt.version, row.paused) for row in history] == [(1, True), (2, True)]


def test_a_retirement_is_proposed_and_done(open_as: Open, pages_shop: Shop) -> None:
    """If it were not, a prompt that shoppers ignore would be shown for ever."""
    arm = "kitchen-slate-chef@1"
    now = pages_shop.clock.now()
    with pages_shop.database.writing() as connection:
        found = {("retire", arm): "its CTR is 40 % below the pool's"}
        record_alarms(connection, "shop", "kitchen", found, version=1, now=now)
    page = open_as("rita", "/review/prompts?category=kitchen")
    page.wait_for_selector("text=40 % below the pool")
    page.click('[aria-label="Retire kitchen-slate-chef"]')
    page.wait_for_selector(".prompt-row.retired:has-text('kitchen-slate-chef')")
    with pages_shop.database.reading() as connection:
        pools = shipped_pools(pages_shop.desk)
        known = read_prompt(connection, "shop", pools, "kitchen-slate-chef", pages_shop.clock.now())
    assert known.status == "retired"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
@pytest.mark.parametrize("path", ["prompts?category=bags", "prompts/edit?id=bags-marble-boutique",
                                  "prompts/edit?category=bags"])  # fmt: skip
def test_the_pages_are_for_everybody(open_as: Open, path: str, width: int, scheme: str) -> None:
    """If axe finds something, or the page is wider than the screen, somebody is shut out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    page = open_as(
        "rita", f"/review/{path}", color_scheme=scheme,
        viewport={"width": width, "height": 900}, bypass_csp=True,
    )  # fmt: skip
    found = axe.Axe().run(page).response["violations"]
    told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
