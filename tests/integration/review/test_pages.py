"""The pages in a real browser: by keyboard, by mouse, without scripts, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kirakat.store.creatives import get_creative
from tests.support.review_shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What has the focus, if neither it nor what stands for it is outlined.
_UNSEEN_FOCUS = """(() => {
  const one = document.activeElement;
  const card = one.closest(".card")?.querySelector(".shot");
  const outlined = (item) => item && getComputedStyle(item).outlineStyle !== "none";
  const seen = [one, one.parentElement, card].some(outlined);
  return one === document.body || seen ? [] : [one.outerHTML.slice(0, 120)];
})()"""
Open = Callable[..., "Page"]
Fresh = Callable[[int], list[str]]


def _state(shop: Shop, key: str) -> str:
    with shop.database.reading() as connection:
        return get_creative(connection, "shop", key).state


def _shown(page: Page, key: str) -> None:
    page.wait_for_selector(f'.item[data-key="{key}"]')


def _leave_help(page: Page) -> None:
    """The dialog closes a moment after the key."""
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('dialog[open]')")


def _said(page: Page, text: str) -> None:
    page.wait_for_function(
        "text => document.getElementById('said').textContent.includes(text)"
        " || document.getElementById('warned').textContent.includes(text)", arg=text,
    )  # fmt: skip


def test_a_queue_is_cleared_with_the_keyboard(
    open_as: Open, waiting: Fresh, pages_shop: Shop
) -> None:
    """If it were not, a reviewer could not do a hundred pictures in five minutes."""
    keys = waiting(5)
    page = open_as("rita", f"/review/queue/{keys[0]}")
    page.keyboard.press("a")
    _shown(page, keys[1])
    _said(page, "Approved")
    page.keyboard.press("r")
    page.keyboard.press("4")
    _shown(page, keys[2])
    _said(page, "better mask")
    page.keyboard.press("s")
    _shown(page, keys[3])
    page.keyboard.press("j")
    _shown(page, keys[4])
    page.keyboard.press("ArrowLeft")
    _shown(page, keys[3])
    _said(page, "Skipped")
    assert [_state(pages_shop, key) for key in keys[:3]] == ["ready", "rejected", "in_review"]


def test_undo_brings_the_picture_back(open_as: Open, waiting: Fresh, pages_shop: Shop) -> None:
    """If it did not, U would be a lie."""
    keys = waiting(2)
    page = open_as("rita", f"/review/queue/{keys[0]}")
    page.keyboard.press("a")
    _said(page, "Approved")
    page.keyboard.press("u")
    _shown(page, keys[0])
    assert _state(pages_shop, keys[0]) == "in_review"


def test_everything_works_with_the_mouse(open_as: Open, waiting: Fresh, pages_shop: Shop) -> None:
    """If it did not, people who use no keyboard would be shut out."""
    keys = waiting(3)
    page = open_as("rita")
    page.click("[data-start]")
    _shown(page, keys[0])
    page.click("button:has-text('Slider')")
    assert page.is_visible(".rule")
    page.click("button:has-text('3:1')")
    page.click("summary:has-text('Reject')")
    page.click("button:has-text('Unsafe')")
    _shown(page, keys[1])
    page.click("[data-next]")
    _shown(page, keys[2])
    page.click("button:has-text('Approve')")
    _said(page, "Approved")
    page.click("#said a")
    _shown(page, keys[2])
    assert [_state(pages_shop, key) for key in keys] == ["rejected", "in_review", "in_review"]


def test_the_second_of_two_browsers_sees_why(
    open_as: Open, waiting: Fresh, pages_shop: Shop
) -> None:
    """If it did not, the second person would believe that their decision holds."""
    keys = waiting(2)
    first = open_as("rita", f"/review/queue/{keys[0]}")
    second = open_as("ron", f"/review/queue/{keys[0]}")
    first.keyboard.press("a")
    _said(first, "Approved")
    answers: list[int] = []
    second.on("response", lambda answer: answers.append(answer.status))
    second.keyboard.press("r")
    second.keyboard.press("9")
    _said(second, "rita approved it")
    assert 409 in answers
    assert _state(pages_shop, keys[0]) == "ready"


def test_the_grid_selects_and_acts_in_bulk(open_as: Open, waiting: Fresh, pages_shop: Shop) -> None:
    """If it did not, fifty pictures of one failed prompt would be fifty decisions."""
    keys = waiting(4)
    page = open_as("rita")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.keyboard.press("r")
    page.keyboard.press("9")
    _said(page, "2 done")
    assert [_state(pages_shop, key) for key in keys] == ["rejected"] * 2 + ["in_review"] * 2
    page.check(f'[data-card="{keys[2]}"] input')
    page.click(".bulk button:has-text('Approve')")
    _said(page, "Approved")
    assert _state(pages_shop, keys[2]) == "ready"


def test_a_filter_stands_in_the_address(open_as: Open, waiting: Fresh) -> None:
    """If it did not, a view could not be kept or sent to a colleague."""
    waiting(6)
    page = open_as("rita")
    page.select_option("#filter-defect", "halo")
    page.wait_for_url("**/review/queue?defect=halo")
    assert page.locator("[data-card]").count() == 2
    page.reload()
    assert page.locator("[data-card]").count() == 2


def test_keys_can_be_changed_and_switched_off(
    open_as: Open, waiting: Fresh, pages_shop: Shop
) -> None:
    """If they could not, people who dictate would decide by accident (WCAG 2.1.4)."""
    keys = waiting(3)
    page = open_as("rita", f"/review/queue/{keys[0]}")
    page.keyboard.press("?")
    page.focus('[aria-label="Key for: Approve"]')
    page.keyboard.press("g")
    _leave_help(page)
    page.keyboard.press("a")
    page.keyboard.press("g")
    _shown(page, keys[1])
    page.click("[data-help]")
    page.uncheck("#keys-on")
    _leave_help(page)
    page.keyboard.press("g")
    page.reload()
    page.keyboard.press("g")
    page.wait_for_timeout(200)
    assert [_state(pages_shop, key) for key in keys] == ["ready", "in_review", "in_review"]


def test_letters_in_a_note_decide_nothing(open_as: Open, waiting: Fresh, pages_shop: Shop) -> None:
    """If they did, writing "a scratch" would approve the picture."""
    keys = waiting(2)
    page = open_as("rita", f"/review/queue/{keys[0]}")
    page.keyboard.press("r")
    page.keyboard.press("n")
    page.keyboard.type("a stray 9")
    assert page.input_value("[name=note]") == "a stray 9"
    assert _state(pages_shop, keys[0]) == "in_review"
    page.click("button:has-text('Other')")
    _said(page, "other")
    assert _state(pages_shop, keys[0]) == "rejected"


def test_it_works_without_scripts(open_as: Open, waiting: Fresh, pages_shop: Shop) -> None:
    """If it did not, a blocked script would stop the review."""
    keys = waiting(3)
    page = open_as("rita", java_script_enabled=False)
    page.click("[data-start]")
    page.click("button:has-text('Approve')")
    assert keys[1] in page.url
    page.click("summary:has-text('Reject')")
    page.click("button:has-text('Unsafe')")
    assert keys[2] in page.url
    page.click("text=Take it back")
    assert [_state(pages_shop, key) for key in keys] == ["ready", "in_review", "in_review"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
@pytest.mark.parametrize(
    "path", ["queue", "queue/{key}", "audit", "login", "queue?show=rejected&category=none"]
)
def test_the_pages_are_for_everybody(
    open_as: Open, waiting: Fresh, path: str, width: int, scheme: str
) -> None:
    """If axe finds something, or the page is wider than the screen, somebody is shut out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    keys = waiting(3)
    page = open_as(
        "" if path == "login" else "anna", f"/review/{path.format(key=keys[0])}",
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True,
    )  # fmt: skip
    if path == "queue/{key}":
        page.keyboard.press("c")
        page.keyboard.press("r")
    found: list[dict[str, Any]] = axe.Axe().run(page).response["violations"]
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    told = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
    assert told == []
    assert overflow <= 0


