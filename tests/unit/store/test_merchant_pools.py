"""Which version of a prompt holds: windows, pauses and shipped pools."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kirakat.prompts.pool import Pools
from kirakat.store.merchant_pools import overlay
from kirakat.store.records import PromptRecord
from kirakat.types import Prompt
from tests.support.asks import NOW, PROMPT, later

SECOND = replace(PROMPT, prompt_id="oak")
SHIPPED = Pools(by_category={"default": (PROMPT, SECOND)})


def _row(
    version: int, *, prompt_id: str = "marble", category: str = "default", paused: bool = False,
    starts_at: datetime | None = None, ends_at: datetime | None = None,
) -> PromptRecord:  # fmt: skip
    prompt = replace(PROMPT, prompt_id=prompt_id, version=version, category=category)
    return PromptRecord(
        prompt=prompt, starts_at=starts_at, ends_at=ends_at, paused=paused, created_at=NOW
    )


def _arms(*rows: PromptRecord, at: datetime = NOW) -> list[str]:
    return [prompt.arm for prompt in overlay(SHIPPED, rows, now=at)]


def test_a_newer_version_takes_the_place_of_the_shipped_one() -> None:
    """Otherwise an improved text is never drawn, or both versions are."""
    assert _arms(_row(3)) == ["marble@3", "oak@2"]


def test_a_new_prompt_joins_its_category() -> None:
    """Otherwise a merchant's own prompts are never shown."""
    assert _arms(_row(1, prompt_id="snow")) == ["marble@2", "oak@2", "snow@1"]


def test_a_new_category_has_a_pool() -> None:
    """Otherwise a merchant cannot divide a catalogue finer than the shipped pools do."""
    pools = overlay(SHIPPED, [_row(1, prompt_id="snow", category="gifts")], now=NOW)
    assert [prompt.arm for prompt in pools.for_category("gifts")] == ["snow@1"]


def test_a_paused_prompt_is_not_shown_in_any_version() -> None:
    """Otherwise pausing an ugly background brings back an older one nobody asked for."""
    assert _arms(_row(2, paused=True)) == ["oak@2"]
    assert _arms(_row(1, paused=True), _row(3, paused=True)) == ["oak@2"]


def test_what_is_paused_stays_so_when_a_newer_version_ships() -> None:
    """Otherwise an upgrade shows what a person had stopped."""
    assert _arms(_row(1, paused=True)) == ["oak@2"]


def test_a_version_holds_in_its_window_and_the_one_before_it_outside() -> None:
    """Otherwise Christmas backgrounds are shown in January, or nothing is."""
    season = _row(3, starts_at=later(60), ends_at=later(120))
    found = [_arms(season, at=later(second))[0] for second in (0, 60, 119, 120)]
    assert found == ["marble@2", "marble@3", "marble@3", "marble@2"]


def test_a_draft_that_is_paused_before_its_start_stops_nothing() -> None:
    """Otherwise preparing the next version takes the present one away."""
    assert _arms(_row(2), _row(3, starts_at=later(60), paused=True)) == ["marble@2", "oak@2"]


def test_the_last_prompt_of_a_category_leaves_no_empty_pool() -> None:
    """Otherwise its offers have a pool of nothing instead of the default one."""
    shipped = Pools(
        by_category={"default": (SECOND,), "gifts": (replace(PROMPT, category="gifts"),)}
    )
    assert overlay(shipped, [_row(2, category="gifts", paused=True)], now=NOW).categories == (
        "default",
    )


@st.composite
def _rows(draw: st.DrawFn) -> list[PromptRecord]:
    versions = draw(st.lists(st.integers(1, 5), unique=True, max_size=5))
    seconds = st.none() | st.integers(-50, 50)

    def at(second: int | None) -> datetime | None:
        return None if second is None else NOW + timedelta(seconds=second)

    return [
        _row(
            version,
            paused=draw(st.booleans()),
            starts_at=at(draw(seconds)),
            ends_at=at(draw(seconds)),
        )
        for version in versions
    ]


@given(_rows())
def test_a_prompt_has_one_version_at_most_and_never_an_older_open_one(
    rows: list[PromptRecord],
) -> None:
    """Otherwise a prompt is two arms at once, and what is learned of it is split."""
    shown: list[Prompt] = [p for p in overlay(SHIPPED, rows, now=NOW) if p.prompt_id == "marble"]
    assert len(shown) <= 1
    for prompt in shown:
        newer = [r for r in rows if r.prompt.version > prompt.version]
        assert all(
            (r.starts_at and r.starts_at > NOW) or (r.ends_at and r.ends_at <= NOW) for r in newer
        )
