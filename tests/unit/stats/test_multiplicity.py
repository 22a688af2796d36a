"""Adjusted p-values, against statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from kirakat.stats.multiplicity import benjamini_hochberg, holm

_P = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(_P)
def test_benjamini_hochberg_is_that_of_statsmodels(p_values: list[float]) -> None:
    """Breakdowns would be called significant at the wrong rate."""
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert benjamini_hochberg(p_values) == pytest.approx(expected.tolist(), rel=1e-6)


@given(_P)
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    """Secondary metrics would be called significant at the wrong rate."""
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected.tolist(), rel=1e-6)


def test_no_question_has_no_answer() -> None:
    """A report without breakdowns would fail."""
    assert benjamini_hochberg([]) == holm([]) == []
