"""Keys: equal inputs, equal keys; different inputs, different keys; nothing else counts."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import KirakatError
from kirakat.hashing import digest, seed_from, sha256_array
from kirakat.types import Insets, Placement

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)


@given(st.dictionaries(st.text(), _SCALARS))
def test_order_of_a_mapping_does_not_count(values: dict[str, object]) -> None:
    """If it did, the same creative would be made twice under two keys."""
    assert digest(values) == digest(dict(reversed(values.items())))


@given(st.lists(_SCALARS, min_size=1))
def test_a_changed_part_changes_the_key(parts: list[object]) -> None:
    """If it did not, a cache would answer with another product's picture."""
    assert digest(*parts) != digest(*parts, "more")


def test_int_and_float_differ() -> None:
    """If they did not, strength 1 and strength 1.0 of different types could collide silently."""
    assert digest(1) != digest(1.0)


def test_records_are_hashed_by_their_fields() -> None:
    """If a field were left out, a changed safe area would serve the old picture."""
    one = Placement(name="a", width=300, height=250)
    other = Placement(name="a", width=300, height=250, safe_area=Insets(top=0.2))
    assert digest(one) != digest(other)


def test_the_same_in_another_process() -> None:
    """If a set's order counted, every process would render everything anew."""
    code = "from kirakat.hashing import digest; print(digest(frozenset('abcdef'), {'x': .1}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(frozenset("abcdef"), {"x": 0.1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_is_refused(value: float) -> None:
    """A key that hangs on NaN would never be found again."""
    with pytest.raises(KirakatError, match="NaN"):
        digest(value)


def test_arrays_differ_by_shape() -> None:
    """If shape did not count, a portrait and a landscape of equal bytes would collide."""
    flat = np.arange(6, dtype=np.uint8)
    assert sha256_array(flat.reshape(2, 3)) != sha256_array(flat.reshape(3, 2))


@given(st.integers(0, 50))
def test_seed_fits_a_signed_64_bit_integer(attempt: int) -> None:
    """PyTorch's generators and databases refuse larger seeds."""
    assert 0 <= seed_from("ab" * 32, attempt) < 2**63
