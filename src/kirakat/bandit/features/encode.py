"""Contexts to vectors. Unknown and missing values are legal, and counted."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from kirakat.bandit.features.schema import Feature, FeatureSchema
from kirakat.bandit.sums import Floats

Context = Mapping[str, object]
_WORD = re.compile(r"\w{2,}")
_MAX_WORDS = 30


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A context as numbers."""

    # (d,)
    values: Floats
    # Features without a value, and those whose value the schema does not know or cannot read.
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EncodedBatch:
    """Contexts as numbers, and how often a feature was missing or unknown."""

    # (n, d)
    values: Floats
    missing: Counter[str]
    unknown: Counter[str]


def encode(schema: FeatureSchema, context: Context) -> Encoded:
    """The context's vector: 1, then every feature's columns; zeros where nothing is known."""
    values = np.zeros(schema.width)
    values[0] = 1.0
    start, missing, unknown = 1, [], []
    for feature in schema.features:
        columns = values[start : start + feature.width]
        start += feature.width
        if _is_missing(feature, context):
            missing.append(feature.name)
            if feature.kind == "numeric":
                columns[1] = 1.0
        elif not _fill(feature, context, columns):
            unknown.append(feature.name)
    return Encoded(values=values, missing=tuple(missing), unknown=tuple(unknown))


def encode_batch(schema: FeatureSchema, contexts: Sequence[Context]) -> EncodedBatch:
    """`encode` of many contexts."""
    rows = [encode(schema, context) for context in contexts]
    values = np.array([row.values for row in rows]).reshape(len(rows), schema.width)
    return EncodedBatch(
        values=values,
        missing=Counter(name for row in rows for name in row.missing),
        unknown=Counter(name for row in rows for name in row.unknown),
    )


def storable(schema: FeatureSchema, context: Context) -> dict[str, object]:
    """The context less every feature that the schema calls private or does not name."""
    named = {feature.name for feature in schema.features} - schema.private
    return {name: value for name, value in context.items() if name in named}


def _is_missing(feature: Feature, context: Context) -> bool:
    names = feature.of or (feature.name,)
    return any(context.get(name) is None or context.get(name) == "" for name in names)


def _fill(feature: Feature, context: Context, columns: Floats) -> bool:
    """Write the columns; false when the value is unknown to the schema or cannot be read."""
    value = context.get(feature.name)
    if feature.kind == "numeric":
        return _fill_numeric(feature, value, columns)
    if feature.kind == "categorical":
        known = str(value) in feature.values
        columns[feature.values.index(str(value)) if known else -1] = 1.0
        return known
    if feature.kind == "position":
        return _fill_position(feature, value, columns)
    if feature.kind == "embedding":
        return _fill_embedding(feature, value, columns)
    if feature.kind == "words":
        return _fill_words(feature, value, columns)
    columns[_bucket(feature, context)] = 1.0
    return True


def _fill_numeric(feature: Feature, value: object, columns: Floats) -> bool:
    number = _number(value)
    if number is None or (feature.log and number <= -1.0):
        columns[1] = 1.0
        return False
    scaled = (math.log1p(number) if feature.log else number) - feature.mean
    columns[0] = min(max(scaled / feature.scale, -feature.limit), feature.limit)
    return True


def _fill_position(feature: Feature, value: object, columns: Floats) -> bool:
    number = _number(value)
    if number is None or number < 1:
        return False
    columns[min(int(number), feature.largest) - 1] = 1.0
    return True


def _fill_embedding(feature: Feature, value: object, columns: Floats) -> bool:
    """Scaled to unit length, so that one embedding weighs like one categorical value."""
    if not isinstance(value, Sequence | np.ndarray) or len(value) != feature.length:
        return False
    numbers = [_number(item) for item in value]
    if any(number is None for number in numbers):
        return False
    vector = np.array(numbers, np.float64)
    length = float(np.linalg.norm(vector))
    columns[:] = vector / length if length > 0.0 else 0.0
    return True


def _fill_words(feature: Feature, value: object, columns: Floats) -> bool:
    """A count for each word's column, scaled to unit length: long titles weigh no more."""
    words = _WORD.findall(str(value).casefold())[:_MAX_WORDS]
    for word in words:
        columns[_hashed(f"{feature.name}\x1f{word}", feature.buckets)] += 1.0
    if words:
        columns /= float(np.linalg.norm(columns))
    return bool(words)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, Real | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bucket(feature: Feature, context: Context) -> int:
    names = feature.of or (feature.name,)
    text = "\x1f".join([feature.name, *(str(context[name]) for name in names)])
    return _hashed(text, feature.buckets)


def _hashed(text: str, buckets: int) -> int:
    hashed = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(hashed, "big") % buckets
