"""A real browser for pages: Debian's Chromium through Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_OPEN: list[Browser] = []
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none.

    One that is open already is shared: Playwright runs once in a process.
    """
    if _OPEN:
        yield _OPEN[-1]
        return
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs kirakat[dev]")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        _OPEN.append(browser)
        try:
            yield browser
        finally:
            _OPEN.pop()
            browser.close()


@contextmanager
def open_page(*, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A page with cookies of its own; the test is skipped where there is no browser."""
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        try:
            yield page
        finally:
            page.close()
