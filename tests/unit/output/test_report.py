"""The report: safe, self-contained, complete."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from kirakat.output.offer_view import view_offer
from kirakat.output.report import duration, render_report, step_times
from kirakat.output.summary import RunInfo, RunSummary, summarise
from kirakat.types import OfferResult, Rejection

STARTED = datetime(2026, 11, 14, 10, 32, tzinfo=UTC)
HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"


def _summary(info: RunInfo, *results: OfferResult) -> RunSummary:
    return summarise(results, info, started=STARTED, finished=STARTED + timedelta(seconds=90))


def _page(info: RunInfo, *results: OfferResult, rejections: tuple[Rejection, ...] = ()) -> str:
    return render_report(_summary(info, *results), [view_offer(r) for r in results], rejections)


class Tags(HTMLParser):
    """Collects tags with their attributes, and complains about unbalanced ones."""

    VOID = frozenset({"meta", "link", "img", "input", "path", "circle", "rect", "use", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Fail unless it closes the last one opened."""
        assert self.open.pop() == tag


def test_the_source_photo_is_judged_beside_it(make: Any, info: RunInfo) -> None:
    """Nobody would learn which photos to take again."""
    page = _page(info, make.result(make.creative(), photo=make.photo()))
    assert "quality 0.93 of 1, plain ground" in page
    assert "resolution 0.90, sharpness 1.00" in page


def test_hostile_texts_are_escaped(make: Any, info: RunInfo) -> None:
    """A feed's title would run a script on the merchant's machine."""
    rejection = Rejection(offer_id=HOSTILE, line=1, field=HOSTILE, value=HOSTILE, reason=HOSTILE)
    creative = make.creative(
        offer_id=HOSTILE, prompt_id=HOSTILE, placement=HOSTILE, text=HOSTILE, verdict="review"
    )
    result = make.result(creative, title=HOSTILE, offer_id=HOSTILE, rejections=(rejection,))
    tags = Tags(_page(info, result, rejections=(rejection,))).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]


def test_nothing_is_loaded_from_elsewhere(make: Any, info: RunInfo) -> None:
    """The report would break offline and tell others who reads it."""
    page = _page(info, make.result(make.creative(), make.creative(treatment="positioned")))
    for tag, attributes in Tags(page).tags:
        for name in ("src", "href", "action", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert re.match(r"#|data:|creatives/", value), (tag, name, value[:80])
    assert not re.search(r"@import|url\(|https?://", page)


def test_the_policy_lets_the_pages_own_script_run(info: RunInfo) -> None:
    """The before and after slider would be dead."""
    page = _page(info)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_every_picture_has_a_text(make: Any, info: RunInfo) -> None:
    """Screen readers would read nothing."""
    page = _page(info, make.result(make.creative(), make.creative(treatment="original")))
    alts = [attributes.get("alt") for tag, attributes in Tags(page).tags if tag == "img"]
    assert len(alts) == 5
    assert all(alts)


def test_report_of_no_offers(info: RunInfo) -> None:
    """A feed whose every row is wrong would give no report to see why."""
    page = _page(info, rejections=())
    Tags(page)
    assert "No offer of this run" in page


def test_offer_without_photo_or_creatives(make: Any, info: RunInfo) -> None:
    """One offer that failed would take the report with it."""
    page = _page(info, make.result(thumbnail=False, rejections=(make.rejection(),)))
    assert "could not be read" in page


def test_offers_that_are_not_shown_are_counted(make: Any, info: RunInfo) -> None:
    """A reader would take sixty offers for the whole catalogue."""
    results = [make.result(make.creative(), offer_id=f"m{n}") for n in range(3)]
    page = render_report(_summary(info, *results), [view_offer(results[0])], ())
    assert "2 more offers are not shown" in page


def test_an_altered_product_is_said(make: Any, info: RunInfo) -> None:
    """The report would certify what the certificate does not."""
    from dataclasses import replace

    creative = make.creative()
    altered = creative.evolve(certificate=replace(creative.certificate, product_difference=3))
    page = _page(info, make.result(altered))
    assert "differ by up to 3 of 255 levels" in page
    assert "Product untouched" not in page


def test_summary_counts(make: Any, info: RunInfo) -> None:
    """The tiles would lie."""
    summary = _summary(
        info,
        make.result(make.creative(), make.creative(verdict="review"), offer_id="a"),
        make.result(make.creative(verdict="reject"), rejections=(make.rejection(),)),
    )
    assert (summary.offers, summary.creatives, summary.rejected) == (2, 3, 1)
    assert summary.verdicts == {"pass": 1, "review": 1, "reject": 1}
    assert summary.seconds_per_creative == pytest.approx(2.5)


def test_bar_is_filled(make: Any, info: RunInfo) -> None:
    """The bar of machine time would have gaps or run over."""
    times = step_times(_summary(info, make.result(make.creative())))
    assert [step.name for step in times] == ["mask", "generate"]
    assert [step.start for step in times] == pytest.approx([0.0, 20.0])
    assert [step.share for step in times] == pytest.approx([20.0, 80.0])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.42 s"), (8.06, "8.1 s"), (59.97, "1 min 00 s"), (3599.9, "1 h 00 min")],
)
def test_durations(seconds: float, text: str) -> None:
    """Times would read as "60.0 s" or "0 s"."""
    assert duration(seconds) == text