@pytest.mark.parametrize("path", ["queue", "queue/{key}"])
def test_targets_are_large_enough_and_focus_is_seen(
    open_as: Open, waiting: Fresh, path: str
) -> None:
    """If not, trembling hands miss, and who uses the keyboard gets lost (WCAG 2.5.8, 2.4.7)."""
    keys = waiting(3)
    page = open_as(
        "rita", f"/review/{path.format(key=keys[0])}", viewport={"width": 360, "height": 800}
    )
    page.wait_for_load_state("networkidle")
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, select, input, summary")].filter((one) => {
          const box = (one.closest("label") ?? one).getBoundingClientRect();
          const style = getComputedStyle(one);
          return box.width > 1 && style.visibility !== "hidden" && style.display !== "inline"
            && (box.width < 24 || box.height < 24);
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []
    unseen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        unseen += page.evaluate(_UNSEEN_FOCUS)
    assert unseen == []


def test_results_are_announced(open_as: Open, waiting: Fresh) -> None:
    """If they were not, a screen reader would be silent after a decision (WCAG 4.1.3)."""
    keys = waiting(2)
    page = open_as("rita", f"/review/queue/{keys[0]}")
    page.keyboard.press("a")
    _said(page, "Approved")
    assert page.get_by_role("status").first.text_content()


def test_nothing_is_asked_of_others_and_no_policy_is_broken(open_as: Open, waiting: Fresh) -> None:
    """If it were, the pages would need the internet, or leak who looks at what."""
    keys = waiting(3)
    page = open_as("rita")
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page.url)
    page.goto(f"{page.url}/{keys[0]}")
    for key in ("c", "c", "c", "z", "o", "j", "?"):
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")
    host = page.url.split("/review")[0]
    assert [url for url in asked if not url.startswith((host, "data:"))] == []
    assert complaints == []
