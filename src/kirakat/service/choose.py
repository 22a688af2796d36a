"""Which of the ready arms is shown, and which missing one is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from kirakat.bandit.draw import uniform_draw

ORIGINAL = "original"


class Question(NamedTuple):
    """One item that wants a decision."""

    decision_id: str
    merchant_id: str
    offer_id: str
    # The placement's name.
    placement: str
    # Arms that may be shown at all, and those of them whose creative is ready.
    eligible: Sequence[str]
    ready: Sequence[str]
    # Place in the widget; None where the caller did not say.
    position: int | None
    # What the request said of the moment and the shopper.
    context: Mapping[str, Any]
    user: str


class Choice(NamedTuple):
    """What was decided, and with which probabilities."""

    # One of the ready arms, or "original" when none is ready.
    chosen: str
    # Of everything that could have been chosen; they sum to 1.
    probabilities: Mapping[str, float]
    # The missing arm to ask for; empty when none is missing.
    demanded: str
    policy: str
    policy_version: str = ""
    feature_version: str = ""


class Chooser(Protocol):
    """A policy. It answers within microseconds and from memory; it never raises."""

    def choose(self, question: Question) -> Choice:
        """Decide for one item; the same question always gives the same choice."""
        ...


@dataclass(frozen=True)
class UniformChooser:
    """Every ready arm alike, and every missing one alike; drawn by the decision's hash."""

    name: str = "uniform"

    def choose(self, question: Question) -> Choice:
        """Draw among the ready arms, and beside it among the missing ones."""
        ready = question.ready
        chosen = _draw(ready, "choose", question.decision_id)
        demanded = ""
        if len(ready) < len(question.eligible):
            missing = [arm for arm in question.eligible if arm not in ready]
            demanded = _draw(missing, "demand", question.decision_id)
        share = 1.0 / len(ready) if ready else 1.0
        return Choice(
            chosen=chosen or ORIGINAL,
            probabilities=dict.fromkeys(ready, share) if ready else {ORIGINAL: 1.0},
            demanded=demanded,
            policy=self.name,
        )


def _draw(arms: Sequence[str], purpose: str, decision_id: str) -> str:
    if len(arms) < 2:
        return arms[0] if arms else ""
    return arms[int(uniform_draw(purpose, decision_id) * len(arms))]
