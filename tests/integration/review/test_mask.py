"""A matte that a person draws, from the pointer to the queue."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import update

from kirakat.errors import ConflictError, StoreError
from kirakat.review.mask.read_matte import read_matte
from kirakat.review.mask.save_matte import NewMatte, save_matte
from kirakat.store.creatives import get_creative
from kirakat.store.edited_mattes import list_edited_mattes
from kirakat.store.errands import add_errand
from kirakat.store.ledger import read_reviews
from kirakat.store.records import Move
from kirakat.store.review_records import Account
from kirakat.store.tables import renders, source_images
from kirakat.store.transitions import transition
from tests.support.review_errands import boxes_png, fail_next, finish_next, forget_errands, png
from tests.support.review_shop import Shop, Shot, enter, make_shots

if TYPE_CHECKING:
    from playwright.sync_api import Page

    Open = Callable[..., Page]
_PHOTO = (200, 200)
# Where the mug of the shop's photo stands, roughly; and a crumb beside it.
_MUG, _CRUMB = (60, 60, 140, 140), (170, 20, 190, 40)


@pytest.fixture
def mended(pages_shop: Shop) -> Iterator[Shop]:
    """The shared shop; what is queued goes afterwards, so that others claim what they ask for."""
    forget_errands(pages_shop)
    yield pages_shop
    forget_errands(pages_shop)
    with pages_shop.database.writing() as connection:
        connection.execute(
            update(renders).where(renders.c.state == "queued").values(state="cancelled")
        )


def _claimed_huge() -> bytes:
    """A few bytes that claim 60,000 by 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0")
    chunks = (b"IHDR", head), (b"IDAT", body), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", boxes_png((100, 100), (10, 10, 50, 50)), _claimed_huge(),
        png(Image.new("RGB", _PHOTO, "white")), boxes_png(_PHOTO),
        boxes_png(_PHOTO, (0, 0, 200, 200)), boxes_png(_PHOTO, _MUG)[:-30],
        png(Image.new("I;16", _PHOTO)),
    ],
    ids=["empty file", "gif", "size", "bomb", "colour", "nothing", "all", "cut", "16 bit"],
)  # fmt: skip
def test_what_is_no_matte_is_refused(data: bytes) -> None:
    """If it were not, an upload could break every worker that reads it."""
    with pytest.raises(StoreError, match="mask"):
        read_matte(data, *_PHOTO)


def test_a_matte_is_written_anew() -> None:
    """If it were not, what a file hides beside its pixels would be kept."""
    sent = Image.open(io.BytesIO(boxes_png(_PHOTO, _MUG)))
    words = PngInfo()
    words.add_text("Comment", "<script>secret</script>")
    buffer = io.BytesIO()
    sent.save(buffer, "PNG", pnginfo=words)
    kept = read_matte(buffer.getvalue(), *_PHOTO)
    assert b"secret" in buffer.getvalue()
    assert b"secret" not in kept
    assert (_pixels(kept) == np.asarray(sent)).all()


