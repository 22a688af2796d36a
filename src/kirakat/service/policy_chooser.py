"""Choose by the newest policy snapshot of the item's pool, and evenly where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kirakat.bandit.configuration import Policies, PoolPolicy
from kirakat.bandit.decide import Decider, Decision, Request, Rule, decide_all, even_decider
from kirakat.bandit.features.parts import dense
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.sums import Floats
from kirakat.service.choose import Choice, Question
from kirakat.service.lru import Lru
from kirakat.service.sessions import Sessions, Stretch
from kirakat.service.snapshots import Snapshots

NAMED = "named"
NO_SNAPSHOT = f"{Uniform.name}: no snapshot"
NEW_ARM = f"{Uniform.name}: new arm"
_NO_CONTEXT = np.zeros(0)
# Sets of arms without a model that are remembered.
_SETS = 2_000


class _Asked(NamedTuple):
    """A question and where it came in the request."""

    number: int
    question: Question
    stretch: Stretch | None


class _Group(NamedTuple):
    """Items that one decider answers."""

    decider: Decider
    # The policy's name with the reason where it is not the pool's own; empty: as decided.
    label: str
    asked: list[_Asked]


class PolicyChooser:
    """A `Chooser`: one evaluation of the model for all items of a pool."""

    def __init__(self, policies: Policies, snapshots: Snapshots, sessions: Sessions) -> None:
        self._policies, self._snapshots, self._sessions = policies, snapshots, sessions
        self._even: Lru[tuple[str, tuple[str, ...]], Decider] = Lru(_SETS)

    def choose(self, questions: Sequence[Question]) -> list[Choice]:
        """Decide for all items of a request."""
        choices: dict[int, Choice] = {}
        groups: dict[int, _Group] = {}
        for number, question in enumerate(questions):
            stretch, held = self._held(question)
            if held is not None:
                choices[number] = held
                continue
            decider, label = self._decider(question)
            group = groups.setdefault(id(decider), _Group(decider, label, []))
            group.asked.append(_Asked(number, question, stretch))
        for group in groups.values():
            for asked, decision in _decided(group):
                choices[asked.number] = self._noted(asked, group, decision)
        return [choices[number] for number in range(len(questions))]

    def _held(self, question: Question) -> tuple[Stretch | None, Choice | None]:
        """The stretch of time that the choice is for, and the choice that holds in it already."""
        if not question.category or not question.unit:
            return None, None
        seconds = self._policies.for_category(question.category).session_stable
        return self._sessions.held(question, seconds) if seconds > 0.0 else (None, None)

    def _noted(self, asked: _Asked, group: _Group, decision: Decision) -> Choice:
        stretch = asked.stretch
        hashed = stretch.seconds if stretch and stretch.hashed_from else 0.0
        choice = Choice(decision, group.label or decision.policy, hashed)
        if stretch:
            self._sessions.keep(stretch, choice)
        return choice

    def _decider(self, question: Question) -> tuple[Decider, str]:
        """Who decides, and the name to log where it is not the pool's own policy."""
        if not question.category:
            return self._evenly(question, None), NAMED
        pool = (question.merchant_id, question.category)
        policy = self._policies.for_category(question.category)
        serving = self._snapshots.serving(pool)
        if serving is None or question.features is None:
            return self._evenly(question, policy), NO_SNAPSHOT
        if not serving.known.issuperset(question.readiness.eligible):
            self._snapshots.want(pool, question.arms)
            return self._evenly(question, policy), NEW_ARM
        return serving.decider, serving.label

    def _evenly(self, question: Question, policy: PoolPolicy | None) -> Decider:
        """Every arm alike; remembered, since pools have few sets of arms."""
        category = policy.category if policy else ""
        key = (category, tuple(arm.arm_id for arm in question.arms))
        found = self._even.get(key)
        if found is None:
            rule: Rule = policy.rule if policy else "ready"
            share = policy.uniform_share if policy else 0.0
            found = even_decider(question.arms, rule=rule, uniform_share=share)
            self._even.put(key, found)
        return found


def _decided(group: _Group) -> Iterator[tuple[_Asked, Decision]]:
    contexts = _contexts(group)
    requests = [
        Request(
            decision_id=one.question.decision_id,
            context=context,
            readiness=one.question.readiness,
            unit_id=one.question.unit,
            draw_id=one.stretch.hashed_from if one.stretch else "",
        )
        for one, context in zip(group.asked, contexts, strict=True)
    ]
    return zip(group.asked, decide_all(group.decider, requests), strict=True)


def _contexts(group: _Group) -> Sequence[Floats]:
    """(d,) for each item; nothing where no model looks at it."""
    if isinstance(group.decider.policy, Uniform):
        return [_NO_CONTEXT] * len(group.asked)
    rows = [one.question.features.parts for one in group.asked if one.question.features]
    return list(dense(rows, group.decider.posterior.theta.shape[1]))
