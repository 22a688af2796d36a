"""Decide what one item shows, and write its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from kirakat.service.choose import ORIGINAL, Choice, Chooser, Question
from kirakat.service.creative_cache import Entry
from kirakat.service.decision_log import DecisionLog
from kirakat.service.demand import Demand
from kirakat.service.plans import Plan, View
from kirakat.store.quick_decisions import WrittenDecision

NOT_MADE = "not made yet"
IN_REVIEW = "waits for a reviewer"
FULL = "too much waits to be written"
BLOBS_DOWN = "the image store is down"


class Moment(NamedTuple):
    """What all items of one request share."""

    merchant_id: str
    request_id: str
    context: Mapping[str, Any]
    user: str
    at: datetime
    recipe: str
    # What is down, so that nothing is written or no creative is shown; empty when all is well.
    trouble: str
    blobs_are_up: bool


class Answer(NamedTuple):
    """One item's answer and what it leaves behind."""

    body: bytes
    status: str
    # None when the decision is not to be learned from.
    decision: WrittenDecision | None


class Decider:
    """Answers items from what the caches hold; nothing here waits."""

    def __init__(self, chooser: Chooser, demand: Demand, decisions: DecisionLog) -> None:
        self._chooser, self._demand, self._decisions = chooser, demand, decisions

    def answer(
        self, plan: Plan, view: View, moment: Moment, number: int, position: int | None
    ) -> Answer:
        """The answer to item `number`, whose arms stand as `view` says."""
        if plan.problem or plan.offer is None or plan.placement is None:
            return _original(plan, "unavailable", plan.problem)
        if not moment.blobs_are_up:
            return _original(plan, "unavailable", BLOBS_DOWN)
        ready = view.ready
        decision_id = f"{moment.request_id}-{number}"
        question = Question(
            decision_id, moment.merchant_id, plan.offer.offer_id, plan.placement.name,
            view.eligible, ready, position, moment.context, moment.user,
        )  # fmt: skip
        choice = self._chooser.choose(question)
        is_wanted = not choice.demanded or self._ask_for(plan, view, choice, moment)
        logs = is_wanted and not moment.trouble
        decision = _written(plan, question, choice, moment) if logs else None
        mark = _mark(decision_id if logs else None)
        if choice.chosen in ready:
            shown = view.entries[choice.chosen]
            piece = shown.piece if shown else b""
            return Answer(plan.head + piece + mark, "ready", decision)
        piece, status = _not_ready(plan, view, choice, moment, is_wanted=is_wanted)
        return Answer(plan.head + piece + mark, status, decision)

    def _ask_for(self, plan: Plan, view: View, choice: Choice, moment: Moment) -> bool:
        """Put what is missing on its way; False when there is no room for it."""
        wanted = plan.arms.get(choice.demanded)
        if wanted is None or moment.trouble:
            return True
        entry = view.entries[choice.demanded]
        return self._demand.offer(plan, wanted, revive=bool(entry and entry.is_taken_back))


def unknown_answer(offer_id: str, reason: str) -> bytes:
    """The answer for an offer of which nothing is known."""
    return _original(Plan(offer_id, None), "unavailable", reason).body


def _original(plan: Plan, status: str, reason: str) -> Answer:
    piece = _piece(plan, status, None, None, reason)
    return Answer(plan.head + piece + _mark(None), status, None)


def _not_ready(
    plan: Plan, view: View, choice: Choice, moment: Moment, *, is_wanted: bool
) -> tuple[bytes, str]:
    wanted = plan.arms.get(choice.demanded)
    if wanted is not None:
        if moment.trouble or not is_wanted:
            reason = moment.trouble or FULL
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
    return "unavailable", entry.reason or "cannot be made"


def _piece(plan: Plan, status: str, key: str | None, operation: str | None, reason: str) -> bytes:
    """The answer's fields from "status" to "arm" when the original is shown."""
    key_json = b'"' + key.encode() + b'"' if key else b"null"
    path = b'"/v1/operations/' + operation.encode() + b'"' if operation else b"null"
    return b"".join((
        b',"status":"', status.encode(), b'","image_url":', plan.image_json, b',"key":', key_json,
        b',"operation":', path, b',"reason":', orjson.dumps(reason),
        b',"treatment_served":"original","arm":null',
    ))  # fmt: skip


def _mark(decision_id: str | None) -> bytes:
    if decision_id is None:
        return b',"decision_id":null,"logged":false}'
    return b',"decision_id":"' + decision_id.encode() + b'","logged":true}'


def _written(plan: Plan, question: Question, choice: Choice, moment: Moment) -> WrittenDecision:
    """The decision as it is logged: all that an estimate needs later, and no shopper."""
    chosen = plan.arms.get(choice.chosen) if choice.chosen in question.ready else None
    record = {
        "eligible": question.eligible,
        "ready": question.ready,
        "probabilities": choice.probabilities,
        "chosen": choice.chosen,
        "served": choice.chosen if chosen else ORIGINAL,
        "propensity": choice.probabilities.get(choice.chosen, 1.0),
        "demanded": choice.demanded,
        "policy": choice.policy,
        "policy_version": choice.policy_version,
        "feature_version": choice.feature_version,
        "offer_id": question.offer_id,
        "placement": question.placement,
        "treatment": plan.treatment,
        "key": chosen.key if chosen else "",
        "position": question.position,
        "recipe": moment.recipe,
    }
    text = orjson.dumps(record).decode()
    return WrittenDecision(question.decision_id, moment.merchant_id, text, moment.at)
