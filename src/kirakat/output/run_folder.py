"""A run's folder, written while the run goes on.

Every offer is on disk before the next one is added, and nothing large is kept, so that a
catalogue of any size can be run and a stop leaves everything made so far in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from kirakat.clock import Clock, SystemClock
from kirakat.errors import SettingsError
from kirakat.files import write_if_changed
from kirakat.output.contact_sheet import ContactSheets
from kirakat.output.manifest import ManifestWriter, RejectionWriter
from kirakat.output.merchant_feed import RELATIVE_LINKS, MerchantFeedWriter
from kirakat.output.offer_view import OfferView, view_offer
from kirakat.output.paths import creative_path, creative_url
from kirakat.output.report import REJECTIONS_SHOWN, render_report
from kirakat.output.summary import RunInfo, RunSummary, RunTally
from kirakat.types import Creative, OfferResult, PhotoFacts, Rejection

OFFERS_IN_REPORT: Final = 60
# Characters of pictures after which no offer is added, so that a report stays below 25 MB
# and a mail server or browser still takes it.
_LARGEST_REPORT: Final = 21_000_000


@dataclass(frozen=True, kw_only=True)
class RunPaths:
    """What a finished run left behind."""

    folder: Path
    manifest: Path
    rejected: Path
    merchant_feed: Path
    contact_sheets: tuple[Path, ...]
    report: Path
    summary: RunSummary
    # What the person who ran it should know, in whole sentences.
    notes: tuple[str, ...]


class RunFolder:
    """Writes all that comes of a run.

    As a context manager it finishes the folder at the end, and marks the report as partial
    when the block is left by an exception or an interrupt (which goes on to the caller).
    """

    def __init__(
        self,
        out: Path,
        info: RunInfo,
        *,
        base_url: str = "",
        offers_in_report: int = OFFERS_IN_REPORT,
        clock: Clock | None = None,
    ) -> None:
        """Make the folder and open its files; `base_url` is its address once published.

        Raises `SettingsError` when `base_url` is neither empty nor an http(s) address.
        """
        self._out, self._info = out, info
        self._base_url = _checked(base_url)
        self._clock = clock or SystemClock()
        self._started = self._clock.now()
        self._offers_in_report = offers_in_report
        self._room = _LARGEST_REPORT
        self._tally = RunTally()
        self._views: list[OfferView] = []
        self._rejections: list[Rejection] = []
        self._paths: RunPaths | None = None
        self._manifest = ManifestWriter(out / "manifest.jsonl")
        self._rejected = RejectionWriter(out / "rejected.jsonl")
        self._feed = MerchantFeedWriter(out / "supplemental-feed.tsv", base_url=self._base_url)
        self._sheets = ContactSheets(out, heading=f"{info.recipe.label}  ·  {info.generator}")

    @property
    def paths(self) -> RunPaths | None:
        """What the run left behind; None until it is finished."""
        return self._paths

    def add(self, result: OfferResult) -> None:
        """Write an offer's creatives and rows."""
        for creative in result.creatives:
            self._write(creative, result.photo)
        for rejection in result.rejections:
            self._record(rejection)
        self._feed.add(result)
        self._tally.add(result)
        self._sheets.add(result)
        if len(self._views) < self._offers_in_report and self._room > 0:
            self._views.append(view_offer(result))
            self._room -= self._views[-1].size

    def reject(self, rejection: Rejection) -> None:
        """Write a rejection that belongs to no result, such as a feed row's."""
        self._record(rejection)
        self._tally.reject()

    def finish(self, *, complete: bool = True) -> RunPaths:
        """Write contact sheets and report, close all files; once finished, only returns."""
        if self._paths is None:
            self._close()
            self._paths = self._conclude(complete=complete)
        return self._paths

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish(complete=kind is None)

    def _write(self, creative: Creative, photo: PhotoFacts | None) -> None:
        path = creative_path(creative)
        url = creative_url(self._base_url, path) if self._base_url else None
        # The file first: a row never names a file that is not there.
        write_if_changed(self._out / path, creative.data)
        self._manifest.add(creative, path=path, url=url, photo=photo)

    def _record(self, rejection: Rejection) -> None:
        self._rejected.add(rejection)
        if len(self._rejections) < REJECTIONS_SHOWN:
            self._rejections.append(rejection)

    def _close(self) -> None:
        self._manifest.close()
        self._rejected.close()
        self._feed.close()

    def _conclude(self, *, complete: bool) -> RunPaths:
        summary = self._tally.summary(
            self._info, started=self._started, finished=self._clock.now(), complete=complete
        )
        notes = () if self._base_url else (RELATIVE_LINKS,)
        report = self._out / "report.html"
        write_if_changed(report, self._report(summary, notes).encode(errors="replace"))
        return RunPaths(
            folder=self._out,
            manifest=self._manifest.path,
            rejected=self._rejected.path,
            merchant_feed=self._feed.path,
            contact_sheets=self._sheets.close(),
            report=report,
            summary=summary,
            notes=notes,
        )

    def _report(self, summary: RunSummary, notes: Sequence[str]) -> str:
        return render_report(summary, self._views, self._rejections, notes=notes)


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if base_url and not (parts.scheme in ("http", "https") and parts.netloc):
        raise SettingsError(f"base URL {base_url!r} is no http(s) address", base_url=base_url)
    return base_url
