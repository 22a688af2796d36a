"""Which policy a pool runs: a small typed value, from which everything else is built."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.errors import BanditError
from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.linucb_hybrid import fit_hybrid
from kirakat.bandit.policies.best_fixed import BestFixed
from kirakat.bandit.policies.epsilon_greedy import EpsilonGreedy
from kirakat.bandit.policies.greedy_ridge import GreedyRidge
from kirakat.bandit.policies.inverse_gap import InverseGap
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.policies.scores import Policy
from kirakat.bandit.policies.thompson import Thompson
from kirakat.bandit.policies.uniform import Uniform
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.prior import Prior, inherit
from kirakat.bandit.sums import LinearSums

Model = Literal["disjoint", "hybrid"]

POLICIES: dict[str, type[Any]] = {
    "uniform": Uniform,
    "best_fixed": BestFixed,
    "greedy_ridge": GreedyRidge,
    "epsilon_greedy": EpsilonGreedy,
    "linucb": LinUCB,
    "thompson": Thompson,
    "inverse_gap": InverseGap,
}


@dataclass(frozen=True, kw_only=True)
class PolicySpecification:
    """A linear model and the rule that chooses by it."""

    model: Model = "disjoint"
    policy: str = "linucb"
    # Arguments of the policy, such as {"exploration": 0.5}.
    options: dict[str, float] = field(default_factory=dict)
    prior: Prior = field(default_factory=Prior)
    # Weight that evidence keeps from one epoch of event time to the next; 1 never forgets.
    forgetting: float = 1.0

    def build(self) -> Policy:
        """The policy itself. Raises `BanditError` for an unknown name or option."""
        if self.policy not in POLICIES:
            raise BanditError(f"no policy {self.policy!r}; there are {', '.join(POLICIES)}")
        try:
            built: Policy = POLICIES[self.policy](**self.options)
        except TypeError as error:
            raise BanditError(f"policy {self.policy}: {error}") from error
        return built

    def fit(self, sums: LinearSums, arms: ArmSet) -> LinearPosterior:
        """The estimates that the evidence gives."""
        parents = tuple(
            arms.ids.index(arm.inherits_from) if arm.inherits_from in arms.ids else None
            for arm in arms.arms
        )
        informed = inherit(sums, parents, self.prior)
        if self.model == "hybrid" and arms.tags:
            return fit_hybrid(informed, arms.tag_matrix(), self.prior)
        return fit_disjoint(informed, self.prior)


def specification_from(plain: dict[str, Any]) -> PolicySpecification:
    """The inverse of `dataclasses.asdict`."""
    try:
        return PolicySpecification(**{**plain, "prior": Prior(**plain["prior"])})
    except (KeyError, TypeError) as error:
        raise BanditError(f"no policy specification: {error!r}") from error


def plain_of(specification: PolicySpecification) -> dict[str, Any]:
    """JSON-ready form."""
    return asdict(specification)
