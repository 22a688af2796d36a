"""The report of a real run in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import open_page
from tests.support.small_catalog import write_catalog


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run over a small catalogue, without a generator."""
    folder = tmp_path_factory.mktemp("report")
    feed = write_catalog(folder / "catalog")
    out = folder / "out"
    options = ["--treatments", "original,positioned", "--placements", "250x250,728x90"]
    subprocess.run(
        [sys.executable, "-m", "kirakat", "run", str(feed), "--out", str(out), *options],
        env=os.environ | {"KIRAKAT_CACHE_DIR": str(folder / "cache")},
        check=True,
        capture_output=True,
    )
    return out / "report.html"


def test_the_report_shows_its_pictures_and_asks_nobody(report: Path) -> None:
    """If it did not, a report that is mailed to a merchant would be full of holes."""
    requests: list[str] = []
    complaints: list[str] = []
    with open_page() as page:
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(report.as_uri())
        # Pictures below the fold are lazy.
        page.evaluate("for (const i of document.images) i.loading = 'eager'")
        page.wait_for_function("Array.from(document.images).every(i => i.complete)")
        sizes = page.evaluate("Array.from(document.images).map(i => i.naturalWidth)")
    assert sizes
    assert min(sizes) > 0
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_readable_for_everyone(report: Path, width: int) -> None:
    """If it were not, people with a screen reader, or a telephone, could not judge a run."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    with open_page(width=width) as page:
        page.goto(report.as_uri())
        found: list[dict[str, Any]] = axe.Axe().run(page).response["violations"]
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == []
    assert overflow <= 0
