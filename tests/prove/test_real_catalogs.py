"""Real photos through the whole pipeline with the shipped model: slow, and worth looking at.

`make prove` leaves the folders in out/prove; open their reports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.real_catalogs import write_boutique_feed, write_vendure_feed

PLACEMENTS = "1080x1080,1080x1350,1200x628,1200x675,728x90"


@pytest.mark.parametrize(
    ("name", "write", "offers"),
    [("boutique", write_boutique_feed, 9), ("vendure", write_vendure_feed, 54)],
)
def test_a_real_catalogue_runs_whole(
    name: str, write: Callable[[Path, Path], Path], offers: int, test_data: Path
) -> None:
    """If it stopped half way, one odd photo would cost a merchant the whole catalogue."""
    out = Path("out") / "prove" / name
    out.mkdir(parents=True, exist_ok=True)
    feed = write(test_data, out / "feed.tsv")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kirakat",
            "run",
            str(feed),
            "--out",
            str(out),
            "--placements",
            PLACEMENTS,
            "--prompts-per-offer",
            "3",
            "--json",
        ],
        env={**os.environ, "KIRAKAT_ALLOW_ANY_PATH": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary = lines[-1]["summary"]
    print(f"\n{name}: {json.dumps(summary)}")
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    print(Counter((row["treatment"], row["verdict"]) for row in rows))
    assert summary["offers"] == offers
    assert all(row["certificate"]["product_difference"] == 0 for row in rows)
