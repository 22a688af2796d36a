"""A merchant's own scenes: entered by click or by number, used by workers, theirs alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from kirakat.errors import NotFoundError
from kirakat.store.own_scenes import fetch_scenes, list_scenes, put_scene, retire_scene
from kirakat.store.schema import check
from tests.support.review_errands import png
from tests.support.review_shop import Shop, enter_people

if TYPE_CHECKING:
    from playwright.sync_api import Page

    Open = Callable[..., Page]
_RECORD = {
    "width": 800, "height": 800, "support": {"x": 0.5, "y": 0.7}, "support_width": 0.6,
    "horizon": None, "camera_elevation": 40.0, "views": ["standing"],
}  # fmt: skip


def _jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (800, 600), (200, 180, 160)).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_worker_gets_the_merchants_scenes_and_no_others(shop: Shop, tmp_path: Path) -> None:
    """If it did not, an own scene would be a picture in a form; or be another shop's too."""
    enter_people(shop, "rival", {"eve": "admin"})
    sha256, now = shop.blobs.put(_jpeg()), shop.clock.now()
    with shop.database.writing() as connection:
        for merchant in ("shop", "rival"):
            put_scene(
                connection, merchant, f"{merchant}-oak",
                sha256=sha256, record=_RECORD, actor="anna", now=now,
            )  # fmt: skip
        [scene] = fetch_scenes(connection, shop.blobs, "shop", tmp_path)
    assert scene.scene_id.startswith("shop-oak-")
    assert (scene.width, scene.height, scene.support_y) == (800, 600, 0.7)
    assert scene.path.read_bytes() == _jpeg()


def test_a_changed_scene_is_another_scene(shop: Shop) -> None:
    """If it were not, pictures cached for the old geometry would be taken for the new one's."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        ids = [
            put_scene(connection, "shop", "oak", sha256="a" * 64, actor="anna", now=now,
                      record={**_RECORD, "support_width": width})
            for width in (0.5, 0.6, 0.5)
        ]  # fmt: skip
        assert [one.scene_id for one in list_scenes(connection, "shop")] == [ids[0]]
        retire_scene(connection, "shop", "oak", now=now)
        assert list_scenes(connection, "shop") == []
        with pytest.raises(NotFoundError):
            retire_scene(connection, "shop", "oak", now=now)
    assert ids[0] == ids[2] != ids[1]
    assert check(shop.database) == ()


def test_a_scene_is_entered_by_click_and_changed_by_number(
    open_as: Open, pages_shop: Shop, tmp_path: Path
) -> None:
    """If it could not be, own scenes would need somebody who writes JSON."""
    picture = tmp_path / "counter.png"
    picture.write_bytes(png(Image.new("RGB", (900, 900), (200, 180, 160))))
    page = open_as("anna", "/review/scenes/edit")
    page.fill("[name=name]", "oak-counter")
    page.set_input_files("[name=picture]", picture)
    page.wait_for_selector("[data-picture]:not(.none) img")
    box = page.locator("[data-picture] img").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.8 * box["height"])
    page.click("[data-sets=horizon]")
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"])
    page.check("[name=is_floor]")
    page.click("text=Add the scene")
    page.wait_for_selector("text=Scene oak-counter is kept")
    with pages_shop.database.reading() as connection:
        [first] = list_scenes(connection, "shop")
    assert first.record["support"] == pytest.approx({"x": 0.25, "y": 0.8}, abs=0.005)
    assert first.record["horizon"] == pytest.approx(0.4, abs=0.005)
    assert first.record["support_front"] == 1.0
    page.focus('[aria-label="Change oak counter"]')
    page.keyboard.press("Enter")
    page.fill("[name=support_x]", "61.5")
    page.fill("[name=azimuth]", "90")
    page.focus("[name=from_above]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Scene oak-counter is kept")
    with pages_shop.database.reading() as connection:
        [second] = list_scenes(connection, "shop")
    assert (second.record["support"]["x"], second.record["horizon"]) == (0.615, None)
    # Seen from above there is no wall that a foot could meet.
    assert second.record["support_front"] is None
    assert second.record["light"]["azimuth"] == 90
    assert second.sha256 == first.sha256
    page.click('[aria-label="Remove oak counter"]')
    page.wait_for_url("**/review/scenes")
    with pages_shop.database.reading() as connection:
        assert list_scenes(connection, "shop") == []


def test_the_grid_narrows_down(open_as: Open) -> None:
    """If it did not, finding a flat lay among dozens of scenes would be a search."""
    page = open_as("vera", "/review/scenes")
    everything = page.locator(".scene").count()
    if not everything:
        pytest.skip("needs kirakat[assets]")
    page.select_option("#filter-view", "lying")
    page.wait_for_url("**/review/scenes?view=lying")
    assert 0 < page.locator(".scene").count() < everything
    assert page.locator(".scene:not(:has-text('lying'))").count() == 0
    assert page.locator("text=Add a scene").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
@pytest.mark.parametrize("path", ["scenes?view=hanging", "scenes/edit"])
def test_the_pages_are_for_everybody(open_as: Open, path: str, width: int, scheme: str) -> None:
    """If axe finds something, or the page is wider than the screen, somebody is shut out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    page = open_as(
        "anna", f"/review/{path}", color_scheme=scheme,
        viewport={"width": width, "height": 900}, bypass_csp=True,
    )  # fmt: skip
    found = axe.Axe().run(page).response["violations"]
    told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
