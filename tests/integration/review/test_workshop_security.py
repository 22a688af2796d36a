"""What hostile people try on masks, prompts and scenes; docs/security.md lists it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kirakat.review.app import review_routes
from kirakat.store.creatives import get_creative
from kirakat.store.edited_mattes import list_edited_mattes
from kirakat.store.errands import add_errand
from kirakat.store.own_scenes import list_scenes, put_scene
from kirakat.store.prompt_rows import list_prompts, put_prompts
from kirakat.types import Prompt, SceneQuery
from tests.support.review_errands import boxes_png, png
from tests.support.review_shop import PASSWORD, Shop, enter, enter_people, make_shots, open_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

_EVIL = '"><img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}\'--'
_SCENE = {
    "name": "oak", "support_x": "50", "support_y": "70", "support_width": "60", "horizon": "50",
    "camera_elevation": "10", "azimuth": "0", "elevation": "50", "softness": "50",
    "views": "standing", "temperature": "warm",
}  # fmt: skip
_PROMPT = {
    "id": "kitchen-new", "category": "kitchen", "seen": "0", "surface": "stone",
    "lighting": "rim", "palette": "navy", "template": "{title}, on navy stone, rim light",
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop on SQLite; another merchant beside it."""
    opened = open_shop(tmp_path)
    enter_people(opened, "rival", {"eve": "admin"})
    return opened


def _as(shop: Shop, name: str, merchant: str = "shop") -> tuple[TestClient, str]:
    client = TestClient(Starlette(routes=review_routes(shop.desk)), follow_redirects=False)
    fields = {"csrf": _csrf(client.get("/review/login").text), "merchant": merchant,
              "name": name, "password": PASSWORD}  # fmt: skip
    assert client.post("/review/login", data=fields).status_code == 303
    return client, _csrf(client.get("/review/queue").text)


def _csrf(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]*)"', text)
    assert found is not None
    return found.group(1)


def _picture(size: tuple[int, int] = (800, 800), kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "grey").save(buffer, kind)
    return buffer.getvalue()


def _posts(key: str) -> list[tuple[str, dict[str, str], dict[str, bytes]]]:
    """Everything that changes something: address, fields, files."""
    matte = boxes_png((200, 200), (60, 60, 140, 140))
    return [
        (f"/review/mask/{key}/save", {"seen": "0"}, {"matte": matte}),
        (f"/review/mask/{key}/photo", {}, {}),
        (f"/review/mask/{key}/segment", {"model": "u2netp"}, {}),
        ("/review/prompts/save", _PROMPT, {}),
        ("/review/prompts/act", {"id": "kitchen-slate-chef", "act": "pause"}, {}),
        ("/review/prompts/lint", _PROMPT, {}),
        ("/review/prompts/preview", {**_PROMPT, "offer": "mug-0", "placement": "300x250"}, {}),
        ("/review/scenes/save", _SCENE, {"picture": _picture()}),
        ("/review/scenes/remove", {"name": "oak"}, {}),
    ]


def _is_untouched(shop: Shop, key: str) -> bool:
    with shop.database.reading() as connection:
        image_id = get_creative(connection, "shop", key).image_id
        return not (
            list_edited_mattes(connection, "shop", image_id)
            or list_prompts(connection, "shop")
            or list_scenes(connection, "shop")
        )


@pytest.mark.parametrize("who", ["nobody", "viewer", "forged", "elsewhere"])
def test_nothing_is_changed_by_who_may_not(shop: Shop, who: str) -> None:
    """If it were, roles and tokens would be decoration."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "vera" if who == "viewer" else "anna")
    if who == "nobody":
        client.cookies.clear()
    headers = {"origin": "https://evil.example"} if who == "elsewhere" else {}
    for path, fields, files in _posts(key):
        sent = {**fields, "csrf": "0" * 64 if who == "forged" else token}
        answer = client.post(path, data=sent, files=files or None, headers=headers)
        assert answer.status_code == (401 if who == "nobody" else 403), path
    assert _is_untouched(shop, key)


def test_scenes_are_for_admins(shop: Shop) -> None:
    """If they were not, every reviewer could change what all pictures start from."""
    client, token = _as(shop, "rita")
    files = {"picture": _picture()}
    sent = {**_SCENE, "csrf": token}
    assert client.post("/review/scenes/save", data=sent, files=files).status_code == 403
    assert client.get("/review/scenes/edit").status_code == 403


def test_another_merchant_finds_nothing(shop: Shop) -> None:
    """If they did, one shop could see, mask or preview another's products."""
    [key] = enter(shop, make_shots(1))
    now = shop.clock.now()
    with shop.database.writing() as connection:
        errand = add_errand(
            connection, "shop", "source", {"offer_id": "mug-0"}, actor="anna", now=now
        )
        scene = shop.blobs.put(_picture())
        put_scene(connection, "shop", "oak", sha256=scene, actor="anna", now=now, record={
            "width": 8, "height": 8, "support": {"x": 0.5, "y": 0.5}, "support_width": 0.5,
            "camera_elevation": 0, "views": ["standing"],
        })  # fmt: skip
        put_prompts(connection, "shop", [Prompt(
            prompt_id="kitchen-secret", version=1, category="kitchen", template="{title}",
            negative="", tags=(), why="",
        )], now=now)  # fmt: skip
    client, token = _as(shop, "eve", "rival")
    for path in (
        f"/review/mask/{key}",
        f"/review/errands/{errand}",
        f"/review/pictures/{scene}",
        "/review/prompts/edit?id=kitchen-secret",
        "/review/scenes/edit?name=oak",
    ):
        assert client.get(path).status_code == 404, path
    assert "kitchen-secret" not in client.get("/review/prompts?category=kitchen").text
    assert scene not in client.get("/review/scenes").text
    assert "Mug number" not in client.get("/review/prompts/offers?q=mug").text
    for path, fields, files in _posts(key)[:3]:
        sent = {**fields, "csrf": token, "merchant": "shop"}
        assert client.post(path, data=sent, files=files or None).status_code == 404, path
    preview = {**_PROMPT, "csrf": token, "offer": "mug-0", "placement": "300x250"}
    assert "gone from the catalogue" in client.post("/review/prompts/preview", data=preview).text
    with shop.database.reading() as connection:
        assert (
            list_edited_mattes(connection, "shop", get_creative(connection, "shop", key).image_id)
            == []
        )


