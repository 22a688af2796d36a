"""Contexts to vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.errors import FeatureError
from kirakat.bandit.features.encode import encode, encode_batch, storable
from kirakat.bandit.features.schema import load_schema

SCHEMA_TEXT = """
name = "test"
version = 2
[[feature]]
name = "price"
kind = "numeric"
mean = 10.0
scale = 5.0
limit = 2.0
[[feature]]
name = "device"
kind = "categorical"
values = ["desktop", "mobile"]
[[feature]]
name = "segment"
kind = "hashed"
buckets = 4
private = true
[[feature]]
name = "segment x device"
kind = "cross"
of = ["segment", "device"]
buckets = 3
[[feature]]
name = "look"
kind = "embedding"
length = 2
[[feature]]
name = "position"
kind = "position"
largest = 3
"""
FULL = {"price": 15, "device": "mobile", "segment": "a", "look": [3, 4], "position": 2}


@pytest.fixture(scope="module")
def schema_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a feature of every kind."""
    path = tmp_path_factory.mktemp("features") / "features.toml"
    path.write_text(SCHEMA_TEXT, encoding="utf-8")
    return path


def test_every_kind_lands_in_its_columns(schema_path: Path) -> None:
    """If columns shifted, a model would read a price as a device."""
    encoded = encode(load_schema(schema_path), FULL)
    values = encoded.values
    assert values[0] == 1.0
    assert values[1:3].tolist() == [1.0, 0.0]
    assert values[3:6].tolist() == [0.0, 1.0, 0.0]
    assert values[6:10].sum() == 1.0
    assert values[10:13].sum() == 1.0
    assert values[13:15] == pytest.approx([0.6, 0.8])
    assert values[15:18].tolist() == [0.0, 1.0, 0.0]
    assert (encoded.missing, encoded.unknown) == ((), ())


def test_missing_values_are_legal_and_counted(schema_path: Path) -> None:
    """If they raised, a shopper without consent could be shown nothing."""
    schema = load_schema(schema_path)
    encoded = encode(schema, {"device": "mobile"})
    assert encoded.missing == ("price", "segment", "segment x device", "look", "position")
    # The numeric feature says that it is missing, the rest stay 0.
    assert np.flatnonzero(encoded.values).tolist() == [0, 2, 4]


def test_unknown_values_are_legal_and_counted(schema_path: Path) -> None:
    """If they were silent, a changed feed would go unnoticed for weeks."""
    odd = {"price": "cheap", "device": "fridge", "segment": "z", "look": [1], "position": "top"}
    batch = encode_batch(load_schema(schema_path), [odd, FULL, {}])
    assert batch.values.shape == (3, 18)
    assert batch.unknown == {"price": 1, "device": 1, "look": 1, "position": 1}
    assert batch.missing["device"] == 1


@given(price=st.floats(allow_nan=True, allow_infinity=True), position=st.integers())
def test_no_number_breaks_a_context(schema_path: Path, price: float, position: int) -> None:
    """If one did, a single odd request would poison the statistics with NaN."""
    values = encode(load_schema(schema_path), {"price": price, "position": position}).values
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 2.0


def test_private_features_are_not_stored(schema_path: Path) -> None:
    """If they were, a log would hold what the merchant promised not to keep."""
    kept = storable(load_schema(schema_path), {**FULL, "email": "a@b.example"})
    assert set(kept) == {"price", "device", "look", "position"}


def test_a_change_changes_the_label(schema_path: Path) -> None:
    """If it did not, statistics of two schemas could be added up."""
    before = load_schema(schema_path).label
    other = schema_path.with_name("other.toml")
    other.write_text(SCHEMA_TEXT.replace("mean = 10.0", "mean = 11.0"), encoding="utf-8")
    assert load_schema(other).label != before
    assert before.startswith("test@2+")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "hashed"', 'kind = "hash"', "unknown kind"),
        ("buckets = 4", "buckets = 0", "lacks"),
        ('of = ["segment", "device"]', 'of = ["segment", "colour"]', "must cross"),
        ('name = "look"', 'name = "price"', "twice"),
        ("version = 2", "", "version"),
        ("length = 2", "size = 2", "size"),
    ],
)
def test_a_wrong_schema_is_explained(tmp_path: Path, old: str, new: str, told: str) -> None:
    """If the message did not name the fault, nobody could mend the file."""
    path = tmp_path / "features.toml"
    path.write_text(SCHEMA_TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FeatureError, match=told):
        load_schema(path)


def test_the_shipped_schema_reads() -> None:
    """If it did not, a policy could not start without a file of its own."""
    schema = load_schema()
    assert schema.width == len(encode(schema, {}).values)
    assert schema.private == {"user.segment"}
