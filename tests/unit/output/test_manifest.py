"""The manifest: complete, documented, readable after a stop."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from kirakat.errors import KirakatError
from kirakat.output.manifest import (
    ManifestWriter,
    RejectionWriter,
    manifest_row,
    read_manifest,
)

DOCUMENTED = Path(__file__).parents[3] / "docs" / "reference" / "manifest.md"
PATH = PurePosixPath("creatives/mug-1/oak-shelf/square.jpg")


def _fields(row: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, dict) and name != "seconds":
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_field_is_documented_and_the_other_way_round(make: Any) -> None:
    """Users could not know what a field means, or would look for one that is gone."""
    row = manifest_row(make.creative(), path=PATH, url=None, photo=make.photo())
    section = DOCUMENTED.read_text(encoding="utf-8").split("## manifest.jsonl")[1]
    documented = set(re.findall(r"^\| `([^`]+)`", section.split("\n## ")[0], re.MULTILINE))
    assert documented - {"prompt", "photo"} == set(_fields(row))


def test_rejection_fields_are_documented(tmp_path: Path, make: Any) -> None:
    """Users could not know what a field of rejected.jsonl means."""
    with RejectionWriter(tmp_path / "rejected.jsonl") as writer:
        writer.add(make.rejection())
    row = json.loads((tmp_path / "rejected.jsonl").read_text(encoding="utf-8"))
    section = DOCUMENTED.read_text(encoding="utf-8").split("## rejected.jsonl")[1]
    documented = re.findall(r"^\| `([^`]+)`", section.split("\n## ")[0], re.MULTILINE)
    assert documented == list(row)


def test_round_trip(tmp_path: Path, make: Any) -> None:
    """What was written could not be read back as it was."""
    rows = [make.creative(), make.creative(treatment="original")]
    with ManifestWriter(tmp_path / "m.jsonl") as writer:
        for creative in rows:
            writer.add(creative, path=PATH, url="https://x.example/y.jpg")
    expected = [manifest_row(c, path=PATH, url="https://x.example/y.jpg") for c in rows]
    assert list(read_manifest(tmp_path / "m.jsonl")) == expected


def test_infinite_psnr_is_null_and_lossless(make: Any) -> None:
    """JSON has no infinity: strict parsers would refuse the row."""
    row = manifest_row(make.creative(psnr=math.inf), path=PATH, url=None)
    assert (row["certificate"]["encoded_psnr"], row["certificate"]["lossless"]) == (None, True)


def test_rows_are_on_disk_before_the_writer_closes(tmp_path: Path, make: Any) -> None:
    """A kill would lose rows of pictures that are already there."""
    with ManifestWriter(tmp_path / "m.jsonl") as writer:
        writer.add(make.creative(), path=PATH, url=None)
        assert len(list(read_manifest(tmp_path / "m.jsonl"))) == 1


def test_a_torn_last_row_is_left_out(tmp_path: Path, make: Any) -> None:
    """After a power cut the whole manifest would be unreadable."""
    path = tmp_path / "m.jsonl"
    with ManifestWriter(path) as writer:
        writer.add(make.creative(), path=PATH, url=None)
    path.write_text(path.read_text(encoding="utf-8") + '{"schema": 1, "key', encoding="utf-8")
    assert len(list(read_manifest(path))) == 1


@pytest.mark.parametrize("line", ["nonsense", "[1]"])
def test_a_broken_row_is_named(tmp_path: Path, line: str) -> None:
    """A damaged manifest would be read as a shorter one."""
    path = tmp_path / "m.jsonl"
    path.write_text(f'{{"a": 1}}\n{line}\n', encoding="utf-8")
    with pytest.raises(KirakatError, match=r"m\.jsonl:2"):
        list(read_manifest(path))


def test_text_that_utf8_cannot_hold_survives(tmp_path: Path, make: Any) -> None:
    """One odd title in a feed would stop a run of a million offers."""
    with ManifestWriter(tmp_path / "m.jsonl") as writer:
        writer.add(make.creative(text="mug \ud800 ő"), path=PATH, url=None)
    (row,) = read_manifest(tmp_path / "m.jsonl")
    assert row["prompt"]["text"] == "mug \ud800 ő"


def test_cached_means_that_no_step_took_time(make: Any) -> None:
    """Cost reports would count pictures that cost nothing."""
    creative = make.creative().evolve(seconds={"mask": 0.0, "generate": 0.0})
    assert manifest_row(creative, path=PATH, url=None)["cached"] is True