_BAD_SCENES: list[tuple[bytes, dict[str, str]]] = [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", {}),
    (_picture((300, 300)), {}), (_picture()[:400], {}), (_picture(kind="GIF"), {}),
    (png(Image.new("RGBA", (800, 800), (1, 2, 3, 4))), {}), (b"", {}),
    (_picture(), {"name": "../../etc/passwd"}), (_picture(), {"name": "oak\nx"}),
    (_picture(), {"support_x": "nan"}), (_picture(), {"support_x": "inf"}),
    (_picture(), {"azimuth": "1e99"}), (_picture(), {"views": "floating"}),
]  # fmt: skip
_BAD_PROMPTS: list[dict[str, str]] = [
    {"template": "{title"}, {"template": ""}, {"id": ""}, {"id": "../x"},
    {"template": "{title}, navy stone, rim light, nike shoes"}, {"starts": "soon"},
    {"starts": "2026-01-02T00:00", "ends": "2026-01-01T00:00"}, {"template": "a" * 5_000},
    {"starts": "9999-12-31T23:59-23:00"},
]  # fmt: skip


def test_damaged_scenes_are_refused(shop: Shop) -> None:
    """If one were not, an upload could break every worker that loads it."""
    client, token = _as(shop, "anna")
    for picture, change in _BAD_SCENES:
        sent, files = {**_SCENE, **change, "csrf": token}, {"picture": ("a.jpg", picture)}
        answer = client.post("/review/scenes/save", data=sent, files=files)
        assert answer.status_code == 422, (picture[:20], change)
    with shop.database.reading() as connection:
        assert list_scenes(connection, "shop") == []


def test_damaged_prompts_are_refused(shop: Shop) -> None:
    """If one were not, it would be rendered for a whole category."""
    client, token = _as(shop, "rita")
    for change in _BAD_PROMPTS:
        answer = client.post("/review/prompts/save", data={**_PROMPT, **change, "csrf": token})
        assert answer.status_code == 422, change
    stale = client.post("/review/prompts/save", data={**_PROMPT, "seen": "7", "csrf": token})
    assert stale.status_code == 409
    with shop.database.reading() as connection:
        assert list_prompts(connection, "shop") == []


def test_models_are_a_list(shop: Shop) -> None:
    """If they were not, a path could make a worker load any file of its disk."""
    [key] = enter(shop, make_shots(1))
    client, token = _as(shop, "rita")
    fields = {"csrf": token, "model": "/etc/passwd.onnx"}
    assert client.post(f"/review/mask/{key}/segment", data=fields).status_code == 422


def test_texts_stay_texts(pages_shop: Shop, open_as: Callable[..., Page]) -> None:
    """If one did not, who may write a prompt could act in an admin's name (stored XSS)."""
    now = pages_shop.clock.now()
    prompt = Prompt(
        prompt_id=f"evil{_EVIL}", version=1, category=f"pool{_EVIL}", template=f"text {_EVIL}",
        negative=_EVIL, tags=(_EVIL,), why=_EVIL, scene=SceneQuery(surfaces=frozenset({_EVIL})),
    )  # fmt: skip
    later = Prompt(**{**vars(prompt), "version": 2, "template": f"other {_EVIL}"})
    record = {
        "width": 8, "height": 8, "support": {"x": 0.5, "y": 0.5}, "support_width": 0.5,
        "camera_elevation": 0, "views": ["standing"], "surface": _EVIL, "tags": [_EVIL],
        "licence": _EVIL, "categories": [_EVIL],
    }  # fmt: skip
    [key] = enter(pages_shop, make_shots(1, tag="xss"))
    with pages_shop.database.writing() as connection:
        put_prompts(connection, "shop", [prompt, later], now=now)
        put_scene(connection, "shop", f"scene{_EVIL}", sha256="e" * 64, record=record,
                  actor=_EVIL, now=now)  # fmt: skip
        add_errand(connection, "shop", "segment", {"offer_id": "mug-xss0", "model": _EVIL},
                   actor=_EVIL, now=now - timedelta(days=60))  # fmt: skip
    said: list[str] = []
    for path in (f"/review/prompts?category=pool{_EVIL}", f"/review/prompts/edit?id=evil{_EVIL}",
                 f"/review/prompts/edit?category={_EVIL}", "/review/scenes?own=1",
                 f"/review/scenes/edit?name=scene{_EVIL}", f"/review/scenes?saved={_EVIL}",
                 f"/review/mask/{key}"):  # fmt: skip
        page = open_as("anna", path)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.wait_for_timeout(150)
        assert page.title() not in ("1", "2"), path
        assert page.locator("img[src=x]").count() == 0, path
        assert "49" not in page.locator("main").inner_text().split(), path
    assert said == []
