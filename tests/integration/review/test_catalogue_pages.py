"""Catalogues, offers and the dashboard in a real browser, and what hostile people try there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kirakat.review.app import review_routes
from kirakat.store.audit import list_audit
from kirakat.store.controls import list_controls
from kirakat.store.creatives import creatives_by_key, get_creative, list_creatives
from kirakat.store.publish_policies import list_publish_policies
from tests.support.review_figures import seed_experiment, seed_policies, seed_workers
from tests.support.review_shop import (
    PASSWORD,
    Shop,
    ask_for,
    enter,
    enter_people,
    make_shots,
    open_shop,
    serve_pages,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_EVIL = '"><img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}\'--'
_PATHS = ("catalogues", "catalogues/main", "offers/mug-0", "dashboard")
_VERDICTS = ("pass", "review", "reject", "pass")
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop with something on every page."""
    shop = open_shop(tmp_path_factory.mktemp("stocked"))
    shots = [replace(shot, verdict=_VERDICTS[n % 4]) for n, shot in enumerate(make_shots(60))]
    enter(shop, shots)
    ask_for(shop, [replace(shots[0], prompt_id="kitchen-oak", text="on dark oak")])
    with shop.database.writing() as connection:
        now = shop.clock.now()
        seed_workers(connection, now=now)
        seed_policies(connection, now=now)
        seed_experiment(connection, now=now)
    return shop


@pytest.fixture(scope="module")
def address(stocked: Shop) -> Iterator[str]:
    """Where its pages are."""
    with serve_pages(stocked.desk) as found:
        yield found


@pytest.fixture(scope="module")
def cookies(browser: Browser, address: str) -> dict[str, list[dict[str, object]]]:
    """The session cookies of an admin, a reviewer and a viewer."""
    found: dict[str, list[dict[str, object]]] = {}
    for name in ("anna", "rita", "vera"):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/review/login")
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/review/queue")
        found[name] = [dict(item) for item in context.cookies()]
        context.close()
    return found


def _states(shop: Shop, offer: str) -> list[str]:
    with shop.database.reading() as connection:
        return [item.state for item in list_creatives(connection, "shop", offer_id=offer)]


def test_an_offer_is_killed_and_lifted_with_the_mouse(open_as: Open, stocked: Shop) -> None:
    """If it were not, a picture that may not be shown would stay."""
    page = open_as("rita", "/review/offers/mug-4")
    page.click("summary:has-text('Kill…')")
    page.fill(".orders li:first-child [name=reason]", "recalled by the maker")
    page.click("button:has-text('Kill now')")
    assert "1 creatives were taken back" in (page.text_content(".notice") or "")
    assert "recalled by the maker" in (page.text_content(".orders") or "")
    assert _states(stocked, "mug-4") == ["retired"]
    page.click("button:has-text('Lift the kill switch')")
    assert "Lifted" in (page.text_content(".notice") or "")
    with stocked.database.reading() as connection:
        assert list_controls(connection, "shop") == []
        told = [item.action for item in list_audit(connection, "shop", actor="rita")]
    assert told[:2] == ["lifted kill", "ordered kill"]


def test_an_offer_is_handled_with_the_keyboard(open_as: Open, stocked: Shop) -> None:
    """If it were not, people who use no mouse could not take anything back."""
    page = open_as("rita", "/review/offers/mug-0")
    page.focus("button[value=cancel]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice:has-text('is cancelled')")
    page.focus("button[value=retry][aria-label*='kitchen-marble@1']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice:has-text('is made again')")
    assert sorted(_states(stocked, "mug-0")) == ["cancelled", "requested"]
    assert len(stocked.engine.jobs) == 1
    page.focus("summary:has-text('History') >> nth=0")
    page.keyboard.press("Enter")
    assert page.is_visible("details.history[open] >> text=made again by hand")
    page.focus("summary:has-text('Stop generating…')")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("costs")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice:has-text('1 creatives that waited were cancelled')")
    assert page.locator("button[value=retry]").count() == 0


def test_a_catalogues_policy_and_offers(open_as: Open, stocked: Shop) -> None:
    """If they did not work, a merchant could neither hold pictures back nor find gaps."""
    page = open_as("anna", "/review/catalogues/main")
    page.wait_for_selector(".coverage .counts a")
    page.check("[value=sample]")
    page.fill("[name=share]", "12.5")
    page.click(".policy button")
    assert "12.5\N{NO-BREAK SPACE}%" in (page.text_content(".notice") or "")
    with stocked.database.reading() as connection:
        [policy] = list_publish_policies(connection, "shop")
    assert (policy.mode, policy.share, policy.actor) == ("sample", 0.125, "anna")
    page.click(".coverage >> text=rejected >> nth=0")
    page.wait_for_url("**/catalogues/main?show=rejected&placement=*")
    shown = page.locator(".offer").count()
    assert shown == page.locator(".offer .s-rejected:not(.mark)").count() > 0
    page.fill("[type=search]", "mug-5")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=mug-5**")
    page.goto(page.url.split("?")[0])
    assert page.locator(".offer").count() == 50
    page.click(".more a")
    page.wait_for_function("() => document.querySelectorAll('.offer').length === 60")
    page.click(".offer >> nth=51 >> a >> nth=1")
    page.wait_for_url("**/review/offers/*")


