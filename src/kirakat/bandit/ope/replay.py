"""Replay: Li et al. (2011), "Unbiased offline evaluation of contextual-bandit-based news article
recommendation algorithms", for logs whose arms were drawn evenly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.estimate import Answer, Requirements
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.tally import Weighted, answer_once
from kirakat.bandit.sums import Floats


def replay(
    rounds: LoggedRounds, target: Floats, requirements: Requirements | None = None
) -> Answer:
    """Click rate over the decisions that a deterministic target (n, K) of 0 and 1 agrees with."""
    if not np.isin(target, (0.0, 1.0)).all():
        raise BanditError("replay needs a target that chooses one arm for certain")
    shares = 1.0 / rounds.supported.sum(axis=1)
    if not np.allclose(rounds.propensities, shares):
        raise BanditError("replay needs a log whose arms were drawn evenly; use IPS or DR")
    return answer_once("replay", rounds, target, weigh_replay(rounds, target), requirements)


def weigh_replay(rounds: LoggedRounds, target: Floats) -> Weighted:
    """1 where log and target agree."""
    weights = target[np.arange(len(rounds)), rounds.arms]
    return Weighted(weights=weights, model=np.zeros(len(rounds)), size=float(weights.sum()))


def replay_learning(
    rounds: LoggedRounds,
    choose: Callable[[int], int],
    learn: Callable[[int], None],
) -> Floats:
    """(n, K) choices of a policy that learns while it is replayed: Algorithm 2 of the paper.

    `choose(row)` gives an arm; `learn(row)` is called where that is the logged one.
    """
    target = np.zeros(rounds.supported.shape)
    for row, logged in enumerate(rounds.arms.tolist()):
        chosen = choose(row)
        target[row, chosen] = 1.0
        if chosen == logged:
            learn(row)
    return target
