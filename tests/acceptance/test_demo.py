"""The shipped model, scenes and sample catalogue: what `make demo` stands on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

import kirakat_assets
from kirakat.catalog.read_feed import read_feed
from kirakat.scenes.library import load_scenes
from kirakat.types import Offer

_ASSETS = kirakat_assets.root()


@pytest.fixture(scope="module")
def two_offers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The manifest of the first two sample products, made by kirakat-tiny offline."""
    out = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kirakat",
            "run",
            str(_ASSETS / "catalog" / "feed.tsv"),
            "--out",
            str(out),
            "--limit",
            "2",
            "--prompts-per-offer",
            "1",
            "--placements",
            "600x600,300x250",
        ],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("KIRAKAT_")},
            "KIRAKAT_CACHE_DIR": str(out / "cache"),
            "HF_HUB_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def test_the_shipped_model_draws_for_the_shipped_products(
    two_offers: list[dict[str, Any]],
) -> None:
    """If it did not, the first command that anyone runs would fail."""
    generated = [row for row in two_offers if row["treatment"] == "generated"]
    assert len(generated) == 4
    assert all(row["certificate"]["model"].startswith("tiny@") for row in generated)


def test_the_first_pictures_pass_the_gate(two_offers: list[dict[str, Any]]) -> None:
    """If they did not, the demo would show what Kirakat itself would not publish."""
    assert [row["verdict"] for row in two_offers].count("reject") == 0


def test_every_sample_has_picture_and_exact_matte() -> None:
    """If one had not, the demo would begin with an error and tests could not measure mattes."""
    offers: list[Offer] = list(
        read_feed(_ASSETS / "catalog" / "feed.tsv", merchant_id="m", reject=_fail)
    )
    assert len(offers) >= 8
    for offer in offers:
        assert (_ASSETS / "catalog" / offer.image_link).is_file()


def test_enough_scenes_for_every_view() -> None:
    """If there were not, all pictures of a category would look alike."""
    scenes = load_scenes([_ASSETS / "scenes"])
    assert len(scenes) >= 16
    assert min(min(scene.width, scene.height) for scene in scenes) >= 1024
    for view, least in (("standing", 8), ("lying", 4), ("hanging", 2)):
        assert sum(view in scene.views for scene in scenes) >= least


def _fail(rejection: object) -> None:
    pytest.fail(f"the sample feed has a bad row: {rejection}")
