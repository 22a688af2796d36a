"""The report of an experiment, by the command line and in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kirakat.experiments.definition import Comparison, Experiment, Guardrail, Variant
from kirakat.store.json_records import to_json
from tests.support.browser import open_page
from tests.support.event_rows import START, rows, write

pytest.importorskip("duckdb", reason="needs kirakat[experiments]")
pytest.importorskip("matplotlib", reason="needs kirakat[experiments]")

PHASE_1 = Experiment(
    merchant_id="shop",
    name="test",
    title="Phase I: generated pictures",
    seed="test",
    variants=(
        Variant(name="original", treatment="original"),
        Variant(name="generated", treatment="generated"),
    ),
    planned_units=400,
    secondary=("conversions_per_user", "cpa"),
    guardrails=(Guardrail(metric="conversions_per_user", margin=0.05),),
    comparisons=(Comparison(treated="generated", control="original"),),
    starts_at=START,
    ends_at=START + timedelta(days=25),
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two experiments; the second one's log is broken and small."""
    folder = tmp_path_factory.mktemp("experiments")
    broken = [row | {"clicks": 3, "variant": "banana"} for row in rows(8, experiment="bad")]
    for name, log in (
        ("good", rows(4_000, units=400, experiment="good")),
        ("bad", rows(90, experiment="bad") + broken),
    ):
        write(folder / name / "events", log)
        definition = json.dumps(to_json(replace(PHASE_1, name=name)), default=str)
        (folder / name / "experiment.json").write_text(definition, encoding="utf-8")
    command = [sys.executable, "-m", "kirakat", "experiment", "report"]
    sources = [str(folder / "good"), str(folder / "bad")]
    subprocess.run([*command, *sources, "--out", str(folder / "out")], check=True, timeout=300)
    return folder / "out" / "report.html"


def test_the_page_asks_nobody_and_shows_its_plots(page: Path) -> None:
    """If it did not, a report that is mailed around would be full of holes."""
    requests: list[str] = []
    complaints: list[str] = []
    with open_page() as browser:
        browser.on("request", lambda request: requests.append(request.url))
        browser.on("console", lambda message: complaints.append(message.text))
        browser.goto(page.as_uri())
        sizes = browser.evaluate("Array.from(document.images).map(i => i.naturalWidth)")
        texts = browser.evaluate("Array.from(document.images).map(i => i.alt.length)")
    assert min(sizes) > 0
    assert min(texts) > 20
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_readable_for_everyone(page: Path, width: int) -> None:
    """If it were not, people with a screen reader, or a telephone, could not judge a test."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs kirakat[dev]")
    with open_page(width=width) as browser:
        browser.goto(page.as_uri())
        found: list[dict[str, Any]] = axe.Axe().run(browser).response["violations"]
        overflow = browser.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert [item["id"] for item in found] == []
    assert overflow <= 0


def test_the_page_says_what_cannot_be_known(page: Path) -> None:
    """If it did not, the numbers of a broken log would be believed."""
    with open_page() as browser:
        browser.goto(page.as_uri())
        text = browser.inner_text("body")
    assert "not estimable" in text
    assert "8 impressions of a variant that the definition does not have" in text
