"""A run in numbers, counted one offer at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from kirakat.types import OfferResult, Recipe, Verdict


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What is known of a run before it starts."""

    recipe: Recipe
    # Such as "kirakat-tiny".
    generator: str
    # The command line, for the report and for repeating the run.
    command: str


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A run in numbers."""

    recipe: Recipe
    generator: str
    command: str
    started: datetime
    finished: datetime
    # Whether every offer was reached; False after an interrupt.
    complete: bool
    # Offers with a result, whatever came of them.
    offers: int
    # All creatives, of which `cached` came from a cache.
    creatives: int
    cached: int
    verdicts: Mapping[Verdict, int]
    # Feed rows, images and creatives that came to nothing.
    rejected: int
    # Machine time: wall-clock seconds of every creative's steps, added up.
    seconds_by_step: Mapping[str, float]
    # Offers by (category, what told it), most frequent first.
    categories: Mapping[tuple[str, str], int]

    @property
    def made(self) -> int:
        """Creatives that no cache had."""
        return self.creatives - self.cached

    @property
    def seconds_per_creative(self) -> float | None:
        """Machine seconds for each creative made; None when none was."""
        return sum(self.seconds_by_step.values()) / self.made if self.made else None


class RunTally:
    """Counts results without keeping them."""

    def __init__(self) -> None:
        self._offers = 0
        self._cached = 0
        self._rejected = 0
        self._verdicts: Counter[Verdict] = Counter()
        self._seconds: Counter[str] = Counter()
        self._categories: Counter[tuple[str, str]] = Counter()

    def add(self, result: OfferResult) -> None:
        """Count an offer."""
        self._offers += 1
        self._cached += result.cached
        self._rejected += len(result.rejections)
        self._categories[result.category, result.category_from] += 1
        for creative in result.creatives:
            self._verdicts[creative.gate.verdict] += 1
            for step, seconds in creative.seconds.items():
                # Counter's values are typed int, but it adds floats.
                self._seconds[step] += seconds  # type: ignore[assignment]

    def reject(self) -> None:
        """Count a rejection that belongs to no result, such as a feed row's."""
        self._rejected += 1

    def summary(
        self, info: RunInfo, *, started: datetime, finished: datetime, complete: bool = True
    ) -> RunSummary:
        """The counts so far."""
        return RunSummary(
            recipe=info.recipe,
            generator=info.generator,
            command=info.command,
            started=started,
            finished=finished,
            complete=complete,
            offers=self._offers,
            creatives=self._verdicts.total(),
            cached=self._cached,
            verdicts={verdict: self._verdicts[verdict] for verdict in get_args(Verdict)},
            rejected=self._rejected,
            seconds_by_step={step: float(spent) for step, spent in self._seconds.items()},
            categories=dict(self._categories.most_common()),
        )


def summarise(
    results: Iterable[OfferResult], info: RunInfo, *, started: datetime, finished: datetime
) -> RunSummary:
    """A run in numbers, from all that came of its offers; reads the iterable once."""
    tally = RunTally()
    for result in results:
        tally.add(result)
    return tally.summary(info, started=started, finished=finished)
