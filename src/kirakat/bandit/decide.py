"""One decision: which arm to show, with the propensity to log, and what to ask for beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kirakat.bandit.arms import ORIGINAL, ArmSet, Readiness
from kirakat.bandit.draw import draw, uniform_draw
from kirakat.bandit.errors import BanditError
from kirakat.bandit.policies.scores import Policy, scores_of
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure, exact, limited
from kirakat.bandit.sums import Floats

# "ready": choose among what can be shown. "literal": the paper's rule, choose among all eligible
# arms and serve the original where the choice is not ready.
Rule = Literal["ready", "literal"]


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Everything that a decision depends on besides the request: what a snapshot holds."""

    arms: ArmSet
    posterior: LinearPosterior
    policy: Policy
    exposure: Exposure = field(default_factory=Exposure)
    rule: Rule = "ready"
    # Share of units whose arms are always drawn evenly; chosen by hash, so it stays the same.
    uniform_share: float = 0.05
    policy_version: str = ""
    feature_version: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be decided."""

    decision_id: str
    # (d,) encoded features.
    context: Floats
    readiness: Readiness
    # The shopper's pseudonym; empty: every decision is its own unit.
    unit_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided, and all that an estimate needs later."""

    decision_id: str
    eligible: tuple[str, ...]
    ready: tuple[str, ...]
    # Probability of every arm that could be chosen; they sum to exactly 1.
    probabilities: dict[str, float]
    chosen: str
    # What is shown: `chosen`, or the original where that is not ready.
    served: str
    # Probability that the logging policy gave `chosen`.
    propensity: float
    # The next missing creative to ask for, drawn by the same policy; empty when none is missing.
    demanded: str
    in_uniform_bucket: bool
    # Name and version of the policy that decided.
    policy: str
    policy_version: str
    feature_version: str


def decide(decider: Decider, request: Request) -> Decision:
    """Choose an arm. The same decider and request always give the same decision."""
    readiness = request.readiness
    choices = readiness.ready if decider.rule == "ready" else readiness.eligible
    bucket = uniform_draw("uniform-bucket", request.unit_id or request.decision_id)
    in_bucket = bucket < decider.uniform_share
    policy: Policy = Uniform() if in_bucket else decider.policy
    probabilities = distribution(decider, policy, request.context, choices)
    chosen = _drawn(probabilities, "choose", request.decision_id) or ORIGINAL
    wanted = distribution(decider, policy, request.context, readiness.missing)
    missed = chosen in readiness.missing
    demanded = chosen if missed else _drawn(wanted, "demand", request.decision_id)
    return Decision(
        decision_id=request.decision_id,
        eligible=readiness.eligible,
        ready=readiness.ready,
        probabilities=probabilities or {ORIGINAL: 1.0},
        chosen=chosen,
        served=ORIGINAL if missed else chosen,
        propensity=probabilities.get(chosen, 1.0),
        demanded=demanded,
        in_uniform_bucket=in_bucket,
        policy=policy.name,
        policy_version=decider.policy_version,
        feature_version=decider.feature_version,
    )


def distribution(
    decider: Decider, policy: Policy, context: Floats, choices: tuple[str, ...]
) -> dict[str, float]:
    """Probabilities of `choices` in the arm set's order, summing to exactly 1; empty for none."""
    if not choices:
        return {}
    mask = decider.arms.mask(choices)
    if int(mask.sum()) != len(set(choices)):
        unknown = sorted(set(choices) - set(decider.arms.ids))
        raise BanditError(f"the policy knows no arm {unknown}", arms=unknown)
    ready = mask[None, :]
    scores = scores_of(decider.posterior, np.atleast_2d(context), ready)
    wished = policy.probabilities(scores)
    if not isinstance(policy, Uniform):
        wished = limited(wished, ready, decider.posterior.evidence, decider.exposure)
    shares = exact(wished[0])
    return {arm: float(shares[i]) for i, arm in enumerate(decider.arms.ids) if mask[i]}


def replay(decision: Decision) -> str:
    """The arm that a logged decision's own probabilities and id lead to."""
    return _drawn(decision.probabilities, "choose", decision.decision_id)


def _drawn(probabilities: dict[str, float], purpose: str, decision_id: str) -> str:
    if not probabilities:
        return ""
    names = list(probabilities)
    return names[draw(np.array([probabilities[name] for name in names]), purpose, decision_id)]
