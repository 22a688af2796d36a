"""One pass over a log: each chunk is judged by what was learned before it, then learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.chunk import Chunk, Log
from kirakat.bandit.ope.doubly_robust import weigh_doubly_robust
from kirakat.bandit.ope.estimate import Answer, Requirements
from kirakat.bandit.ope.importance import weigh_ips, weigh_snips
from kirakat.bandit.ope.learn_before import Past
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.replay import weigh_replay
from kirakat.bandit.ope.tally import Tally, Weighted
from kirakat.bandit.ope.targets import Target
from kirakat.bandit.sums import Floats

Estimator = Literal["replay", "ips", "snips", "dr", "switch-dr"]
ESTIMATORS: tuple[Estimator, ...] = ("replay", "ips", "snips", "dr", "switch-dr")
LABELS: dict[Estimator, str] = {
    "replay": "replay", "ips": "IPS", "snips": "SNIPS", "dr": "DR", "switch-dr": "switch-DR",
}  # fmt: skip
# Groups that clusters are counted in: 2 MB an array, whatever the number of shoppers.
GROUPS = 1 << 18


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """How a log is judged."""

    estimators: tuple[Estimator, ...] = ESTIMATORS
    requirements: Requirements = field(default_factory=Requirements)
    # Share of the log, from its start, that only teaches; no estimate is made of it.
    train_share: float = 0.5
    # Weight above which switch-DR believes its model alone.
    switch_at: float = 20.0
    # Seconds of event time in an epoch of forgetting.
    epoch: float = 86_400.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.train_share < 1.0:
            raise BanditError(f"the share that only teaches lies in [0, 1): {self.train_share}")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one estimator says of one policy."""

    policy: str
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a log says of policies."""

    log: str
    # Decisions read, those of the first part that only taught, and those judged.
    read: int
    taught: int
    judged: int
    clicks: int
    # Among the judged: drawn evenly (what replay uses), and repeats with their clicks.
    even: int
    repeats: int
    repeat_clicks: int
    left_out: Mapping[str, int]
    # Decisions and clicks of each arm in the log, as naive as they are.
    arms: Mapping[str, tuple[int, int]]
    # The log's own policy: its click rate with the same clusters.
    logged: Answer
    findings: tuple[Finding, ...]


def evaluate(
    log: Log,
    targets: Sequence[Target],
    settings: EvaluationSettings | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Judge `targets` on the later part of a log; `progress` is told how much was read.

    A policy that learns is fitted anew before every chunk, to all chunks before it: cross-fitting
    in the order of time, so that no decision is judged by a model that saw its click. The reward
    model of DR is fitted likewise. Memory holds one chunk, the sums, and the tallies.
    """
    chosen = settings or EvaluationSettings()
    paces = {one.specification.forgetting for one in targets if one.specification is not None}
    past = Past(paces, chosen.epoch)
    judge = _Judge(targets, chosen)
    read = taught = 0
    for chunk in log.chunks():
        if read >= chosen.train_share * log.decisions:
            judge.add(chunk, past)
        else:
            taught += len(chunk.rounds)
        past.learn(chunk)
        read += chunk.read
        if progress is not None:
            progress(read)
    return judge.evaluation(log, read, taught)


class _Judge:
    """The tallies of all targets and estimators, and the counts beside them."""

    def __init__(self, targets: Sequence[Target], settings: EvaluationSettings) -> None:
        self._targets, self._settings = targets, settings
        self._tallies = {
            (target.name, estimator): Tally(LABELS[estimator], GROUPS)
            for target in targets
            for estimator in settings.estimators
        }
        self._logged = Tally("logged", GROUPS)
        self._arms: dict[str, tuple[int, int]] = {}
        self._judged = self._clicks = self._even = self._repeats = self._repeat_clicks = 0

    def add(self, chunk: Chunk, past: Past) -> None:
        """Count one chunk for every target."""
        self._count(chunk)
        expected = past.expected(chunk)
        for target in self._targets:
            known = target.specification
            fitted = None if known is None else past.fit(known, chunk)
            wished = target.probabilities(chunk, fitted)
            for estimator in self._settings.estimators:
                tally = self._tallies[target.name, estimator]
                if estimator == "replay":
                    _add_replay(tally, chunk, wished)
                else:
                    tally.add(
                        chunk.rounds,
                        wished,
                        self._weighted(estimator, chunk.rounds, wished, expected),
                    )

    def evaluation(self, log: Log, read: int, taught: int) -> Evaluation:
        """All answers."""
        requirements = self._settings.requirements
        return Evaluation(
            log=log.name,
            read=read,
            taught=taught,
            judged=self._judged,
            clicks=self._clicks,
            even=self._even,
            repeats=self._repeats,
            repeat_clicks=self._repeat_clicks,
            left_out=dict(log.left_out),
            arms=self._arms,
            logged=self._logged.answer(requirements),
            findings=tuple(
                Finding(policy=policy, answer=tally.answer(requirements))
                for (policy, _), tally in self._tallies.items()
            ),
        )

    def _count(self, chunk: Chunk) -> None:
        rounds = chunk.rounds
        own = Weighted(
            weights=np.ones(len(rounds)), model=np.zeros(len(rounds)), size=float(len(rounds))
        )
        self._logged.add(rounds, np.eye(len(chunk.arms))[rounds.arms], own)
        self._judged += len(rounds)
        self._clicks += int(rounds.rewards.sum())
        self._even += int(chunk.even.sum())
        self._repeats += int(chunk.repeats.sum())
        self._repeat_clicks += int(rounds.rewards[chunk.repeats].sum())
        shown = np.bincount(rounds.arms, minlength=len(chunk.arms))
        clicked = np.bincount(rounds.arms, weights=rounds.rewards, minlength=len(chunk.arms))
        for arm_id, more, clicks in zip(chunk.arms.ids, shown, clicked, strict=True):
            before = self._arms.get(arm_id, (0, 0))
            self._arms[arm_id] = (before[0] + int(more), before[1] + int(clicks))

    def _weighted(
        self, estimator: Estimator, rounds: LoggedRounds, wished: Floats, expected: Floats
    ) -> Weighted:
        if estimator == "ips":
            return weigh_ips(rounds, wished)
        if estimator == "snips":
            return weigh_snips(rounds, wished)
        threshold = self._settings.switch_at if estimator == "switch-dr" else np.inf
        return weigh_doubly_robust(rounds, wished, expected, threshold)


def _add_replay(tally: Tally, chunk: Chunk, wished: Floats) -> None:
    """Replay the decisions that were drawn evenly; a target that draws does so by their ids."""
    even = chunk.even
    past = wished[even].cumsum(axis=1) <= chunk.draws[even, None]
    arms = np.minimum(past.sum(axis=1), wished.shape[1] - 1)
    certain = np.eye(wished.shape[1])[arms] * (wished[even].sum(axis=1, keepdims=True) > 0.5)
    rounds = chunk.rounds.only(even)
    tally.add(rounds, certain, weigh_replay(rounds, certain))
