"""`encode` in parts: what is known of an item or of a request is encoded once, not every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kirakat.bandit.features.encode import Context, encode
from kirakat.bandit.features.schema import Feature, FeatureSchema
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some features of a context as numbers."""

    # Index and value of every column that is not 0, in the order of the schema.
    columns: tuple[int, ...]
    values: tuple[float, ...]
    # Names of features without a value, and with one that the schema does not know.
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    # "[index,value],..." and '"name":value,...': pieces of the JSON that is written down.
    columns_json: str
    storable_json: str


class PartEncoder:
    """Encodes some features of a schema, as `encode` would among all of them."""

    def __init__(
        self, schema: FeatureSchema, features: Sequence[Feature], *, first: bool = False
    ) -> None:
        """`first`: with the schema's constant column, which one of the parts must have."""
        starts, upto = {}, 1
        for feature in schema.features:
            starts[feature.name] = upto
            upto += feature.width
        self._features, self._first = tuple(features), first
        self._schema = FeatureSchema(name=schema.name, version=1, features=self._features)
        # The whole schema's column of each column of the part.
        self._columns = [0] + [
            starts[feature.name] + step for feature in features for step in range(feature.width)
        ]
        self._storable = [item.name for item in features if not (item.private or item.of)]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to encode."""
        return not self._features and not self._first

    def encode(self, context: Context) -> Part:
        """The part of a context."""
        encoded = encode(self._schema, context)
        found = [int(i) for i in np.flatnonzero(encoded.values) if i or self._first]
        columns = tuple(self._columns[i] for i in found)
        values = tuple(float(encoded.values[i]) for i in found)
        kept = {name: context[name] for name in self._storable if context.get(name) is not None}
        return Part(
            columns=columns,
            values=values,
            missing=encoded.missing,
            unknown=encoded.unknown,
            columns_json=_bare([list(pair) for pair in zip(columns, values, strict=True)]),
            storable_json=_bare(kept),
        )


def dense(rows: Sequence[Sequence[Part]], width: int) -> Floats:
    """(n, width) of n contexts, each in its parts."""
    cells: list[int] = []
    numbers: list[float] = []
    for row, parts in enumerate(rows):
        start = row * width
        for part in parts:
            cells += [start + column for column in part.columns]
            numbers += part.values
    flat = np.zeros(len(rows) * width)
    flat[cells] = numbers
    return flat.reshape(len(rows), width)


def divided(
    schema: FeatureSchema, groups: Sequence[Callable[[str], bool]]
) -> tuple[PartEncoder, ...]:
    """An encoder for each group, of the features whose every source is the group's, and one more.

    The last one has what is left: features that cross groups. The first has the constant.
    """
    left: list[Feature] = list(schema.features)
    encoders: list[PartEncoder] = []
    for owns in groups:
        mine = [feature for feature in left if all(owns(name) for name in _sources(feature))]
        left = [feature for feature in left if feature not in mine]
        encoders.append(PartEncoder(schema, mine, first=not encoders))
    return (*encoders, PartEncoder(schema, left, first=not encoders))


def _sources(feature: Feature) -> tuple[str, ...]:
    return feature.of or (feature.name,)


def _bare(value: Any) -> str:
    """JSON without its outer brackets."""
    return json.dumps(value, separators=(",", ":"), default=str)[1:-1]
