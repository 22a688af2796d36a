"""Who may see what."""

from __future__ import annotations

import pytest

from kirakat.clock import SystemClock
from kirakat.store.api_keys import revoke_api_key
from kirakat.store.database import Database
from tests.integration.service.case import Case, eventually, open_case

ITEM = {"offer_id": "mug-0", "placement": "300x250", "treatment": "positioned"}


@pytest.fixture
def secrets(case: Case) -> dict[str, str]:
    """Names of what the shop has."""
    made = case.ask("POST", "/v1/endpoints", json={"url": "https://shop.example/hook"}).json()
    name = case.ask("POST", "/v1/generations", json=ITEM).json()["name"]
    case.make_ready()
    case.ask("PUT", "/v1/catalogs/other", content=b"id\ttitle\timage_link\na\tA\thttps://a.example/1.jpg\n",
             headers={"content-type": "text/tab-separated-values"})  # fmt: skip
    return {"key": name.removeprefix("operations/"), "endpoint": made["endpoint_id"]}


def test_no_route_shows_one_merchant_what_another_has(case: Case, secrets: dict[str, str]) -> None:
    """Otherwise competitors read each other's catalogues."""
    rival, key, endpoint = case.key("rival"), secrets["key"], secrets["endpoint"]
    hidden = [
        ("GET", f"/v1/operations/{key}", None),
        ("POST", f"/v1/operations/{key}:cancel", None),
        ("GET", f"/v1/creatives/{key}", None),
        ("GET", f"/v1/creatives/{key}/certificate", None),
        ("GET", "/v1/catalogs/default/offers", None),
        ("GET", "/v1/offers/mug-0", None),
        ("POST", "/v1/generations", ITEM),
        ("GET", f"/v1/endpoints/{endpoint}", None),
        ("PATCH", f"/v1/endpoints/{endpoint}", {"enabled": False}),
        ("DELETE", f"/v1/endpoints/{endpoint}", None),
        ("POST", f"/v1/endpoints/{endpoint}:rotateSecret", {"hours": 1}),
    ]
    for method, path, body in hidden:
        answer = case.ask(method, path, token=rival, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    empty = {
        "/v1/manifest": "",
        "/v1/changes?since=0": '{"changes":[],"next":0,"more":false}',
        "/v1/endpoints": '{"endpoints":[]}',
        "/v1/callbacks": '{"callbacks":[]}',
    }
    for path, text in empty.items():
        assert case.ask("GET", path, token=rival).text == text
    (answer,) = case.resolve("mug-0", token=rival)
    assert answer["image_url"] is None
    assert case.ask("GET", f"/v1/endpoints/{endpoint}").json()["enabled"] is True


def test_another_merchants_feed_changes_nothing_here(case: Case, secrets: dict[str, str]) -> None:
    """Otherwise a rival's upload retires my pictures."""
    rival = case.key("rival")
    case.put_feed("id\ttitle\timage_link\nmug-0\tX\thttps://x.example/1.jpg\n", token=rival)
    assert case.ask("GET", f"/v1/creatives/{secrets['key']}").json()["state"] == "ready"
    assert case.ask("GET", "/v1/offers/mug-0").json()["title"] == "Mug 0"


def test_nobody_replays_or_reads_what_another_was_told(case: Case) -> None:
    """Otherwise a rival makes us flood somebody else's server."""
    case.ask("POST", "/v1/endpoints", json={"url": "https://shop.example/hook"})
    case.ask("POST", "/v1/generations", json=ITEM)
    case.make_ready()
    case.put_feed("id\ttitle\timage_link\na\tA\thttps://shop.example/a.jpg\n")
    (callback,) = case.ask("GET", "/v1/callbacks").json()["callbacks"]
    rival, ids = case.key("rival"), [callback["webhook_id"]]
    again = case.ask("POST", "/v1/callbacks:replay", token=rival, json={"webhook_ids": ids})
    assert again.json() == {"replayed": 0}
    of_endpoint = f"/v1/callbacks?endpoint_id={callback['endpoint_id']}"
    assert case.ask("GET", of_endpoint, token=rival).json() == {"callbacks": []}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/catalogs/..%2f..%2fetc", "/v1/catalogs/%2e%2e", "/v1/catalogs/a%00b",
        "/v1/creatives/..%2f..%2fetc%2fpasswd", "/v1/operations/..%2fkeys", "/v1/offers/..%2f..",
    ],
)  # fmt: skip
def test_names_lead_nowhere_else(case: Case, path: str) -> None:
    """Otherwise a name reads or writes files of this machine."""
    method = "PUT" if path.startswith("/v1/catalogs") else "GET"
    feed = b"id\ttitle\timage_link\na\tA\thttps://a.example/1.jpg\n"
    kind = {"content-type": "text/tab-separated-values"}
    answer = case.ask(method, path, content=feed if method == "PUT" else None, headers=kind)
    assert answer.status_code in (404, 405, 422), answer.text
    assert "root:" not in answer.text


