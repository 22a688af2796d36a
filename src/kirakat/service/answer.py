"""Decide what one item shows, and write its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from kirakat.bandit.arms import ORIGINAL
from kirakat.service.assign import UNEXPOSED
from kirakat.service.choose import Choice, Chooser, Question
from kirakat.service.contexts import Contexts
from kirakat.service.creative_cache import Entry
from kirakat.service.decision_log import Logged
from kirakat.service.decision_record import logged_decision
from kirakat.service.demand import Demand
from kirakat.service.metrics import Metrics
from kirakat.service.moment import Moment
from kirakat.service.plans import Plan, View

NOT_MADE = "not made yet"
IN_REVIEW = "waits for a reviewer"
FULL = "too much waits to be written"
BLOBS_DOWN = "the image store is down"


class Answer(NamedTuple):
    """One item's answer and what it leaves behind."""

    # All of it but the decision's mark at its end.
    front: bytes
    status: str
    # None when the decision is not to be learned from.
    logged: Logged | None


class _Item(NamedTuple):
    """An item that a policy decides upon."""

    number: int
    plan: Plan
    view: View
    position: int | None
    question: Question


class Decider:
    """Answers items from what the caches hold; nothing here waits."""

    def __init__(
        self, chooser: Chooser, contexts: Contexts, demand: Demand, metrics: Metrics, *,
        logs_in_trouble: bool,
    ) -> None:  # fmt: skip
        """`logs_in_trouble`: decisions need no database, since their caller carries them."""
        self._chooser, self._contexts, self._demand = chooser, contexts, demand
        self._metrics, self._logs_in_trouble = metrics, logs_in_trouble

    def answer(
        self, plans: Sequence[Plan | None], positions: Sequence[int | None], moment: Moment
    ) -> dict[int, Answer]:
        """The answers to a request's items, by their number, of which anything is known."""
        answers: dict[int, Answer] = {}
        items = []
        for number, plan in enumerate(plans):
            if plan is None or plan.view is None:
                continue
            if plan.problem or plan.offer is None or plan.placement is None:
                answers[number] = _original(plan, "unavailable", plan.problem)
            elif not moment.blobs_are_up:
                answers[number] = _original(plan, "unavailable", BLOBS_DOWN)
            else:
                question = self._question(plan, plan.view, moment, number, positions[number])
                items.append(_Item(number, plan, plan.view, positions[number], question))
        choices = self._chooser.choose([item.question for item in items])
        for item, choice in zip(items, choices, strict=True):
            answers[item.number] = self._answer(item, choice, moment)
            self._metrics.decided(choice.policy)
        return answers

    def _question(
        self, plan: Plan, view: View, moment: Moment, number: int, position: int | None
    ) -> Question:
        return Question(
            f"{moment.request_id}-{number}",
            moment.merchant_id,
            plan.category,
            plan.offer.offer_id if plan.offer else "",
            plan.placement.name if plan.placement else "",
            self._contexts.facts(plan).arms,
            view.readiness,
            moment.shopper.unit,
            self._contexts.features(plan, moment.context, position),
            moment.at.timestamp(),
        )

    def _answer(self, item: _Item, choice: Choice, moment: Moment) -> Answer:
        plan, view = item.plan, item.view
        decision = choice.decision
        exposed = moment.exposures.get(item.number, UNEXPOSED)
        is_wanted = not decision.demanded or self._ask_for(plan, view, decision.demanded, moment)
        logged = None
        if is_wanted and (not moment.trouble or self._logs_in_trouble):
            logged = logged_decision(plan, item.question, choice, moment, item.position, exposed)
        if decision.chosen in view.readiness.ready:
            shown = view.entries.get(decision.chosen)
            shown_piece = shown.piece if shown else _as_arm(plan)
            return Answer(plan.head + shown_piece + exposed.piece, "ready", logged)
        piece, status = _not_ready(plan, view, decision.demanded, moment, is_wanted=is_wanted)
        return Answer(plan.head + piece + exposed.piece, status, logged)

    def _ask_for(self, plan: Plan, view: View, demanded: str, moment: Moment) -> bool:
        """Put what is missing on its way; False when there is no room for it."""
        wanted = plan.arms.get(demanded)
        if wanted is None or moment.trouble or plan.frozen:
            return True
        entry = view.entries[demanded]
        return self._demand.offer(plan, wanted, revive=bool(entry and entry.is_taken_back))


def unknown_answer(offer_id: str, reason: str) -> Answer:
    """The answer for an offer of which nothing is known."""
    return _original(Plan(offer_id, None), "unavailable", reason)


def _original(plan: Plan, status: str, reason: str) -> Answer:
    return Answer(plan.head + _piece(plan, status, None, None, reason), status, None)


def _not_ready(
    plan: Plan, view: View, demanded: str, moment: Moment, *, is_wanted: bool
) -> tuple[bytes, str]:
    wanted = plan.arms.get(demanded)
    if wanted is not None:
        if moment.trouble or plan.frozen or not is_wanted:
            reason = moment.trouble or plan.frozen or FULL
            return _piece(plan, "unavailable", wanted.key, None, reason), "unavailable"
        return _piece(plan, "pending", wanted.key, wanted.key, NOT_MADE), "pending"
    arm = min(view.entries, key=lambda name: _prospects(view.entries[name]))
    key = plan.arms[arm].key
    status, reason = _ended(view.entries[arm])
    return _piece(plan, status, key, key if status == "pending" else None, reason), status


def _prospects(entry: Entry | None) -> int:
    """0 for what may still become ready, more for what is less likely to."""
    order = ("in_review", "rejected", "dead", "stopped")
    return order.index(entry.standing) if entry and entry.standing in order else len(order)


def _ended(entry: Entry | None) -> tuple[str, str]:
    if entry is None or entry.standing == "stopped":
        return "unavailable", (entry.reason if entry else "") or "was cancelled"
    if entry.standing == "in_review":
        return "pending", IN_REVIEW
    if entry.standing == "rejected":
        return "rejected", entry.reason or "was rejected"
    # Dead ones too, as callbacks say it: nothing comes of the key unless somebody acts.
    return "rejected", entry.reason or "cannot be made"


def _as_arm(plan: Plan) -> bytes:
    """The answer's fields when the policy chose the original."""
    return _piece(plan, "ready", None, None, None, arm=ORIGINAL)


def _piece(
    plan: Plan, status: str, key: str | None, operation: str | None, reason: str | None,
    *, arm: str | None = None,
) -> bytes:  # fmt: skip
    """The answer's fields from "status" to "arm" when the original is shown."""
    key_json = b'"' + key.encode() + b'"' if key else b"null"
    path = b'"/v1/operations/' + operation.encode() + b'"' if operation else b"null"
    return b"".join((
        b',"status":"', status.encode(), b'","image_url":', plan.image_json, b',"key":', key_json,
        b',"operation":', path, b',"reason":', orjson.dumps(reason),
        b',"treatment_served":"original","arm":', orjson.dumps(arm),
    ))  # fmt: skip


def closed(answer: Answer, *, is_logged: bool, token: str = "") -> bytes:
    """The whole answer: with its decision's id where that was written down, or its token."""
    if answer.logged is None or not is_logged:
        return answer.front + b',"decision_id":null,"logged":false}'
    mark = b',"decision_id":"' + answer.logged.decision.decision_id.encode() + b'","logged":true'
    if token:
        mark += b',"token":"' + token.encode() + b'"'
    return answer.front + mark + b"}"
