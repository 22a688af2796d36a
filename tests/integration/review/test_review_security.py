"""What hostile people try on the review pages; docs/security.md lists it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kirakat.errors import SettingsError
from kirakat.review.acts import Act, perform
from kirakat.review.app import review_routes
from kirakat.review.people.attempts import MOST_FOR_NAME
from kirakat.store.accounts import get_account, set_active, set_role
from kirakat.store.audit import list_audit
from kirakat.store.creatives import get_creative
from kirakat.types import Offer
from tests.support.review_shop import (
    PASSWORD,
    Shop,
    Shot,
    enter,
    enter_people,
    make_shots,
    open_shop,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

_EVIL = '"><img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}\'--'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop on SQLite; another merchant beside it."""
    opened = open_shop(tmp_path)
    enter_people(opened, "rival", {"eve": "admin"})
    return opened


@pytest.fixture
def visitor(shop: Shop) -> TestClient:
    """A browser that is not signed in and follows no redirect."""
    return _browser(shop)


def _browser(shop: Shop, **options: object) -> TestClient:
    app = Starlette(routes=review_routes(shop.desk))
    return TestClient(app, follow_redirects=False, **options)  # type: ignore[arg-type]


def _sign_in(
    client: TestClient, name: str, merchant: str = "shop", password: str = PASSWORD
) -> int:
    token = _csrf(client.get("/review/login").text)
    fields = {"csrf": token, "merchant": merchant, "name": name, "password": password}
    return client.post("/review/login", data=fields).status_code


def _csrf(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]*)"', text)
    assert found is not None
    return found.group(1)


def _as(shop: Shop, name: str, merchant: str = "shop") -> tuple[TestClient, str]:
    client = _browser(shop)
    assert _sign_in(client, name, merchant) == 303
    return client, _csrf(client.get("/review/queue").text)


def _state(shop: Shop, key: str, merchant: str = "shop") -> str:
    with shop.database.reading() as connection:
        return get_creative(connection, merchant, key).state


_SECRET = "a secret that proxy and pages share"  # noqa: S105  of the tests' own proxy
_ROUTES = (
    "/review/queue", "/review/queue/next", "/review/queue/{key}", "/review/queue/{key}/part",
    "/review/pictures/{sha}", "/review/pictures/{sha}/small",
    "/review/overlays/{key}/0/halo.png", "/review/audit",
)  # fmt: skip


@pytest.mark.parametrize("path", _ROUTES)
def test_nothing_is_shown_to_nobody(shop: Shop, visitor: TestClient, path: str) -> None:
    """If it were, unpublished pictures would lie open."""
    [key] = enter(shop, make_shots(1))
    with shop.database.reading() as connection:
        sha = get_creative(connection, "shop", key).sha256
    answer = visitor.get(path.format(key=key, sha=sha))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/review/login")


@pytest.mark.parametrize("forgery", ["missing", "wrong", "other session", "origin", "fetch site"])
def test_forged_requests_are_refused(shop: Shop, forgery: str) -> None:
    """If they were not, a page of another site could approve in a reviewer's name."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "rita")
    other = _as(shop, "ron")[1]
    sent = {"missing": "", "wrong": "0" * 64, "other session": other}.get(forgery, token)
    headers = {
        "origin": {"origin": "https://evil.example"},
        "fetch site": {"sec-fetch-site": "cross-site"},
    }.get(forgery, {})
    fields = {"csrf": sent, "item": f"{key}:0:in_review", "verdict": "approve"}
    answer = client.post("/review/queue/act", data=fields, headers=headers)
    assert (answer.status_code, _state(shop, key)) == (403, "in_review")


def test_signing_in_from_another_site_is_refused(visitor: TestClient) -> None:
    """If it were not, somebody could be signed in as the attacker and work for them."""
    fields = {"csrf": "", "name": "anna", "password": PASSWORD}
    assert visitor.post("/review/login", data=fields).status_code == 403


def test_a_session_that_was_planted_is_worth_nothing(shop: Shop, visitor: TestClient) -> None:
    """If it were, who plants a cookie would be signed in once its victim is (fixation)."""
    visitor.cookies.set("kirakat_session", "planted")
    assert _sign_in(visitor, "anna") == 303
    tokens = {cookie.value for cookie in visitor.cookies.jar if "session" in cookie.name}
    thief = _browser(shop)
    thief.cookies.set("kirakat_session", "planted")
    assert thief.get("/review/queue").status_code == 303
    assert any(len(token or "") > 40 for token in tokens)


def test_signing_out_ends_the_session_in_the_store(shop: Shop) -> None:
    """If it did not, a copied cookie would go on working."""
    client, token = _as(shop, "anna")
    kept = client.cookies["kirakat_session"]
    client.post("/review/logout", data={"csrf": token})
    thief = _browser(shop)
    thief.cookies.set("kirakat_session", kept)
    assert thief.get("/review/queue").status_code == 303


def test_cookies_are_out_of_reach(tmp_path: Path) -> None:
    """If they were not, a script or a plain connection could read a session."""
    secure = open_shop(tmp_path, public_url="https://kirakat.example")
    client = _browser(secure, base_url="https://kirakat.example")
    token = _csrf(client.get("/review/login").text)
    fields = {"csrf": token, "merchant": "shop", "name": "anna", "password": PASSWORD}
    cookie = client.post("/review/login", data=fields).headers["set-cookie"]
    assert cookie.startswith("__Host-kirakat_session=")
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie


@pytest.mark.parametrize(
    ("name", "path", "fields"),
    [
        ("vera", "/review/queue/act", {"verdict": "approve"}),
        ("vera", "/review/queue/undo", {"event": "x"}),
    ],
)
def test_a_viewer_decides_nothing(shop: Shop, name: str, path: str, fields: dict[str, str]) -> None:
    """If they did, roles would be decoration."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, name)
    sent = {"csrf": token, "item": f"{key}:0:in_review", "key": key, **fields}
    assert client.post(path, data=sent).status_code == 403
    assert _state(shop, key) == "in_review"


