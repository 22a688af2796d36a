"""Contexts that are encoded in parts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.features.encode import encode, storable
from kirakat.bandit.features.parts import dense, divided
from kirakat.bandit.features.schema import FeatureSchema, load_schema

SCHEMA = """
name = "parts"
version = 1
[[feature]]
name = "user.segment"
kind = "hashed"
buckets = 5
private = true
[[feature]]
name = "item.price"
kind = "numeric"
log = true
[[feature]]
name = "item.title"
kind = "words"
buckets = 7
[[feature]]
name = "user.segment x item.brand"
kind = "cross"
of = ["user.segment", "item.brand"]
buckets = 6
[[feature]]
name = "item.brand"
kind = "categorical"
values = ["Potter", "Oak"]
[[feature]]
name = "widget.position"
kind = "position"
largest = 3
"""
VALUES = st.one_of(st.none(), st.integers(-5, 500), st.floats(), st.text(max_size=12))
NAMES = ("user.segment", "item.price", "item.title", "item.brand", "widget.position")
CONTEXTS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, VALUES))


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> FeatureSchema:
    """Features of items, of shoppers, of neither and of both."""
    path = tmp_path_factory.mktemp("parts") / "features.toml"
    path.write_text(SCHEMA, encoding="utf-8")
    return load_schema(path)


@given(context=CONTEXTS)
def test_parts_make_the_vector_that_the_whole_makes(
    schema: FeatureSchema, context: dict[str, Any]
) -> None:
    """If they did not, the service would decide by other numbers than the learner learns."""
    groups = (lambda name: name.startswith("item."), lambda name: name.startswith("user."))
    parts = [encoder.encode(context) for encoder in divided(schema, groups)]
    whole = encode(schema, context)
    assert np.array_equal(dense([parts, parts], schema.width), np.stack([whole.values] * 2))
    assert sorted(n for part in parts for n in part.missing) == sorted(whole.missing)
    assert sorted(n for part in parts for n in part.unknown) == sorted(whole.unknown)


@given(context=CONTEXTS)
def test_what_is_written_down_is_the_vector_and_nothing_private(
    schema: FeatureSchema, context: dict[str, Any]
) -> None:
    """If it were not, the learner would learn another shopper, or know this one too well."""
    parts = [encoder.encode(context) for encoder in divided(schema, ())]
    pairs = json.loads("[" + ",".join(p.columns_json for p in parts if p.columns) + "]")
    values = np.zeros(schema.width)
    for index, value in pairs:
        values[index] = value
    assert np.array_equal(values, encode(schema, context).values)
    kept = json.loads("{" + ",".join(p.storable_json for p in parts if p.storable_json) + "}")
    expected = {name: one for name, one in storable(schema, context).items() if one is not None}
    assert kept.keys() == expected.keys()
    assert "user.segment" not in kept


def test_every_word_of_a_title_counts_alike(schema: FeatureSchema) -> None:
    """If it did not, offers with long titles would outweigh all others."""
    columns = encode(schema, {"item.title": "Navy ceramic MUG, a mug"}).values[8:15]
    assert np.linalg.norm(columns) == pytest.approx(1.0)
    other = encode(schema, {"item.title": "mug ceramic navy mug"}).values[8:15]
    assert columns == pytest.approx(other)