def _pixels(data: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "L"
        return np.asarray(image)


def _shots(*verdicts: str, tag: str = "") -> list[Shot]:
    """Creatives of one photo."""
    first, *others = make_shots(len(verdicts), tag=tag)
    shots = [first, *(Shot(**{**vars(one), "offer": first.offer}) for one in others)]
    return [
        Shot(**{**vars(one), "verdict": verdict})
        for one, verdict in zip(shots, verdicts, strict=True)
    ]


def test_saving_has_everything_of_the_photo_made_again(
    shop: Shop, person: Callable[[str], Account]
) -> None:
    """If it did not, the halo that was mended in one size would stay in the others."""
    keys = enter(shop, _shots("pass", "review", "reject"))
    other = enter(shop, make_shots(1, tag="other"))[0]
    with shop.database.writing() as connection:
        matte = NewMatte(sha256="a" * 64, model="u2netp", seen=0)
        count = save_matte(
            connection, person("rita"), keys[0], matte, shop.engine, now=shop.clock.now()
        )
    with shop.database.reading() as connection:
        found = [get_creative(connection, "shop", key) for key in (*keys, other)]
        [event] = read_reviews(connection, "shop", keys[1])
        held = list_edited_mattes(connection, "shop", found[0].image_id)
    assert count == 3
    assert [item.state for item in found] == ["requested"] * 3 + ["in_review"]
    assert {job.render_id for job in shop.engine.jobs} == {item.render_id for item in found[:3]}
    assert (held[0].sha256, held[0].actor) == ("a" * 64, "rita")
    told = (event.verdict, event.record["mask_before"], event.record["mask_after"])
    assert told == ("mask", "", "a" * 64)


def test_a_photo_of_which_nothing_could_be_made_gets_its_chance(
    shop: Shop, person: Callable[[str], Account]
) -> None:
    """If it did not, "draw the mask" would be advice that changes nothing."""
    [key] = enter(shop, make_shots(1))
    now = shop.clock.now()
    with shop.database.writing() as connection:
        for origin, target in (("in_review", "requested"), ("requested", "dead")):
            seen = get_creative(connection, "shop", key)
            move = Move(merchant_id="shop", key=key, revision=seen.revision, origin=origin,  # type: ignore[arg-type]
                        target=target, reason="no product was found", actor="w")  # type: ignore[arg-type]  # fmt: skip
            transition(connection, move, now=now)
        matte = NewMatte(sha256="a" * 64, model="person", seen=0)
        assert save_matte(connection, person("rita"), key, matte, shop.engine, now=now) == 1


def test_the_second_of_two_people_is_told(shop: Shop, person: Callable[[str], Account]) -> None:
    """If it were not, an hour's drawing would vanish under somebody else's."""
    [key] = enter(shop, make_shots(1))
    now = shop.clock.now()
    with shop.database.writing() as connection:
        first = NewMatte(sha256="a" * 64, model="u2netp", seen=0)
        save_matte(connection, person("rita"), key, first, shop.engine, now=now)
        second = NewMatte(sha256="b" * 64, model="u2netp", seen=0)
        with pytest.raises(ConflictError, match="rita saved another mask"):
            save_matte(connection, person("ron"), key, second, shop.engine, now=now)


def _editor(
    open_as: Open, shop: Shop, key: str, *boxes: tuple[int, int, int, int], **options: Any
) -> Page:
    """The editor with a first matte of these rectangles."""
    page = open_as("rita", f"/review/mask/{key}", **options)
    page.wait_for_selector("[data-errand=segment].waiting")
    made = {"model": "u2netp@1", "confidence": 0.9, "width": 200, "height": 200,
            "source": _source(shop, key)}  # fmt: skip
    assert finish_next(shop, boxes_png(_PHOTO, *boxes), made)
    page.wait_for_selector("text=The product was found")
    return page


def _source(shop: Shop, key: str) -> str:
    with shop.database.reading() as connection:
        return str((get_creative(connection, "shop", key).certificate or {})["source_sha256"])


def _at(page: Page, x: float, y: float) -> tuple[float, float]:
    """A photo's point on the screen."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    return box["x"] + x / 200 * box["width"], box["y"] + y / 200 * box["height"]


def _save(page: Page) -> None:
    page.keyboard.press("s")
    page.wait_for_selector("#said:has-text('Mask saved')")


def _saved(shop: Shop, key: str) -> np.ndarray[Any, Any]:
    with shop.database.reading() as connection:
        image_id = get_creative(connection, "shop", key).image_id
        return _pixels(shop.blobs.get(list_edited_mattes(connection, "shop", image_id)[0].sha256))


def test_a_mask_is_drawn_with_the_pointer(open_as: Open, mended: Shop) -> None:
    """If it were not, or elsewhere than the pointer went, no mask could be mended."""
    keys = enter(mended, _shots("review", "pass", tag="drawn"))
    page = _editor(open_as, mended, keys[0], _MUG, _CRUMB)
    page.fill("[data-field=size]", "10")
    page.keyboard.press("Tab")
    # A handle by the brush, a notch by the eraser, a stroke that is taken back, a crumb off.
    page.mouse.move(*_at(page, 142, 100))
    page.mouse.down()
    page.mouse.move(*_at(page, 165, 100), steps=6)
    page.mouse.up()
    page.locator(".board").focus()
    page.keyboard.press("e")
    page.mouse.click(*_at(page, 65, 65))
    page.mouse.move(*_at(page, 80, 120))
    page.mouse.down()
    page.mouse.move(*_at(page, 120, 120), steps=4)
    page.mouse.up()
    page.keyboard.press("Control+z")
    page.keyboard.press("k")
    page.mouse.click(*_at(page, 100, 100))
    page.keyboard.press("v")
    _save(page)
    drawn = _saved(mended, keys[0])
    assert drawn[100, 100] == drawn[100, 160] == drawn[120, 100] == 255
    assert drawn[65, 65] == drawn[30, 180] == drawn[100, 185] == drawn[110, 150] == 0
    assert drawn.shape == (200, 200)
    with mended.database.reading() as connection:
        states = [get_creative(connection, "shop", key).state for key in keys]
    assert states == ["requested", "requested"]


def test_a_mask_is_mended_without_dragging(open_as: Open, mended: Shop) -> None:
    """If it were not, who cannot drag could not mend one (WCAG 2.5.7)."""
    [key] = enter(mended, _shots("review", tag="typed"))
    page = _editor(open_as, mended, key, _MUG, _CRUMB)
    page.wait_for_selector("[data-object='1']")
    page.focus("[data-object='1']")
    page.keyboard.press("Space")
    page.focus("[data-act=keep]")
    page.keyboard.press("Enter")
    for name, value in {"x": 20, "y": 90, "width": 30, "height": 10}.items():
        page.fill(f"[data-field={name}]", str(value))
    page.focus("[data-act=add]")
    page.keyboard.press("Enter")
    page.fill("[data-field=grow]", "4")
    page.focus("[data-act=grow]")
    page.keyboard.press("Enter")
    page.fill("[data-field=feather]", "2")
    page.focus("[data-act=feather]")
    page.keyboard.press("Enter")
    _save(page)
    drawn = _saved(mended, key)
    assert drawn[30, 180] == 0
    assert drawn[95, 35] == 255
    # Grown by four pixels on every side, and soft there.
    assert [drawn[58, 100] > 128, drawn[54, 100] < 128] == [True, True]
    assert 0 < drawn[56, 100] < 255


def test_a_photo_that_is_not_here_is_brought(open_as: Open, mended: Shop) -> None:
    """If it were not, masks could be drawn only where the worker's folder is shared."""
    [key] = enter(mended, _shots("review", tag="brought"))
    photo = png(Image.new("RGB", (320, 240), "white"))
    with mended.database.writing() as connection:
        image_id = get_creative(connection, "shop", key).image_id
        where = source_images.c.image_id == image_id
        connection.execute(update(source_images).where(where).values(sha256="f" * 64))
    page = open_as("rita", f"/review/mask/{key}")
    page.wait_for_selector("[data-errand=source].waiting")
    asked = finish_next(mended, photo, {"source": "f" * 64, "width": 320, "height": 240})
    assert asked is not None
    assert asked["kind"] == "source"
    page.wait_for_selector("[data-editor][data-width='320']")
    page.wait_for_selector("[data-errand=segment].waiting")
    fail_next(mended, "no product was found")
    page.wait_for_selector("text=could not be made: no product was found")


def test_another_model_is_tried_and_taken(open_as: Open, mended: Shop) -> None:
    """If it could not be, a bad cut-out would have to be drawn by hand."""
    [key] = enter(mended, _shots("review", tag="model"))
    page = _editor(open_as, mended, key, _CRUMB)
    page.select_option("[name=model]", "isnet-general-use")
    page.click("text=Cut out")
    page.wait_for_selector("#segmented .waiting")
    made = {"model": "rembg:isnet", "confidence": 0.97, "width": 200, "height": 200,
            "source": _source(mended, key)}  # fmt: skip
    asked = finish_next(mended, boxes_png(_PHOTO, _MUG), made)
    assert asked is not None
    assert asked["model"] == "isnet-general-use"
    page.click("#segmented [data-take-matte]")
    page.wait_for_selector("#said:has-text('isnet')")
    _save(page)
    drawn = _saved(mended, key)
    assert (drawn[100, 100], drawn[30, 180]) == (255, 0)
    with mended.database.reading() as connection:
        image_id = get_creative(connection, "shop", key).image_id
        assert list_edited_mattes(connection, "shop", image_id)[0].model == "rembg:isnet"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_the_editor_is_for_everybody(open_as: Open, mended: Shop, width: int, scheme: str) -> None:
    """If axe finds something, or the page is wider than the screen, somebody is shut out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    [key] = enter(mended, _shots("review", tag=f"axe{width}"))
    page = _editor(
        open_as, mended, key, _MUG, color_scheme=scheme,
        viewport={"width": width, "height": 900}, bypass_csp=True,
    )  # fmt: skip
    page.wait_for_selector("[data-object='0']")
    found = axe.Axe().run(page).response["violations"]
    told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    small = page.evaluate(
        """[...document.querySelectorAll("main :is(a, button, select, input)")].filter((one) => {
          const box = (one.closest("label") ?? one).getBoundingClientRect();
          return box.width > 1 && (box.width < 24 || box.height < 24);
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_a_worker_that_is_missing_is_told(open_as: Open, mended: Shop) -> None:
    """If it were not, people would wait for a wheel that nobody turns."""
    [key] = enter(mended, _shots("review", tag="nobody"))
    with mended.database.writing() as connection:
        wanted = {"offer_id": "mug-nobody0", "model": "u2netp"}
        errand = add_errand(
            connection, "shop", "segment", wanted, actor="rita",
            now=mended.clock.now() - timedelta(minutes=1),
        )  # fmt: skip
    page = open_as("rita", f"/review/queue/{key}")
    page.keyboard.press("m")
    page.wait_for_url(f"**/review/mask/{key}")
    page.wait_for_selector("text=Is kirakat worker running?")
    assert finish_next(mended, b"x", {"model": "", "source": ""}) is not None
    assert errand
