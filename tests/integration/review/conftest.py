"""Fixtures: a small shop on either database, and the pages in one browser for the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kirakat.store.accounts import get_account
from kirakat.store.review_records import Account
from tests.support.browser import open_browser
from tests.support.review_shop import PASSWORD, Shop, enter, make_shots, open_shop, serve_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """An empty shop with its people."""
    opened = open_shop(tmp_path, url=database_url)
    yield opened
    opened.database.close()


@pytest.fixture
def person(shop: Shop) -> Callable[[str], Account]:
    """One of the shop's people by name."""

    def find(name: str) -> Account:
        with shop.database.reading() as connection:
            return get_account(connection, "shop", name)

    return find


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def pages_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose pages the browser tests share; each takes creatives of its own."""
    return open_shop(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def address(pages_shop: Shop) -> Iterator[str]:
    """Where its pages are."""
    with serve_pages(pages_shop.desk) as found:
        yield found


@pytest.fixture(scope="session")
def cookies(browser: Browser, address: str) -> dict[str, list[dict[str, object]]]:
    """The session cookies of each person, who sign in once."""
    found: dict[str, list[dict[str, object]]] = {}
    for name in ("anna", "rita", "ron", "vera"):
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


@pytest.fixture
def open_as(
    browser: Browser, address: str, cookies: dict[str, list[dict[str, object]]]
) -> Iterator[Callable[..., Page]]:
    """A page of one's own, signed in as somebody, or as nobody; `options` are the context's."""
    opened: list[BrowserContext] = []

    def open_page(name: str, path: str = "/review/queue", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        opened.append(context)
        context.add_cookies(cookies.get(name, []))  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def waiting(pages_shop: Shop) -> Callable[[int], list[str]]:
    """Empty the queue of the shared shop and enter so many fresh creatives; gives their keys."""
    from sqlalchemy import update

    from kirakat.store.tables import creatives

    counter = [0]

    def fresh(count: int) -> list[str]:
        with pages_shop.database.writing() as connection:
            connection.execute(
                update(creatives).where(creatives.c.state == "in_review").values(state="retired")
            )
        counter[0] += 1
        shots = make_shots(count, tag=f"{id(counter)}-{counter[0]}")
        return enter(pages_shop, shots)

    return fresh