def test_the_dashboard_keeps_itself_fresh_until_told_not_to(open_as: Open) -> None:
    """If it did not, people would look at old figures, or could not read (WCAG 2.2.2, 4.1.3)."""
    page = open_as("vera", "/review/dashboard")
    assert "2 workers at work" in (page.text_content("#live-summary") or "")
    page.click("#t-hours summary")
    page.focus("#t-days summary")
    page.evaluate("window.first = document.querySelector('#live-told')")
    page.evaluate("htmx.trigger('#live', 'again')")
    page.wait_for_function("() => !document.contains(window.first)")
    assert page.is_visible("#t-hours table")
    page.wait_for_function("() => document.activeElement.closest('details')?.id === 't-days'")
    page.uncheck("#live-on")
    page.reload()
    assert not page.is_checked("#live-on")
    assert page.locator("svg[role=img]").count() == 4
    assert all(page.locator("svg[role=img]").evaluate_all("all => all.map(a => a.ariaLabel)"))


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_the_pages_are_for_everybody(open_as: Open, width: int, scheme: str) -> None:
    """If axe finds something, a target is too small, or the page is wider than the screen,
    somebody is shut out.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    page = open_as(
        "anna", "/review/catalogues", color_scheme=scheme,
        viewport={"width": width, "height": 900}, bypass_csp=True,
    )  # fmt: skip
    for path in _PATHS:
        page.goto(f"{page.url.split('/review')[0]}/review/{path}")
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found: list[dict[str, Any]] = axe.Axe().run(page).response["violations"]
        told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
        assert (path, told) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert (path, page.evaluate(_SMALL)) == (path, [])


_SMALL = """[...document.querySelectorAll("a, button, select, input, summary")].filter((one) => {
  const box = (one.closest("label") ?? one).getBoundingClientRect();
  const style = getComputedStyle(one);
  return box.width > 1 && style.visibility !== "hidden" && style.display !== "inline"
    && (box.width < 24 || box.height < 24);
}).map((one) => one.outerHTML.slice(0, 120))"""


def test_titles_and_names_stay_texts(open_as: Open, stocked: Shop) -> None:
    """If one did not, whoever writes a feed could act in a reviewer's name (stored XSS)."""
    [shot] = make_shots(1, tag="evil")
    offer = replace(
        shot.offer, offer_id=f"id/{_EVIL}?#", title=f"title {_EVIL}", brand=_EVIL,
        link="javascript:document.title=4", attributes={_EVIL: _EVIL},
    )  # fmt: skip
    enter(stocked, [replace(shot, offer=offer, prompt_id=f"arm{_EVIL}", reasons=(_EVIL,))],
          catalog=f"name {_EVIL}")  # fmt: skip
    page = open_as("anna", "/review/catalogues")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.click("a:has-text('onerror')")
    page.wait_for_selector(".coverage")
    _is_clean(page)
    page.click(".offer a:has-text('title')")
    page.wait_for_selector(".made-one")
    _is_clean(page)
    page.click("summary:has-text('Kill…')")
    page.fill(".orders li:first-child [name=reason]", _EVIL)
    page.click("button:has-text('Kill now')")
    page.wait_for_selector(".notice:has-text('Killed')")
    _is_clean(page)
    page.goto(f"{page.url.split('/review')[0]}/review/offers/mug-1?told={_EVIL}&by=x")
    assert page.locator(".notice").count() == 0
    assert said == []


def _is_clean(page: Page) -> None:
    assert page.title() not in ("1", "2", "3", "4")
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of one's own, on SQLite; another merchant beside it."""
    opened = open_shop(tmp_path)
    enter_people(opened, "rival", {"eve": "admin"})
    return opened


def _as(shop: Shop, name: str, merchant: str = "shop") -> tuple[TestClient, str]:
    app = Starlette(routes=review_routes(shop.desk))
    client = TestClient(app, follow_redirects=False)
    found = re.search(r'name="csrf" value="([0-9a-f]*)"', client.get("/review/login").text)
    assert found is not None
    fields = {"csrf": found.group(1), "merchant": merchant, "name": name, "password": PASSWORD}
    assert client.post("/review/login", data=fields).status_code == 303
    token = re.search(r'name="csrf" value="([0-9a-f]*)"', client.get("/review/dashboard").text)
    assert token is not None
    return client, token.group(1)