def test_the_audit_is_for_admins(shop: Shop) -> None:
    """If it were not, everybody would see who failed to sign in, and when."""
    assert _as(shop, "rita")[0].get("/review/audit").status_code == 403
    assert _as(shop, "anna")[0].get("/review/audit").status_code == 200


def test_a_role_that_was_taken_away_is_gone_at_once(shop: Shop) -> None:
    """If it were not, who is dismissed could go on deciding until the session runs out."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "rita")
    now = shop.clock.now()
    with shop.database.writing() as connection:
        set_role(connection, "shop", "rita", "viewer", now=now)
    fields = {"csrf": token, "item": f"{key}:0:in_review", "verdict": "approve"}
    assert client.post("/review/queue/act", data=fields).status_code == 403
    with shop.database.writing() as connection:
        set_active(connection, "shop", "rita", active=False, now=now)
    assert client.get("/review/queue").status_code == 303


def test_another_merchants_pictures_are_not_there(shop: Shop) -> None:
    """If they were, an admin of one shop could see and reject another's pictures."""
    [key] = enter(shop, make_shots(1))
    with shop.database.reading() as connection:
        sha = get_creative(connection, "shop", key).sha256
    client, token = _as(shop, "eve", "rival")
    for path in _ROUTES[2:-1]:
        assert client.get(path.format(key=key, sha=sha)).status_code == 404
    assert "Mug number" not in client.get("/review/queue").text
    fields = {"csrf": token, "item": f"{key}:0:in_review", "verdict": "approve", "merchant": "shop"}
    assert client.post("/review/queue/act", data=fields).status_code == 409
    assert _state(shop, key) == "in_review"


def test_guessing_passwords_is_slowed_down(shop: Shop, visitor: TestClient) -> None:
    """If it were not, a short word list would be enough."""
    tried = [_sign_in(visitor, "anna", password="wrong" * 3) for _ in range(MOST_FOR_NAME)]
    assert tried == [401] * MOST_FOR_NAME
    assert _sign_in(visitor, "anna") == 429
    with shop.database.reading() as connection:
        told = list_audit(connection, "shop")
    assert len([item for item in told if item.action == "failed to sign in"]) == MOST_FOR_NAME


@pytest.mark.parametrize(
    ("merchant", "name"), [("shop", "nobody"), ("no-such-shop", "anna"), ("rival", "anna")]
)
def test_strangers_learn_nothing(visitor: TestClient, merchant: str, name: str) -> None:
    """If they did, names and merchants could be collected."""
    token = _csrf(visitor.get("/review/login").text)
    fields = {"csrf": token, "merchant": merchant, "name": name, "password": PASSWORD}
    answer = visitor.post("/review/login", data=fields)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/review/", "/review/../v1", "javascript:alert(1)",
     "/review/\\evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(visitor: TestClient, target: str) -> None:
    """If it did, a link to our own page would lead to a stranger's."""
    token = _csrf(visitor.get("/review/login").text)
    fields = {"csrf": token, "name": "anna", "password": PASSWORD, "next": target}
    location = visitor.post("/review/login", data=fields).headers["location"]
    assert location.startswith("/review/")
    assert "evil" not in location


