"""A run's folder as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kirakat.clock import FrozenClock
from kirakat.errors import SettingsError
from kirakat.files import write_if_changed
from kirakat.output import RunFolder, RunInfo
from kirakat.output.manifest import read_manifest
from kirakat.types import OfferResult


def _run(out: Path, info: RunInfo, clock: FrozenClock, make: Any, *, offers: int = 2) -> Any:
    with RunFolder(out, info, clock=clock, offers_in_report=1) as run:
        for number in range(offers):
            name = f"mug-{number}"
            run.add(make.result(make.creative(offer_id=name), offer_id=name, title=name))
        run.reject(make.rejection())
    return run.paths


def _interrupted(run: RunFolder, result: OfferResult) -> None:
    with run:
        run.add(result)
        raise KeyboardInterrupt


def test_everything_is_there(tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any) -> None:
    """A run would end without one of the files that the documentation promises."""
    paths = _run(tmp_path, info, clock, make)
    files = (paths.manifest, paths.rejected, paths.merchant_feed, paths.report)
    assert all(path.stat().st_size > 0 for path in (*files, *paths.contact_sheets))


def test_manifest_names_files_with_their_hash(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """A row would name a file that is not there or not the one that was certified."""
    from kirakat.hashing import sha256_bytes

    paths = _run(tmp_path, info, clock, make)
    rows = list(read_manifest(paths.manifest))
    assert len(rows) == 2
    assert all(sha256_bytes((tmp_path / r["path"]).read_bytes()) == r["sha256"] for r in rows)


def test_interrupt_leaves_valid_files(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """Ctrl-C after an hour would leave nothing to look at."""
    run = RunFolder(tmp_path, info, clock=clock)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(run, make.result(make.creative()))
    assert run.paths is not None
    assert not run.paths.summary.complete
    assert "Partial." in run.paths.report.read_text(encoding="utf-8")
    assert len(list(read_manifest(run.paths.manifest))) == 1
    assert "oak-shelf" in run.paths.merchant_feed.read_text(encoding="utf-8")
    assert run.paths.contact_sheets[0].is_file()


def test_complete_report_is_not_called_partial(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """Every report would look broken."""
    paths = _run(tmp_path, info, clock, make)
    assert "Partial." not in paths.report.read_text(encoding="utf-8")


def test_unchanged_pictures_are_left_alone(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """Every run would upload the whole catalogue again."""
    _run(tmp_path, info, clock, make)
    picture = tmp_path / "creatives/mug-0/oak-shelf/square.jpg"
    before = picture.stat()
    _run(tmp_path, info, clock, make)
    after = picture.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_only_some_offers_are_in_the_report(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """A large catalogue would fill memory and make a page that no browser opens."""
    page = _run(tmp_path, info, clock, make, offers=3).report.read_text(encoding="utf-8")
    assert page.count('<article class="offer"') == 1
    assert "2 more offers are not shown" in page


def test_rejections_are_written_and_shown(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """The merchant would not learn why an offer is missing."""
    paths = _run(tmp_path, info, clock, make)
    assert json.loads(paths.rejected.read_text(encoding="utf-8"))["reason"] == "No such file."
    assert "No such file." in paths.report.read_text(encoding="utf-8")


def test_relative_links_are_pointed_out(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """The merchant would upload a feed that Merchant Center refuses."""
    assert "--base-url" in _run(tmp_path, info, clock, make).notes[0]


def test_base_url_goes_into_manifest_and_feed(
    tmp_path: Path, info: RunInfo, clock: FrozenClock, make: Any
) -> None:
    """Published pictures could not be found."""
    with RunFolder(tmp_path, info, base_url="https://x.example/s", clock=clock) as run:
        run.add(make.result(make.creative()))
    assert run.paths is not None
    (row,) = read_manifest(run.paths.manifest)
    assert row["url"] == "https://x.example/s/creatives/mug-1/oak-shelf/square.jpg"
    assert row["url"] in run.paths.merchant_feed.read_text(encoding="utf-8")
    assert run.paths.notes == ()


@pytest.mark.parametrize("base_url", ["cdn.example/x", "ftp://x.example", "https://"])
def test_base_url_must_be_an_address(tmp_path: Path, info: RunInfo, base_url: str) -> None:
    """A typing mistake would be found by Merchant Center days later."""
    with pytest.raises(SettingsError):
        RunFolder(tmp_path, info, base_url=base_url)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk would leave half a picture under a published address."""
    path = tmp_path / "a.jpg"
    write_if_changed(path, b"old")

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, f"no space for {self} or {target}")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        write_if_changed(path, b"new")
    assert [item.read_bytes() for item in tmp_path.iterdir()] == [b"old"]


def test_a_large_report_takes_no_further_offers(
    tmp_path: Path, info: RunInfo, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offers with many creatives would make a page that no browser opens."""
    monkeypatch.setattr("kirakat.output.run_folder._LARGEST_REPORT", 10)
    with RunFolder(tmp_path, info) as run:
        for name in ("a", "b", "c"):
            run.add(make.result(make.creative(offer_id=name), offer_id=name))
    page = run.finish().report.read_text(encoding="utf-8")
    assert page.count('<article class="offer"') == 1
