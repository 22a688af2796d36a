"""First choices of shoppers for items, kept for as long as they hold."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from kirakat.bandit.decide import Decision
from kirakat.bandit.sessions import session_draw_id
from kirakat.service.choose import Choice, Question
from kirakat.service.lru import Lru


class Stretch(NamedTuple):
    """A stretch of time in which one shopper's choice for one item holds."""

    # What it is known by, and what its first draw is hashed from.
    draw_id: str
    seconds: float
    # Whether an earlier choice ended (its creative is gone): the next is drawn anew.
    is_over: bool = False

    @property
    def hashed_from(self) -> str:
        """The request's `draw_id`; empty: the decision's own id."""
        return "" if self.is_over else self.draw_id


class Sessions:
    """A bounded memory; what it forgets is drawn again from the same hash."""

    def __init__(self, size: int) -> None:
        self._kept: Lru[str, Choice] = Lru(size)

    def held(self, question: Question, seconds: float) -> tuple[Stretch, Choice | None]:
        """The stretch that a question falls into, and the choice that holds in it."""
        draw_id = session_draw_id(
            question.category, question.unit, question.offer_id, question.placement,
            at=question.at, seconds=seconds,
        )  # fmt: skip
        first = self._kept.get(draw_id)
        if first is None:
            return Stretch(draw_id, seconds), None
        if not _holds(first.decision, question):
            return Stretch(draw_id, seconds, is_over=True), None
        return Stretch(draw_id, seconds), _again(first, question)

    def keep(self, stretch: Stretch, choice: Choice) -> None:
        """Note what was chosen."""
        self._kept.put(stretch.draw_id, choice)


def _holds(first: Decision, question: Question) -> bool:
    """Whether it can be shown still; what was not there at first only has to be wanted still."""
    readiness = question.readiness
    was_missing = first.served != first.chosen
    return first.chosen in (readiness.eligible if was_missing else readiness.ready)


def _again(first: Choice, question: Question) -> Choice:
    decision, readiness = first.decision, question.readiness
    missed = decision.chosen in readiness.missing
    again = replace(
        decision,
        decision_id=question.decision_id,
        eligible=readiness.eligible,
        ready=readiness.ready,
        served=decision.served if missed else decision.chosen,
        demanded=decision.chosen if missed else "",
    )
    return Choice(again, first.policy, first.stretch, repeat=True)