_ACTS = (
    ("offers/mug-0", {"act": "order", "kind": "kill"}, "rita"),
    ("offers/mug-0", {"act": "retry", "item": "{item}"}, "rita"),
    ("catalogues/main", {"act": "policy", "mode": "hold"}, "anna"),
    ("catalogues/main", {"act": "order", "kind": "kill"}, "anna"),
)


@pytest.mark.parametrize(("path", "fields", "who"), _ACTS)
def test_who_may_not_cannot(shop: Shop, path: str, fields: dict[str, str], who: str) -> None:
    """If they could, a viewer, a rival or another site could empty the shop's windows."""
    [key] = enter(shop, make_shots(1))
    fields = {name: value.format(item=f"{key}:0:in_review") for name, value in fields.items()}
    lower = {"rita": "vera", "anna": "rita"}[who]
    for name, merchant, status in ((lower, "shop", 403), ("eve", "rival", 404)):
        client, token = _as(shop, name, merchant)
        answer = client.post(f"/review/{path}", data={**fields, "csrf": token})
        assert (name, answer.status_code) == (name, status)
    client, token = _as(shop, who)
    for forged, headers in (("", {}), ("0" * 64, {}), (token, {"origin": "https://evil.example"})):
        answer = client.post(f"/review/{path}", data={**fields, "csrf": forged}, headers=headers)
        assert answer.status_code == 403
    with shop.database.reading() as connection:
        assert get_creative(connection, "shop", key).state == "in_review"
        assert list_controls(connection, "shop") == []
        assert list_publish_policies(connection, "shop") == []
    done = client.post(f"/review/{path}", data={**fields, "csrf": token})
    assert done.status_code == 303


@pytest.mark.parametrize("path", _PATHS[1:3])
def test_another_merchants_pages_are_not_there(shop: Shop, path: str) -> None:
    """If they were, a competitor could read the catalogue."""
    enter(shop, make_shots(1))
    client, _ = _as(shop, "eve", "rival")
    assert client.get(f"/review/{path}").status_code == 404
    assert "catalogues/main" not in client.get("/review/catalogues").text
    nobody = TestClient(Starlette(routes=review_routes(shop.desk)), follow_redirects=False)
    assert nobody.get(f"/review/{path}").headers["location"].startswith("/review/login")


@pytest.mark.parametrize(
    ("path", "fields"),
    [("offers/mug-0", {"act": "order", "kind": "burn"}), ("offers/mug-0", {"act": "sell"}),
     ("offers/mug-0", {"act": "retry", "item": "x"}), ("catalogues/main", {"act": "policy"}),
     ("catalogues/main", {"act": "policy", "mode": "sample", "share": "nan"}),
     ("catalogues/main", {"act": "policy", "mode": "sample", "share": "101"}),
     ("catalogues/main", {"act": "lift", "kind": "kill"})],
)  # fmt: skip
def test_damaged_forms_change_nothing(shop: Shop, path: str, fields: dict[str, str]) -> None:
    """If they did, nonsense would reach the database."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "anna")
    answer = client.post(f"/review/{path}", data={**fields, "csrf": token})
    assert answer.status_code in (404, 409, 422)
    with shop.database.reading() as connection:
        assert get_creative(connection, "shop", key).state == "in_review"
        assert list_controls(connection, "shop") == []


def test_a_killed_offer_is_not_made_again(shop: Shop) -> None:
    """If it were, one click would undo the kill switch behind its back."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "anna")
    form = {"csrf": token, "act": "order", "kind": "kill"}
    assert client.post("/review/catalogues/main", data=form).status_code == 303
    with shop.database.reading() as connection:
        found = creatives_by_key(connection, "shop", [key])[key]
    assert found.state == "retired"
    item = f"{key}:{found.revision}:{found.state}"
    form = {"csrf": token, "act": "retry", "item": item}
    answer = client.post("/review/offers/mug-0", data=form)
    assert (answer.status_code, "lift it first" in answer.text) == (422, True)


def test_the_second_of_two_people_is_told(shop: Shop) -> None:
    """If they were not, they would make again what somebody has just approved."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "rita")
    form = {"csrf": token, "act": "retry", "item": f"{key}:0:in_review"}
    assert client.post("/review/offers/mug-0", data=form).status_code == 303
    again = client.post("/review/offers/mug-0", data=form)
    assert (again.status_code, "Too late" in again.text) == (409, True)
