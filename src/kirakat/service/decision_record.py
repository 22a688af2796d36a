"""A decision as it is logged: all that an estimate needs later; what is personal lies beside it."""

from __future__ import annotations

import orjson

from kirakat.bandit.arms import ORIGINAL
from kirakat.service.assign import UNEXPOSED, Exposure
from kirakat.service.choose import Choice, Question
from kirakat.service.decision_log import Logged
from kirakat.service.moment import Moment
from kirakat.service.plans import Plan, treatment_of
from kirakat.store.decision_contexts import WrittenContext
from kirakat.store.quick_decisions import WrittenDecision


def logged_decision(
    plan: Plan,
    question: Question,
    choice: Choice,
    moment: Moment,
    position: int | None,
    exposed: Exposure = UNEXPOSED,
) -> Logged:
    """The rows of one decision."""
    decision = choice.decision
    shown = plan.arms.get(decision.served) if decision.served in question.readiness.ready else None
    record = {
        "eligible": decision.eligible,
        "ready": decision.ready,
        "probabilities": decision.probabilities,
        "chosen": decision.chosen,
        "served": decision.served,
        "propensity": decision.propensity,
        "demanded": decision.demanded,
        "policy": choice.policy,
        "policy_version": decision.policy_version,
        "feature_version": question.features.label if question.features else "",
        "category": question.category,
        "in_uniform_bucket": decision.in_uniform_bucket,
        "repeat": choice.repeat,
        "stretch": choice.stretch,
        "catalog": moment.catalog,
        "offer_id": question.offer_id,
        "placement": question.placement,
        "treatment": _treatment(plan, decision.served),
        "key": shown.key if shown else "",
        "position": position,
        "recipe": plan.recipe.label if plan.recipe else moment.recipe,
        "assignment": exposed.assignment,
    }
    if exposed.assignment:
        record |= {"all_ready": exposed.all_ready, "item_category": exposed.category}
    name, at = question.decision_id, moment.at
    text = orjson.dumps(record).decode()
    written = WrittenDecision(name, moment.merchant_id, text, at)
    return Logged(written, _context(question, moment))


def _context(question: Question, moment: Moment) -> WrittenContext:
    """Nothing of a shopper who did not consent, and so nothing to learn from."""
    name, features = question.decision_id, question.features
    if features is None or not moment.shopper.consent:
        return WrittenContext(name, moment.merchant_id, question.unit, "", "", moment.at)
    return WrittenContext(
        name, moment.merchant_id, question.unit, features.columns_json, features.storable_json,
        moment.at,
    )  # fmt: skip


def _treatment(plan: Plan, served: str) -> str:
    """What was asked for; the arm's own where a pool has arms beside its prompts."""
    candidate = plan.arms.get(served)
    if candidate is not None:
        return treatment_of(plan, candidate)
    return ORIGINAL if served in plan.always else plan.treatment
