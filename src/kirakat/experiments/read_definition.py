"""Read an experiment from TOML: every fault is collected, then raised at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from kirakat.experiments.definition import (
    Comparison,
    Experiment,
    Guardrail,
    Namespace,
    Targeting,
    Variant,
)
from kirakat.experiments.errors import DefinitionError
from kirakat.experiments.validate import problems_of
from kirakat.types import Treatment

Value = TypeVar("Value")

_TABLES = {
    "experiment": {
        "name", "title", "hypothesis", "mode", "unit", "seed", "coverage", "planned_users",
        "confidence", "starts", "ends",
    },
    "targeting": {"placements", "catalogs", "categories", "attributes"},
    "namespace": {"name", "from", "to"},
    "metrics": {"primary", "secondary", "guardrails", "breakdowns"},
}  # fmt: skip
_VARIANT = {"name", "weight", "treatment", "recipe", "policy", "prompt"}
_BREAKDOWNS = ("placement", "category", "catalog", "photo_quality", "photo_composition")
_TREATMENTS: tuple[Treatment, ...] = ("original", "positioned", "generated")


def load_definition(path: Path, merchant_id: str) -> Experiment:
    """The experiment of a file. Raises `DefinitionError` naming the file and every fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(str(path), [str(error)]) from error
    return read_definition(text, merchant_id, where=str(path))


