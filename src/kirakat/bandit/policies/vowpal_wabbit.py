"""Vowpal Wabbit's contextual bandit behind the same batches (extra `vw`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.sums import Floats, Indices
from kirakat.errors import MissingExtraError


@dataclass(frozen=True, kw_only=True)
class VowpalWabbitSettings:
    """What Vowpal Wabbit is started with."""

    # Any exploration of `--cb_explore_adf`.
    arguments: str = "--cb_explore_adf --squarecb --gamma_scale 1000 -q ::"


class VowpalWabbit:
    """Chooses by Vowpal Wabbit's own probabilities and learns from logged decisions.

    It keeps its own weights: its state neither merges nor goes into a snapshot of Kirakat.
    """

    name = "Vowpal Wabbit"

    def __init__(self, settings: VowpalWabbitSettings | None = None) -> None:
        try:
            from vowpalwabbit import Workspace
        except ModuleNotFoundError as error:
            raise MissingExtraError("vowpalwabbit", "vw") from error
        chosen = settings or VowpalWabbitSettings()
        self._workspace: Any = Workspace(f"{chosen.arguments} --quiet")

    def probabilities(self, contexts: Floats, ready: NDArray[np.bool_]) -> Floats:
        """(n, K) for contexts (n, d) and `ready` (n, K)."""
        result = np.zeros(ready.shape)
        for row, context in enumerate(contexts):
            arms = np.flatnonzero(ready[row])
            told = np.array(self._workspace.predict(_example(context, arms)))
            result[row, arms] = told / told.sum()
        return result

    def learn(
        self,
        contexts: Floats,
        ready: NDArray[np.bool_],
        arms: Indices,
        rewards: Floats,
        propensities: Floats,
    ) -> None:
        """Learn decisions: chosen `arms`, clicks and logged propensities, all (n,)."""
        for row, context in enumerate(contexts):
            label = (int(arms[row]), float(rewards[row]), float(propensities[row]))
            self._workspace.learn(_example(context, np.flatnonzero(ready[row]), label))

    def close(self) -> None:
        """Free the native workspace."""
        self._workspace.finish()


def _example(
    context: Floats, arms: NDArray[np.intp], label: tuple[int, float, float] | None = None
) -> list[str]:
    """Lines of VW's text format: the shared context, then one line a ready arm."""
    used = np.flatnonzero(context)
    lines = ["shared |x " + " ".join(f"{i}:{context[i]:.6g}" for i in used)]
    for arm in arms:
        cost = ""
        if label is not None and label[0] == arm:
            cost = f"0:{-label[1]:g}:{label[2]:.8g} "
        lines.append(f"{cost}|a arm{arm}")
    return lines
