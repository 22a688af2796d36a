"""`kirakat run` as its users meet it, with a random-weight checkpoint of the true classes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kirakat.catalog.decode_image import decode_image
from kirakat.imaging.xmp import DIGITAL_SOURCE_TYPES, read_digital_source_type
from tests.support.random_models import build_sd15
from tests.support.small_catalog import write_catalog

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

PLACEMENTS = "300x250,250x250,728x90"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A feed, a checkpoint and the environment of a run."""

    feed: Path
    model: Path
    environment: dict[str, str]

    def run(self, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            self.command(out, *options),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, out: Path, *options: str) -> list[str]:
        """The command line."""
        return [
            sys.executable,
            "-m",
            "kirakat",
            "run",
            str(self.feed),
            "--out",
            str(out),
            "--generator",
            str(self.model),
            "--placements",
            PLACEMENTS,
            "--prompts-per-offer",
            "2",
            *options,
        ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A small catalogue and a random model, with a cache of their own."""
    root = tmp_path_factory.mktemp("run")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KIRAKAT_")}
    return Place(
        feed=write_catalog(root / "catalog"),
        model=build_sd15(root / "model"),
        environment={
            **environment,
            "KIRAKAT_CACHE_DIR": str(root / "cache"),
            "OMP_NUM_THREADS": "1",
        },
    )


@pytest.fixture(scope="module")
def first(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a first run."""
    out = tmp_path_factory.mktemp("first")
    done = place.run(out)
    assert done.returncode == 0, done.stderr
    return out


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_good_offer_gets_every_creative(first: Path) -> None:
    """If not, a shopper would see the plain photo although a creative was ordered."""
    made = Counter(
        (row["offer_id"], row["placement"]["name"], row["treatment"])
        for row in _rows(first / "manifest.jsonl")
    )
    for offer in ("ball", "bottle", "mug"):
        assert made[offer, "300x250", "generated"] == 2
        assert made[offer, "300x250", "positioned"] == 1
        assert made[offer, "728x90", "generated"] == 0
        assert made[offer, "728x90", "positioned"] == 1


def test_bad_rows_are_recorded_with_line_field_and_reason(first: Path) -> None:
    """If not, a merchant could not mend the feed."""
    rejected = _rows(first / "rejected.jsonl")
    assert {(row["offer_id"], row["line"]) for row in rejected} >= {
        ("broken", 5),
        ("empty", 6),
        ("ball", 7),
        ("untitled", 8),
    }
    assert all(row["field"] and row["reason"] for row in rejected)


def test_files_have_their_placements_size_and_say_how_they_were_made(first: Path) -> None:
    """If not, an ad server would refuse them and Merchant Center would object."""
    for row in _rows(first / "manifest.jsonl"):
        path = first / row["path"]
        with Image.open(path) as picture:
            assert picture.size == (row["placement"]["width"], row["placement"]["height"])
        wanted = DIGITAL_SOURCE_TYPES[row["treatment"]]
        assert read_digital_source_type(path.read_bytes()) == wanted


def test_no_product_pixel_was_changed(first: Path) -> None:
    """If one were, the ad would show something that is not sold."""
    rows = _rows(first / "manifest.jsonl")
    assert all(row["certificate"]["product_difference"] == 0 for row in rows)
    assert all(row["certificate"]["product_pixels"] > 100 for row in rows)


def test_the_merchant_feed_holds_only_what_passed(first: Path) -> None:
    """If it held rejected pictures, bad ones would go live."""
    passed = {row["path"] for row in _rows(first / "manifest.jsonl") if row["verdict"] == "pass"}
    with (first / "supplemental-feed.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            links = [row["lifestyle_image_link"], *row["additional_image_link"].split(",")]
            assert all(link in passed for link in links if link)


def test_report_and_contact_sheet_are_there(first: Path) -> None:
    """If they were not, nobody would look at the pictures before they go live."""
    assert "Red rubber ball" in (first / "report.html").read_text()
    with Image.open(first / "contact-sheet.jpg") as sheet:
        assert sheet.width > 600


def test_a_second_run_makes_nothing_and_gives_the_same_bytes(
    place: Place, first: Path, tmp_path: Path
) -> None:
    """If it did not, every nightly run would cost a whole catalogue."""
    done = place.run(tmp_path, "--json")
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert summary["made"] == 0
    assert summary["cached"] == summary["creatives"] > 0
    again = {row["key"]: row["sha256"] for row in _rows(tmp_path / "manifest.jsonl")}
    assert again == {row["key"]: row["sha256"] for row in _rows(first / "manifest.jsonl")}


def test_after_ctrl_c_the_same_command_goes_on(place: Place, tmp_path: Path) -> None:
    """If it began anew, a stop would lose hours of rendering."""
    environment = {**place.environment, "KIRAKAT_CACHE_DIR": str(tmp_path / "cache")}
    out = tmp_path / "out"
    with subprocess.Popen(
        place.command(out, "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "same command goes on" in " ".join(said.split())
    stopped = _rows(out / "manifest.jsonl")
    assert stopped
    assert (out / "report.html").is_file()
    resumed = Place(feed=place.feed, model=place.model, environment=environment)
    done = resumed.run(out, "--json")
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert summary["cached"] >= len(stopped)
    assert summary["made"] == summary["creatives"] - summary["cached"]


def test_kill_9_loses_no_finished_creative(place: Place, tmp_path: Path) -> None:
    """If it did, a crash of the machine would cost everything made before it."""
    environment = {**place.environment, "KIRAKAT_CACHE_DIR": str(tmp_path / "cache")}
    out = tmp_path / "out"
    with subprocess.Popen(
        place.command(out, "--json"), env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.kill()
    finished = [row for row in _rows(out / "manifest.jsonl") if row["offer_id"] == told["offer_id"]]
    assert len(finished) == told["creatives"] > 0
    assert all((out / row["path"]).is_file() for row in finished)
    resumed = Place(feed=place.feed, model=place.model, environment=environment)
    summary = json.loads(resumed.run(out, "--json").stdout.splitlines()[-1])["summary"]
    assert summary["cached"] >= told["creatives"]


def test_a_feed_without_a_usable_row_is_an_error(place: Place, tmp_path: Path) -> None:
    """If it were not, a broken export would look like an empty shop."""
    feed = tmp_path / "feed.tsv"
    feed.write_text("id\ttitle\timage_link\n\t\t\n")
    empty = Place(feed=feed, model=place.model, environment=place.environment)
    done = empty.run(tmp_path / "out")
    assert done.returncode == 1
    assert "no usable row" in done.stderr


def test_every_format_is_written(place: Place, tmp_path: Path) -> None:
    """If one were not, a placement that asks for it would stay empty."""
    for name in ("webp", "avif", "png"):
        out = tmp_path / name
        done = place.run(out, "--limit", "1", "--format", name, "--treatments", "generated")
        assert done.returncode == 0, done.stderr
        rows = _rows(out / "manifest.jsonl")
        assert rows
        for row in rows:
            data = (out / row["path"]).read_bytes()
            assert decode_image(data, row["path"]).pixels.shape[2] == 3
            assert read_digital_source_type(data) == DIGITAL_SOURCE_TYPES[row["treatment"]]


def test_one_photo_with_a_prompt_of_your_own(place: Place, tmp_path: Path) -> None:
    """If it failed, trying one photo would mean writing a feed first."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kirakat",
            "image",
            str(place.feed.parent / "ball.jpg"),
            "--prompt",
            "on a {wooden} table, sun",
            "--placements",
            "300x250",
            "--out",
            str(tmp_path),
            "--generator",
            str(place.model),
        ],
        env=place.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (row,) = _rows(tmp_path / "manifest.jsonl")
    assert row["treatment"] == "generated"


def test_an_unknown_option_value_says_what_is_allowed(place: Place, tmp_path: Path) -> None:
    """If it did not, a typo would cost a look into the source."""
    done = place.run(tmp_path, "--treatments", "shiny")
    assert done.returncode == 1
    assert "original, positioned, generated" in done.stderr.replace("\n", " ")


def test_the_product_is_where_the_certificate_says(first: Path) -> None:
    """If it were not, the certificate would measure another picture than the one served."""
    row = next(
        row
        for row in _rows(first / "manifest.jsonl")
        if row["offer_id"] == "ball" and row["treatment"] == "positioned"
    )
    with Image.open(first / row["path"]) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    red = (pixels[..., 0] > 120) & (pixels[..., 1] < 130)
    assert abs(red.mean() - row["certificate"]["coverage"]) < 0.05


def test_help_teaches() -> None:
    """If it did not, people would read the source before their first run."""
    done = subprocess.run(
        [sys.executable, "-m", "kirakat", "run", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Ctrl-C" in done.stdout
