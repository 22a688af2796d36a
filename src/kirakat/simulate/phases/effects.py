"""What each variant does to the click rate of each impression: the truth of a phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from kirakat.simulate.phases.personalise import Personalisation
from kirakat.simulate.phases.settings import Domain, Phases
from kirakat.simulate.phases.traffic import DAY, Floats, Traffic

PhaseName = Literal["phase-1", "phase-2", "phase-3"]
PHASE_NAMES: Final[tuple[PhaseName, ...]] = ("phase-1", "phase-2", "phase-3")


@dataclass(frozen=True, kw_only=True, eq=False)
class Effect:
    """A variant: what is shown, and by how much it changes the click rate where it is ready."""

    treatment: Literal["original", "positioned", "generated"]
    # Relative change by impression, (n,).
    change: Callable[[Traffic], Floats]


def effects_of(
    phase: PhaseName, domain: Domain, phases: Phases, learned: Personalisation
) -> Mapping[str, Effect]:
    """The variants of a phase in a domain, control first."""
    original = _constant("original", 0.0)
    improved = (1.0 + domain.generated) * (1.0 + domain.improved) - 1.0
    if phase == "phase-1":
        return {
            "original": original,
            "positioned": _constant("positioned", domain.positioned),
            "generated": _constant("generated", domain.generated),
        }
    if phase == "phase-2":
        return {
            "original": original,
            "old-recipe": _constant("generated", domain.generated),
            "new-recipe": _constant("generated", improved),
        }
    return {
        "random": _constant("generated", improved),
        "contextual": Effect(
            treatment="generated",
            change=lambda traffic: _personalised(traffic, phases, improved, learned),
        ),
    }


def rates_of(traffic: Traffic, effect: Effect) -> Floats:
    """(n,) click rates if everybody saw the variant; nothing changes where nothing is ready."""
    changed = np.where(traffic.ready & (traffic.at >= 0), effect.change(traffic), 0.0)
    return np.asarray(np.clip(traffic.rate * (1.0 + changed), 0.0, 1.0), np.float64)


def _constant(treatment: Literal["original", "positioned", "generated"], change: float) -> Effect:
    return Effect(treatment=treatment, change=lambda traffic: change * traffic.susceptibility)


def _personalised(
    traffic: Traffic, phases: Phases, change: float, learned: Personalisation
) -> Floats:
    """The change with the best prompt so far: the bandit's curve stretched over the phase."""
    parts = len(learned.curve)
    part = np.clip(traffic.at / (phases.days * DAY) * parts, 0, parts - 1).astype(np.int64)
    both = (1.0 + change * traffic.susceptibility) * (1.0 + learned.curve[part])
    return np.asarray(both - 1.0, np.float64)