@pytest.mark.parametrize(
    ("secret", "name", "status"),
    [(_SECRET, "anna", 200), ("wrong", "anna", 303), ("", "anna", 303),
     (_SECRET, "nobody", 303)],
)  # fmt: skip
def test_a_proxys_word_needs_its_secret(
    tmp_path: Path, secret: str, name: str, status: int
) -> None:
    """If it did not, anybody could name themselves admin in a header."""
    shop = open_shop(tmp_path, login_header="X-Remote-User", login_secret=_SECRET)
    headers = {"X-Remote-User": name, "X-Kirakat-Proxy-Secret": secret}
    assert _browser(shop).get("/review/queue", headers=headers).status_code == status


def test_a_proxys_header_is_not_trusted_by_default(visitor: TestClient) -> None:
    """If it were, every installation without a proxy would be open."""
    headers = {"X-Remote-User": "anna", "X-Kirakat-Proxy-Secret": ""}
    assert visitor.get("/review/queue", headers=headers).status_code == 303


def test_a_proxy_without_a_secret_is_a_wrong_setting(tmp_path: Path) -> None:
    """If it were not, the header alone would be believed."""
    shop = open_shop(tmp_path, login_header="X-Remote-User")
    with pytest.raises(SettingsError, match="login_secret"):
        _ = shop.desk


@pytest.mark.parametrize("path", ["%2e%2e%2fapp.py", "vendor/../../app.py", "nothing.js"])
def test_static_files_are_a_list(visitor: TestClient, path: str) -> None:
    """If they were not, a path could lead out of the folder."""
    assert visitor.get(f"/review/static/x/{path}").status_code in (303, 404)


@pytest.mark.parametrize("item", ["", "x", "a:b:c", "a:-1:ready", "a:" + "9" * 30 + ":ready", "\0"])
def test_damaged_forms_are_refused(shop: Shop, item: str) -> None:
    """If they were not, nonsense would reach the database."""
    client, token = _as(shop, "rita")
    fields = {"csrf": token, "item": item, "verdict": "approve"}
    assert client.post("/review/queue/act", data=fields).status_code in (409, 422)


def test_every_answer_carries_the_headers(shop: Shop, visitor: TestClient) -> None:
    """If one did not, that page could be framed or made to run scripts."""
    client, _ = _as(shop, "anna")
    for answer in (visitor.get("/review/login"), client.get("/review/queue"),
                   client.get("/review/nothing"), client.get("/review")):  # fmt: skip
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["x-frame-options"] == "DENY"


def test_texts_from_outside_stay_texts(pages_shop: Shop, open_as: Callable[..., Page]) -> None:
    """If one did not, whoever writes a feed could act in a reviewer's name (stored XSS)."""
    plain = make_shots(1, tag="evil")[0]
    offer = Offer(
        offer_id=f"id{_EVIL}", merchant_id="shop", title=f"title {_EVIL}",
        image_link="https://shop.example/'\"><script>document.title=3</script>.jpg",
        link="javascript:document.title=4",
    )  # fmt: skip
    values = {
        **vars(plain), "offer": offer, "text": f"prompt {_EVIL}", "category": _EVIL,
        "prompt_id": f"arm{_EVIL}", "defects": (_EVIL,), "reasons": (f"reason {_EVIL}",),
    }  # fmt: skip
    values["certificate"] = {**plain.certificate, "model": _EVIL, "scene_id": _EVIL}
    [key] = enter(pages_shop, [Shot(**values)])
    with pages_shop.database.writing() as connection:
        rita = get_account(connection, "shop", "rita")
        act = Act(key=key, revision=0, state="in_review", verdict="reject", reason="other",
                  note=f"note {_EVIL}")  # fmt: skip
        perform(connection, [act], rita, pages_shop.engine, now=pages_shop.clock.now())
    said: list[str] = []
    for path in ("/review/queue?show=rejected", f"/review/queue/{key}?show=rejected",
                 f"/review/queue?prompt={_EVIL}", f"/review/queue?undo={_EVIL}:{_EVIL}",
                 f"/review/audit?actor={_EVIL}", f"/review/login?next={_EVIL}"):  # fmt: skip
        page = open_as("anna", path)
        page.on("console", lambda message: said.append(message.text))
        page.wait_for_load_state("networkidle")
        assert page.title() not in ("1", "2", "3", "4")
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0
    assert said == []
