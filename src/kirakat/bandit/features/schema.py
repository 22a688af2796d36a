"""The feature schema: which values of a context become which columns."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kirakat.bandit.errors import FeatureError
from kirakat.hashing import digest

Kind = Literal["numeric", "categorical", "hashed", "words", "cross", "embedding", "position"]
DEFAULT_SCHEMA = Path(__file__).with_name("default.toml")


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One feature; the fields that its kind does not use keep their defaults."""

    name: str
    kind: Kind
    # Never stored or logged raw.
    private: bool = False
    # numeric: (value - mean) / scale, after log(1 + value) when `log`, held within +-`limit`.
    mean: float = 0.0
    scale: float = 1.0
    limit: float = 3.0
    log: bool = False
    # categorical: a column each, and one more for every other value.
    values: tuple[str, ...] = ()
    # hashed, words, cross: columns that values, or a text's words, fall into.
    buckets: int = 0
    # cross: the features whose values are joined.
    of: tuple[str, ...] = ()
    # embedding: its length.
    length: int = 0
    # position: the last one with a column of its own, counted from 1.
    largest: int = 0

    @property
    def width(self) -> int:
        """Columns of the feature. A numeric one has a second for "missing"."""
        if self.kind == "numeric":
            return 2
        if self.kind == "categorical":
            return len(self.values) + 1
        return self.buckets or self.length or self.largest


@dataclass(frozen=True, kw_only=True)
class FeatureSchema:
    """All features in column order, after a first column that is always 1."""

    name: str
    version: int
    features: tuple[Feature, ...]

    @property
    def width(self) -> int:
        """Values of an encoded context, d."""
        return 1 + sum(feature.width for feature in self.features)

    @property
    def label(self) -> str:
        """name@version and the start of the schema's hash, so that no two ever mix."""
        return f"{self.name}@{self.version}+{digest('features', self)[:8]}"

    @property
    def private(self) -> frozenset[str]:
        """Names whose raw values must not be stored."""
        return frozenset(feature.name for feature in self.features if feature.private)


def load_schema(path: Path = DEFAULT_SCHEMA) -> FeatureSchema:
    """Read a schema. Raises `FeatureError` naming the file and the feature that is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        features = tuple(_feature(row) for row in table["feature"])
        schema = FeatureSchema(
            name=str(table["name"]), version=int(table["version"]), features=features
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FeatureError(f"{path}: {error!r}", path=str(path)) from error
    _check(schema, path)
    return schema


def _feature(row: dict[str, Any]) -> Feature:
    lists: dict[str, Any] = {key: tuple(row[key]) for key in ("values", "of") if key in row}
    return Feature(**(row | lists))


def _check(schema: FeatureSchema, path: Path) -> None:
    names = [feature.name for feature in schema.features]
    for feature in schema.features:
        where = f"{path}: feature {feature.name!r}"
        if names.count(feature.name) > 1:
            raise FeatureError(f"{where} occurs twice")
        if feature.kind not in Kind.__args__:  # type: ignore[attr-defined]
            raise FeatureError(f"{where} is of unknown kind {feature.kind!r}")
        if feature.width < 1 or feature.scale <= 0.0:
            raise FeatureError(f"{where} lacks values, buckets, length, largest or a scale above 0")
        if feature.kind == "cross" and not (len(feature.of) > 1 and set(feature.of) <= set(names)):
            raise FeatureError(f"{where} must cross two or more features of the schema")