def read_definition(text: str, merchant_id: str, *, where: str = "the definition") -> Experiment:
    """The experiment of a TOML text. Raises `DefinitionError`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(where, [f"no TOML: {error}"]) from error
    reader = _Reader(table)
    experiment = reader.experiment(merchant_id)
    problems = reader.problems + (problems_of(experiment) if not reader.problems else [])
    if problems:
        raise DefinitionError(where, problems)
    return experiment


class _Reader:
    """Takes values out of a table and keeps what is wrong with them."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._table = table

    def experiment(self, merchant_id: str) -> Experiment:
        """The record; placeholders stand where something is wrong."""
        self._check_tables()
        head, metrics = self._part("experiment"), self._part("metrics")
        name = self._get(head, "name", "", "experiment.name")
        variants = tuple(self._variant(row) for row in self._rows("variants"))
        return Experiment(
            merchant_id=merchant_id,
            name=name,
            title=self._get(head, "title", "", "experiment.title"),
            hypothesis=self._get(head, "hypothesis", "", "experiment.hypothesis"),
            mode=self._one_of(head, "mode", ("ab", "aa"), "experiment.mode"),
            unit=self._one_of(head, "unit", ("user",), "experiment.unit"),
            seed=self._get(head, "seed", "", "experiment.seed") or name,
            coverage=self._get(head, "coverage", 1.0, "experiment.coverage"),
            variants=variants,
            targeting=self._targeting(),
            namespace=self._namespace(),
            planned_units=self._get(head, "planned_users", 0, "experiment.planned_users"),
            confidence=self._get(head, "confidence", 0.95, "experiment.confidence"),
            primary=self._get(metrics, "primary", "ctr", "metrics.primary"),
            secondary=self._texts(metrics, "secondary", "metrics.secondary"),
            guardrails=self._guardrails(metrics),
            comparisons=self._comparisons(variants),
            breakdowns=self._breakdowns(metrics),
            starts_at=self._time(head, "starts"),
            ends_at=self._time(head, "ends"),
        )

    def _check_tables(self) -> None:
        known = {*_TABLES, "variants", "comparisons"}
        for name in sorted(set(self._table) - known):
            self.problems.append(f"[{name}] is no table here; known: {', '.join(sorted(known))}")
        for name, fields in _TABLES.items():
            self._check_fields(self._part(name), fields, name)

    def _check_fields(self, row: Mapping[str, Any], fields: set[str], where: str) -> None:
        for name in sorted(set(row) - fields):
            self.problems.append(f"{where}.{name} is unknown; known: {', '.join(sorted(fields))}")

    def _part(self, name: str) -> Mapping[str, Any]:
        part = self._table.get(name, {})
        if not isinstance(part, dict):
            self.problems.append(f"{name} must be a table: write [{name}]")
            return {}
        return part

    def _rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        rows = self._table.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.problems.append(f"{name} must be a list of tables: write [[{name}]] before each")
            return ()
        return rows

    def _get(self, row: Mapping[str, Any], name: str, default: Value, where: str) -> Value:
        """A value of the default's kind."""
        value = row.get(name, default)
        kind = type(default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            words = {str: "a text in quotes", float: "a number", int: "a whole number"}
            self.problems.append(f"{where} must be {words[kind]}, not {value!r}")
            return default
        return value

    def _optional(self, row: Mapping[str, Any], name: str, where: str) -> str | None:
        return self._get(row, name, "", f"{where}.{name}") or None

    def _one_of(self, row: Mapping[str, Any], name: str, allowed: Sequence[Any], where: str) -> Any:
        value = row.get(name, allowed[0])
        if value not in allowed:
            self.problems.append(f"{where} must be one of {', '.join(allowed)}, not {value!r}")
            return allowed[0]
        return value

    def _texts(self, row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = row.get(name, [])
        if not isinstance(value, list) or not all(type(item) is str for item in value):
            self.problems.append(f'{where} must be a list of texts, such as ["one", "two"]')
            return ()
        return tuple(value)

    def _variant(self, row: Mapping[str, Any]) -> Variant:
        name = self._get(row, "name", "", "variants.name")
        where = f"variant {name}"
        self._check_fields(row, _VARIANT, where)
        treatment = None
        if "treatment" in row:
            treatment = self._one_of(row, "treatment", _TREATMENTS, f"{where}.treatment")
        return Variant(
            name=name,
            weight=self._get(row, "weight", 1.0, f"{where}.weight"),
            treatment=treatment,
            recipe=self._optional(row, "recipe", where),
            policy=self._optional(row, "policy", where),
            prompt=self._optional(row, "prompt", where),
        )

    def _targeting(self) -> Targeting:
        part = self._part("targeting")
        attributes = part.get("attributes", {})
        if not isinstance(attributes, dict):
            self.problems.append('attributes is a table: [targeting.attributes] country = ["HU"]')
            attributes = {}
        return Targeting(
            placements=self._texts(part, "placements", "targeting.placements"),
            catalogs=self._texts(part, "catalogs", "targeting.catalogs"),
            categories=self._texts(part, "categories", "targeting.categories"),
            attributes={
                name: self._texts(attributes, name, f"targeting.attributes.{name}")
                for name in attributes
            },
        )

    def _namespace(self) -> Namespace | None:
        part = self._part("namespace")
        if not part:
            return None
        return Namespace(
            name=self._get(part, "name", "", "namespace.name"),
            start=self._get(part, "from", 0.0, "namespace.from"),
            end=self._get(part, "to", 1.0, "namespace.to"),
        )

    def _guardrails(self, metrics: Mapping[str, Any]) -> tuple[Guardrail, ...]:
        rows = metrics.get("guardrails", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.problems.append("guardrails is a list: write [[metrics.guardrails]] before each")
            return ()
        for row in rows:
            self._check_fields(row, {"metric", "margin"}, "guardrail")
        return tuple(
            Guardrail(
                metric=self._get(row, "metric", "", "guardrail.metric"),
                margin=self._get(row, "margin", 0.0, "guardrail.margin"),
            )
            for row in rows
        )

    def _breakdowns(self, metrics: Mapping[str, Any]) -> tuple[Any, ...]:
        if "breakdowns" not in metrics:
            return ("placement", "category")
        found = self._texts(metrics, "breakdowns", "metrics.breakdowns")
        for name in found:
            if name not in _BREAKDOWNS:
                allowed = ", ".join(_BREAKDOWNS)
                self.problems.append(f"breakdown {name} is unknown; known: {allowed}")
        return found

    def _comparisons(self, variants: Sequence[Variant]) -> tuple[Comparison, ...]:
        rows = self._rows("comparisons")
        for row in rows:
            self._check_fields(row, {"treated", "control"}, "comparison")
        if not rows and variants:
            control = variants[0].name
            return tuple(Comparison(treated=one.name, control=control) for one in variants[1:])
        return tuple(
            Comparison(
                treated=self._get(row, "treated", "", "comparison.treated"),
                control=self._get(row, "control", "", "comparison.control"),
            )
            for row in rows
        )

    def _time(self, head: Mapping[str, Any], name: str) -> datetime | None:
        value = head.get(name)
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, date):
            self.problems.append(f"experiment.{name}: add time and zone: {value}T00:00:00Z")
        else:
            self.problems.append(f"experiment.{name} must be a time, such as 2026-03-01T00:00:00Z")
        return None
