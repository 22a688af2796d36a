"""Inverse propensity scoring: IPS (Horvitz and Thompson, 1952) and SNIPS (Swaminathan and
Joachims, 2015).
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.ope.estimate import Answer, Requirements
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.tally import Weighted, answer_once
from kirakat.bandit.sums import Floats


def ips(rounds: LoggedRounds, target: Floats, requirements: Requirements | None = None) -> Answer:
    """Mean of w r, w = target probability over propensity; `target` is (n, K)."""
    return answer_once("IPS", rounds, target, weigh_ips(rounds, target), requirements)


def snips(rounds: LoggedRounds, target: Floats, requirements: Requirements | None = None) -> Answer:
    """Sum of w r over sum of w: less variance than IPS, and a bias that fades with n."""
    return answer_once("SNIPS", rounds, target, weigh_snips(rounds, target), requirements)


def weigh_ips(rounds: LoggedRounds, target: Floats) -> Weighted:
    """The weights of IPS."""
    weights = rounds.weights(target)
    return Weighted(weights=weights, model=np.zeros(len(rounds)), size=float(len(rounds)))


def weigh_snips(rounds: LoggedRounds, target: Floats) -> Weighted:
    """The weights of SNIPS."""
    weights = rounds.weights(target)
    return Weighted(weights=weights, model=np.zeros(len(rounds)), size=float(weights.sum()))
