"""What an experiment is: who is in it, what differs, and what will be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kirakat.types import Treatment

Mode = Literal["ab", "aa"]
Unit = Literal["user"]
Breakdown = Literal["placement", "category", "catalog", "photo_quality", "photo_composition"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of showing items; what is None stays as it is without the experiment."""

    name: str
    # Relative to the other variants'.
    weight: float = 1.0
    treatment: Treatment | None = None
    # name@version of a recipe that the merchant has.
    recipe: str | None = None
    # Name of a policy: it chooses the arms, and learns from this variant alone.
    policy: str | None = None
    # A prompt's id: always this arm.
    prompt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Targeting:
    """Which items of which requests take part; an empty part asks for nothing."""

    placements: tuple[str, ...] = ()
    catalogs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    # Values of the request's context, such as country = ["HU", "AT"].
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """A part of all users; experiments in disjoint parts of one namespace never share a user."""

    name: str
    # Shares of the users, from 0 to 1.
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Guardrail:
    """A metric that must not become worse than by the margin (.02: 2 %)."""

    metric: str
    margin: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two variants that are compared."""

    treated: str
    control: str


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A planned comparison. Everything but the weights is fixed once it has started."""

    merchant_id: str
    # Letters, digits, dots, dashes and underscores.
    name: str
    title: str = ""
    hypothesis: str = ""
    # "aa": all variants are alike, and every difference found is a false alarm.
    mode: Mode = "ab"
    # What is randomised.
    unit: Unit = "user"
    # Of the hash; experiments of one seed put users alike.
    seed: str
    # Share of the users that take part.
    coverage: float = 1.0
    # The first is the control unless `comparisons` say otherwise.
    variants: tuple[Variant, ...]
    targeting: Targeting = Targeting()
    namespace: Namespace | None = None
    # Users of all variants together; intervals for early looks are tightest there.
    planned_units: int
    confidence: float = 0.95
    primary: str = "ctr"
    secondary: tuple[str, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    comparisons: tuple[Comparison, ...]
    breakdowns: tuple[Breakdown, ...] = ("placement", "category")
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def variant(self, name: str) -> Variant:
        """The variant of that name; raises `KeyError`."""
        return {variant.name: variant for variant in self.variants}[name]
