"""Paths of creatives: safe everywhere, and never shared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.output.paths import creative_path, creative_url, path_segment

# Ids that differ little, where an injective name is hardest.
_close = st.text(alphabet="aAbB.=~%/@ é\u0301", max_size=6)
_ids = st.one_of(_close, st.text(max_size=90), st.text(alphabet="aA", min_size=50, max_size=90))


@given(_ids, _ids)
def test_segments_differ_where_ids_differ(one: str, other: str) -> None:
    """Otherwise one offer's picture overwrites another's, on Windows and macOS first."""
    same = path_segment(one).lower() == path_segment(other).lower()
    assert same == (one == other)


@given(_ids)
def test_segment_is_safe(text: str) -> None:
    """Otherwise an offer's id can leave the folder or cannot be written at all."""
    segment = path_segment(text)
    assert re.fullmatch(r"[A-Za-z0-9_=~-]([A-Za-z0-9_=~.-]*[A-Za-z0-9_=~-])?", segment)
    assert len(segment) <= 64


@pytest.mark.parametrize("text", ["con", "NUL", "lpt1", "com9.txt", "aux.tar.gz", "..", ".", ""])
def test_reserved_names_are_broken_up(text: str) -> None:
    """Otherwise Windows refuses the folder."""
    stem = path_segment(text).partition(".")[0].partition("~")[0].lower()
    assert stem.startswith("=")


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("sku-12_b.4", "sku-12_b.4"),
        ("Mug", "Mug~1"),
        ("a/b", "a=2fb"),
        ("őz", "=c5=91z"),
        ("con", "=63on"),
        ("a.", "a=2e"),
    ],
)
def test_documented_segments(text: str, segment: str) -> None:
    """Published addresses would change with every new spelling."""
    assert path_segment(text) == segment


def test_generated_path(make: Any) -> None:
    """The layout is what the documentation and users' scripts rely on."""
    path = creative_path(make.creative(prompt_id="oak-shelf", placement="square"))
    assert str(path) == "creatives/mug-1/oak-shelf/square.jpg"


def test_path_without_prompt_names_the_treatment(make: Any) -> None:
    """The positioned picture must not hide among the prompts."""
    path = creative_path(make.creative(treatment="positioned", format="png"))
    assert str(path) == "creatives/mug-1/positioned/square.png"


def test_prompt_named_like_a_treatment_has_its_own_folder(make: Any) -> None:
    """A prompt called "original" would overwrite the original photo."""
    generated = creative_path(make.creative(prompt_id="original"))
    assert generated.parent.name == "=6friginal"


def test_versions_of_a_prompt_differ(make: Any) -> None:
    """A new version of a prompt would replace the pictures of the old one."""
    assert creative_path(make.creative(version=2)).parent.name == "oak-shelf@2"


def test_url_is_base_and_path(make: Any) -> None:
    """Links in manifest and feed would be dead."""
    path = creative_path(make.creative())
    assert creative_url("https://cdn.example/x/", path) == f"https://cdn.example/x/{path}"
