"""Standard placements, the user's own, and the command that lists them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kirakat.cli.placements import app
from kirakat.errors import SettingsError
from kirakat.imaging.placements import load_placements, parse_placements
from kirakat.types import Insets, Placement

OWN = """
[placements.hero]
width = 1440
height = 600
safe_area = [0.4, 0.1, 0.05, 0.1]
format = "webp"
max_bytes = 250_000
"""


def write(folder: Path, text: str) -> Path:
    """A TOML file of placements."""
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_standard_placements_are_named_by_their_size() -> None:
    """Otherwise a name gives a picture of another size."""
    placements = load_placements()
    assert len(placements) == 21
    for name, placement in placements.items():
        assert name == placement.name == f"{placement.width}x{placement.height}"


def test_display_banners_have_the_networks_cap() -> None:
    """Otherwise the display network refuses the creatives."""
    assert load_placements()["300x250"].max_bytes == 150_000


def test_stories_keep_clear_of_the_apps_own_controls() -> None:
    """Otherwise the button covers the product."""
    area = load_placements()["1080x1920"].safe_area
    assert (area.top, area.bottom) == (0.14, 0.20)


def test_own_placements_join_the_standard_ones(tmp_path: Path) -> None:
    """Otherwise a merchant's own format cannot be made."""
    placements = load_placements(write(tmp_path, OWN))
    assert placements["hero"] == Placement(
        name="hero",
        width=1440,
        height=600,
        safe_area=Insets(left=0.4, top=0.1, right=0.05, bottom=0.1),
        format="webp",
        max_bytes=250_000,
    )
    assert "300x250" in placements


def test_an_own_placement_replaces_the_standard_one(tmp_path: Path) -> None:
    """Otherwise a network's new cap needs a new release."""
    text = "[placements.300x250]\nwidth = 300\nheight = 250\nmax_bytes = 50_000"
    assert load_placements(write(tmp_path, text))["300x250"].max_bytes == 50_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[placements.a]\nwidth = 300", 'own.toml, placement "a": height is missing'),
        ("[placements.a]\nwidth = 300\nheight = 2.5", "height must be a positive whole number"),
        ("[placements.a]\nwidth = 300\nheight = 9", "sides are 32 to 4096 pixels"),
        ("[placements.a]\nwidth = 300\nheight = 200\ncap = 1", "unknown field cap; there are"),
        (OWN.replace("webp", "gif"), "format must be one of jpeg, webp, avif, png, not 'gif'"),
        (OWN.replace("0.05", "0.7"), "safe_area leaves nothing free"),
        (OWN.replace("0.4, ", ""), "safe_area must be four fractions"),
        (OWN.replace("0.4", "-0.4"), "safe_area must be four fractions"),
        ("[placements]\na = 3", 'placement "a" must be a table'),
        ('[placements."a,b"]\nwidth = 300\nheight = 200', "a name has no commas"),
        ("[sizes.a]\nwidth = 300", r"must hold tables named \[placements.NAME\]"),
        ("[placements", "is no valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """Otherwise the user searches for the wrong line by trial."""
    with pytest.raises(SettingsError, match=message):
        load_placements(write(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Otherwise a typing error in a path goes unnoticed."""
    with pytest.raises(SettingsError, match=r"cannot read placements from .*none\.toml"):
        load_placements(tmp_path / "none.toml")


def test_names_are_read_in_order_and_once() -> None:
    """Otherwise a list with a repeated name is paid for twice."""
    known = load_placements()
    found = parse_placements("1080x1080, 300x250,1080x1080,", known)
    assert [placement.name for placement in found] == ["1080x1080", "300x250"]


@given(width=st.integers(32, 4096), height=st.integers(32, 4096))
def test_any_size_makes_a_placement(width: int, height: int) -> None:
    """Otherwise a size outside the list cannot be tried."""
    (placement,) = parse_placements(f"{width}x{height}", {})
    assert (placement.width, placement.height) == (width, height)


@pytest.mark.parametrize("names", ["", " , ", "story", "300 x 250", "300x", "0x300", "99999x9"])
def test_a_name_that_means_nothing_is_refused(names: str) -> None:
    """Otherwise a run makes other creatives than were asked for."""
    with pytest.raises(SettingsError):
        parse_placements(names, load_placements())


def test_the_command_lists_every_placement_as_json() -> None:
    """Otherwise scripts cannot read which placements there are."""
    result = CliRunner().invoke(app, ["list", "--json"])
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert set(rows) == set(load_placements())
    assert (rows["728x90"]["making"], rows["728x90"]["bucket"]) == ("tile", None)
    assert (rows["1080x1080"]["ratio"], rows["1080x1080"]["bucket"]) == ("1:1", "512x512")


def test_the_command_shows_a_table_with_own_placements(tmp_path: Path) -> None:
    """Otherwise people cannot check their file."""
    result = CliRunner().invoke(app, ["list", "--extra", str(write(tmp_path, OWN))])
    assert result.exit_code == 0
    assert "hero" in result.stdout
    assert "250 kB" in result.stdout
