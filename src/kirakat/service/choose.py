"""What a policy is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from kirakat.bandit.arms import Arm, Readiness
from kirakat.bandit.decide import Decision
from kirakat.service.contexts import Features


class Question(NamedTuple):
    """One item that wants a decision."""

    decision_id: str
    merchant_id: str
    # The pool whose policy chooses; empty: none does (the caller named a prompt, say).
    category: str
    offer_id: str
    # The placement's name.
    placement: str
    # Every arm of the item, and which of them may and can be shown.
    arms: Sequence[Arm]
    readiness: Readiness
    # The shopper's pseudonym; empty: none.
    unit: str
    # The encoded context; None where no policy chooses.
    features: Features | None
    # Seconds since 1970.
    at: float


class Choice(NamedTuple):
    """What was decided, and how."""

    decision: Decision
    # The policy's name as it is logged, with the reason where it is not the pool's own.
    policy: str
    # Seconds of the stretch that the draw was hashed from; 0: from the decision's id.
    stretch: float = 0.0
    # The first decision of the stretch, shown again.
    repeat: bool = False


class Chooser(Protocol):
    """A policy. It answers within microseconds and from memory."""

    def choose(self, questions: Sequence[Question]) -> list[Choice]:
        """Decide for all items of a request; the same question gives the same choice."""
        ...
