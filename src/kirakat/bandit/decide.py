"""Decisions: which arm to show, with the propensity to log, and what to ask for beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kirakat.bandit.arms import ORIGINAL, Arm, ArmSet, Readiness
from kirakat.bandit.draw import draw_from, uniform_draw
from kirakat.bandit.policies.scores import Policy
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.shares import Row, Shares
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
    # Computes probabilities, and remembers those that come again.
    shares: Shares = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shares = Shares(self.arms, self.posterior, self.policy, self.exposure)
        object.__setattr__(self, "shares", shares)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be decided."""

    decision_id: str
    # (d,) encoded features.
    context: Floats
    readiness: Readiness
    # The shopper's pseudonym; empty: every decision is its own unit.
    unit_id: str = ""
    # What the draw is hashed from, where it is not the decision (`bandit.sessions`).
    draw_id: str = ""


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
    """Choose an arm. The same decider and request always give the same decision.

    Raises `BanditError` for an arm that the decider does not know.
    """
    return decide_all(decider, (request,))[0]


def decide_all(decider: Decider, requests: Sequence[Request]) -> list[Decision]:
    """`decide` for each request: bit for bit the same, in one evaluation of the model."""
    is_uniform = isinstance(decider.policy, Uniform)
    buckets = [_in_bucket(decider, request) for request in requests]
    rows = []
    for number, request in enumerate(requests):
        even = is_uniform or buckets[number]
        rows.append(Row(number, _choices(decider, request), is_even=even))
        rows.append(Row(number, request.readiness.missing, is_even=even))
    found = decider.shares.of(rows, [request.context for request in requests])
    return [
        _decided(decider, request, buckets[number], found[2 * number], found[2 * number + 1])
        for number, request in enumerate(requests)
    ]


def even_decider(
    arms: Sequence[Arm], *, rule: Rule = "ready", uniform_share: float = 0.0
) -> Decider:
    """A decider without a model, which takes every arm alike; it looks at no context."""
    count = len(arms)
    unknown = LinearPosterior(
        theta=np.zeros((count, 0)), spread=np.zeros((count, 0, 0)), evidence=np.zeros(count),
        clicks=np.zeros(count), ctr=0.0,
    )  # fmt: skip
    return Decider(
        arms=ArmSet(tuple(arms)), posterior=unknown, policy=Uniform(), rule=rule,
        uniform_share=uniform_share,
    )  # fmt: skip


def replay(decision: Decision, draw_id: str = "") -> str:
    """The arm that a logged decision's own probabilities and id (or `draw_id`) lead to."""
    return _drawn(decision.probabilities, "choose", draw_id or decision.decision_id)


def in_uniform_bucket(share: float, unit_id: str, decision_id: str) -> bool:
    """Whether a unit's arms (without one: this decision's) are always drawn evenly."""
    return uniform_draw("uniform-bucket", unit_id or decision_id) < share


def _in_bucket(decider: Decider, request: Request) -> bool:
    return in_uniform_bucket(decider.uniform_share, request.unit_id, request.decision_id)


def _choices(decider: Decider, request: Request) -> tuple[str, ...]:
    readiness = request.readiness
    return readiness.ready if decider.rule == "ready" else readiness.eligible


def _decided(
    decider: Decider,
    request: Request,
    in_bucket: bool,
    probabilities: dict[str, float],
    wanted: dict[str, float],
) -> Decision:
    readiness, draw_id = request.readiness, request.draw_id or request.decision_id
    chosen = _drawn(probabilities, "choose", draw_id) or ORIGINAL
    missed = chosen in readiness.missing
    return Decision(
        decision_id=request.decision_id,
        eligible=readiness.eligible,
        ready=readiness.ready,
        probabilities=probabilities or {ORIGINAL: 1.0},
        chosen=chosen,
        served=ORIGINAL if missed else chosen,
        propensity=probabilities.get(chosen, 1.0),
        demanded=chosen if missed else _drawn(wanted, "demand", request.decision_id),
        in_uniform_bucket=in_bucket,
        policy=Uniform.name if in_bucket else decider.policy.name,
        policy_version=decider.policy_version,
        feature_version=decider.feature_version,
    )


def _drawn(probabilities: dict[str, float], purpose: str, draw_id: str) -> str:
    if len(probabilities) < 2:
        return next(iter(probabilities), "")
    return draw_from(probabilities, purpose, draw_id)
