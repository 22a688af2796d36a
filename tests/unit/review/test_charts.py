"""Geometry of the dashboard's plots, and figures that are remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.review.dashboard.charts import columns, line, nice_top, stacked
from kirakat.review.web.remember import Memory

_NOW = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.integers(0, 10**9))
def test_a_scale_holds_its_values(value: int) -> None:
    """If it did not, columns would stick out of the plot."""
    top = nice_top(value)
    assert value <= top
    assert top <= max(1, 2.5 * value)
    assert str(top).strip("0") in ("1", "2", "5")


@given(st.lists(st.dictionaries(st.sampled_from(["ready", "review", "rejected", "dead"]),
                                st.integers(0, 10**6)), max_size=30))  # fmt: skip
def test_columns_are_as_high_as_their_counts(counts: list[dict[str, int]]) -> None:
    """If they were not, the plot would lie."""
    chart = stacked(counts, width=600, height=100)  # type: ignore[arg-type]
    heights = sum(block.height for block in chart.blocks)
    assert heights == pytest.approx(100 * sum(sum(one.values()) for one in counts) / chart.top)
    assert all(-1e-6 <= block.y <= 100 for block in chart.blocks)
    assert all(block.x >= 0 and block.x + block.width <= 600 for block in chart.blocks)


def test_plain_columns_have_a_kind_of_their_own() -> None:
    """If they had not, days would be drawn as ready creatives."""
    assert {block.kind for block in columns([1, 0, 3]).blocks} == {"plain"}


def test_a_line_breaks_where_nothing_is_known() -> None:
    """If it did not, a night without decisions would look like a policy."""
    path = line([0.0, None, 1.0, 0.5], width=120, height=24)
    assert path == "M0.0 23.5h0M80.0 0.5h0L120.0 12.0"


def test_a_figure_is_counted_once_for_many_readers() -> None:
    """If it were counted for each, ten open dashboards would be ten times the load."""
    memory: Memory[int] = Memory(timedelta(seconds=5))
    counted = iter(range(10))
    values = [
        memory.get("shop", lambda: next(counted), now=_NOW + timedelta(seconds=wait)).value
        for wait in (0, 4, 5, 9, 20)
    ]
    assert values == [0, 0, 1, 1, 2]
    assert memory.get("rival", lambda: next(counted), now=_NOW).value == 3
    assert memory.peek("nobody") is None
