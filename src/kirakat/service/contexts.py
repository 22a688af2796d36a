"""The context of a decision: what is known of item, placement, moment and shopper, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from kirakat.bandit.arms import ORIGINAL, Arm
from kirakat.bandit.configuration import Policies
from kirakat.bandit.features.parts import Part, divided
from kirakat.bandit.features.schema import FeatureSchema
from kirakat.service.facts import Facts, raw_item
from kirakat.service.metrics import Metrics
from kirakat.service.plans import Plan
from kirakat.service.shopper import Shopper

POSITION = "widget.position"
_WEEKDAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_DAYPARTS = ("night", "morning", "afternoon", "evening")
# Positions in a widget whose encoding is remembered.
_POSITIONS = 1_000


class Features(NamedTuple):
    """One decision's encoded context."""

    parts: tuple[Part, ...]
    # The schema's label.
    label: str

    @property
    def columns_json(self) -> str:
        """JSON [[index, value], ...] without zeros."""
        return "[" + ",".join([part.columns_json for part in self.parts if part.columns]) + "]"

    @property
    def storable_json(self) -> str:
        """JSON of what may be stored as it came (`bandit.features.encode.storable`)."""
        pieces = [part.storable_json for part in self.parts if part.storable_json]
        return "{" + ",".join(pieces) + "}"


class RequestContext:
    """What the items of one request share; encoded once for each schema."""

    __slots__ = ("parts", "raw")

    def __init__(self, context: Mapping[str, Any], shopper: Shopper, at: datetime) -> None:
        self.raw = {f"user.{name}": value for name, value in shopper.features.items()}
        self.raw |= {f"context.{name}": value for name, value in context.items()}
        # In UTC where the caller does not say what time it is where the shopper is.
        self.raw.setdefault("context.hour", at.hour)
        self.raw.setdefault("context.weekday", _WEEKDAYS[at.weekday()])
        self.raw.setdefault("context.daypart", _daypart(self.raw["context.hour"]))
        # By the schema's label.
        self.parts: dict[str, Part] = {}


class Contexts:
    """Encodes contexts under the schemas of all pools, each piece as seldom as it changes."""

    def __init__(self, policies: Policies, metrics: Metrics) -> None:
        self._policies, self._metrics = policies, metrics
        self._encoders: dict[str, _Encoder] = {}

    def facts(self, plan: Plan) -> Facts:
        """What is known of a plan's item; kept with the plan."""
        if plan.facts is None:
            plan.facts = self._facts(plan)
        return plan.facts

    def features(
        self, plan: Plan, request: RequestContext, position: int | None
    ) -> Features | None:
        """The context of one item; `position` counts from 0. None where no policy chooses."""
        facts = self.facts(plan)
        if facts.part is None:
            return None
        features = self._encoder(plan.category).encode(facts.part, facts.raw, request, position)
        for part in features.parts:
            if part.missing or part.unknown:
                self._metrics.features(part.missing, part.unknown)
        return features

    def _facts(self, plan: Plan) -> Facts:
        arms = [
            Arm(arm_id=one.arm, tags=one.prompt.tags if one.prompt else ())
            for one in plan.candidates
        ]
        arms += [Arm(arm_id=ORIGINAL) for name in plan.always if name == ORIGINAL]
        if not plan.category or plan.offer is None or plan.placement is None:
            return Facts(arms=tuple(arms), raw={}, part=None)
        # An experiment's pool is named category#pool.
        raw = raw_item(plan.offer, plan.placement, plan.category.partition("#")[0])
        return Facts(arms=tuple(arms), raw=raw, part=self._encoder(plan.category).item.encode(raw))

    def _encoder(self, category: str) -> _Encoder:
        found = self._encoders.get(category)
        if found is None:
            found = self._encoders[category] = _Encoder(
                self._policies.for_category(category).schema
            )
        return found


class _Encoder:
    """One schema's encoders: of items, of requests, of positions, and of crosses among them."""

    def __init__(self, schema: FeatureSchema) -> None:
        self._label = schema.label
        groups = (_is_items, _is_requests, _is_position)
        self.item, self._request, self._position, self._mixed = divided(schema, groups)
        self._positions: dict[int | None, Part] = {}

    def encode(
        self, item: Part, raw: Mapping[str, Any], request: RequestContext, position: int | None
    ) -> Features:
        parts = [item, self._shared(request), self._place(position)]
        if not self._mixed.is_empty:
            mixed = {**raw, **request.raw, POSITION: _from_one(position)}
            parts.append(self._mixed.encode(mixed))
        return Features(tuple(parts), self._label)

    def _shared(self, request: RequestContext) -> Part:
        found = request.parts.get(self._label)
        if found is None:
            found = request.parts[self._label] = self._request.encode(request.raw)
        return found

    def _place(self, position: int | None) -> Part:
        found = self._positions.get(position)
        if found is None:
            found = self._position.encode({POSITION: _from_one(position)})
            if len(self._positions) < _POSITIONS:
                self._positions[position] = found
        return found


def _from_one(position: int | None) -> int | None:
    return None if position is None else position + 1


def _daypart(hour: object) -> str | None:
    if isinstance(hour, bool) or not isinstance(hour, int | float) or not 0 <= hour < 24:
        return None
    return _DAYPARTS[int(hour) // 6]


def _is_items(name: str) -> bool:
    return name.startswith(("item.", "placement."))


def _is_requests(name: str) -> bool:
    return name.startswith(("user.", "context."))


def _is_position(name: str) -> bool:
    return name == POSITION