def test_every_described_route_wants_a_key(case: Case) -> None:
    """Otherwise a forgotten check opens a route to everybody."""
    open_to_all = {"/livez", "/readyz", "/metrics", "/i/{name}"}
    paths = case.client.get("/openapi.json").json()["paths"]
    body = {"content": b"{}", "headers": {"content-type": "application/json"}}
    for path, methods in paths.items():
        for method in methods:
            if path in open_to_all:
                continue
            url = path.replace("{key}", "0" * 64).replace("{name}", "x")
            url = url.replace("{endpoint_id}", "ep_" + "0" * 16).replace("{offer_id}", "x")
            answer = case.client.request(method.upper(), url, **body)  # type: ignore[arg-type]
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_does_only_what_its_scopes_say(case: Case) -> None:
    """Otherwise the key in a recommender can replace the catalogue."""
    narrow = case.key("shop", "resolve")
    assert case.resolve("mug-0", token=narrow)
    assert case.put_feed(token=narrow).status_code == 403
    assert case.ask("GET", "/v1/manifest", token=narrow).status_code == 403
    assert case.ask("GET", "/v1/endpoints", token=narrow).status_code == 403
    reader = case.key("shop", "read")
    answer = case.ask("POST", "/v1/creatives:resolve", token=reader, json={"items": [ITEM]})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer kk_1_2", "Basic a2s=", f"Bearer kk_{'0' * 16}_{'0' * 64}",
     f"bearer {'x' * 5000}", "Bearer kk_\u00e9"],
)  # fmt: skip
def test_what_is_no_key_is_refused(case: Case, header: str) -> None:
    """Otherwise anybody gets in."""
    answer = case.client.get("/v1/manifest", headers={b"authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_a_revoked_key_ends_within_seconds(case: Case) -> None:
    """Otherwise a leaked key works until the service is restarted."""
    token = case.key()
    assert case.ask("GET", "/v1/manifest", token=token).status_code == 200
    with case.parts.database.writing() as connection:
        revoke_api_key(connection, "shop", token.split("_")[1], now=SystemClock().now())
    eventually(lambda: case.ask("GET", "/v1/manifest", token=token).status_code == 401)


def test_guessing_keys_is_slowed_down(case: Case) -> None:
    """Otherwise wrong keys are a load on the database."""
    codes = [
        case.ask("GET", "/v1/manifest", token=f"kk_{i:016x}_{'0' * 64}").status_code
        for i in range(30)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert case.ask("GET", "/v1/manifest").status_code == 200


def test_each_key_has_its_own_rate(database: Database) -> None:
    """Otherwise one busy caller shuts out all others."""
    case = open_case(database, rate_limit=1.0)
    codes = [case.ask("GET", "/v1/endpoints").status_code for _ in range(4)]
    other = case.ask("GET", "/v1/endpoints", token=case.key())
    limited = case.ask("GET", "/v1/endpoints")
    case.parts.close()
    assert codes[0] == 200
    assert (limited.status_code, int(limited.headers["retry-after"]) >= 1) == (429, True)
    assert other.status_code == 200


def test_signed_images_run_out_and_cannot_be_forged(database: Database) -> None:
    """Otherwise a merchant's unpublished campaign leaks by its addresses."""
    case = open_case(database, signed_images="shop", image_secret="s" * 32)
    with case.client:
        case.put_feed()
        case.resolve("mug-0", treatment="positioned")
        case.make_ready()
        url = case.resolve("mug-0", treatment="positioned")[0]["image_url"]
        path = url.removeprefix("http://127.0.0.1:8000")
        assert case.client.get(path).status_code == 200
        plain = path.partition("?")[0]
        later = path.replace("?e=", "?e=9")
        for wrong in (plain, later, path[:-1] + "z", plain + "?e=&s=", plain + "?e=\u0663&s=x"):
            assert case.client.get(wrong).status_code == 404, wrong


def test_no_answer_invites_other_sites(case: Case) -> None:
    """Otherwise any page in a browser can talk to the service."""
    answer = case.ask("GET", "/v1/manifest", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_large_bodies_are_refused(case: Case) -> None:
    """Otherwise memory is filled from outside."""
    body = b'{"webhook_ids": ["' + b"0" * 2_000_000 + b'"]}'
    json_type = {"content-type": "application/json"}
    sent = case.ask("POST", "/v1/callbacks:replay", content=body, headers=json_type)
    assert sent.status_code == 413
    pieces = (b"x" * 100_000 for _ in range(20))
    streamed = case.ask("POST", "/v1/callbacks:replay", content=pieces, headers=json_type)
    assert streamed.status_code == 413
