"""All measurements of a case, as records that tables and files are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kirakat.errors import ModelError
from kirakat.models.diffusion.device import memory_errors
from kirakat.models.diffusion.speed.cases import Case
from kirakat.models.diffusion.speed.flops import Arithmetic
from kirakat.models.diffusion.speed.measure import (
    Bench,
    Measured,
    Pictures,
    measure_fast,
    measure_stock,
)
from kirakat.models.diffusion.speed.rows import Optimisation, Variant, together


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line: a way to draw, at one batch."""

    case: str
    name: str
    batch: int
    # None where it did not fit into memory; the other figures are 0 then.
    latency: float | None
    throughput: float = 0.0
    memory: int = 0
    warm_up: float = 0.0
    # Share of the card's peak that the picture's necessary arithmetic takes; 0 without a peak.
    share: float = 0.0
    # Time as a share of the row before's: as predicted and as measured; 0 where it says nothing.
    predicted: float = 0.0
    outcome: float = 0.0
    # Mean difference from the stock loop's pictures in 8-bit levels; None with another decoder.
    difference: float | None = None


class Measurer:
    """Measures a case's rows, remembering the stock loop's pictures."""

    def __init__(self, bench: Bench, case: Case, arithmetic: Arithmetic, peak: float) -> None:
        self._bench, self._case = bench, case
        self._arithmetic = arithmetic
        # Operations a second; 0 where it is unknown.
        self._peak = peak
        self._pictures: dict[int, Pictures] = {}

    def one_by_one(self, optimisations: Sequence[Optimisation], batch: int) -> Iterator[Row]:
        """The stock loop, then ours with one more switch on in every row."""
        before = self.stock(batch)
        yield before
        for number, one in enumerate(optimisations):
            row = self.fast(one.name, together(optimisations[: number + 1]), batch)
            predicted = one.predict(self._arithmetic, self._case, batch)
            yield _compared(row, before, predicted)
            before = row if row.latency else before

    def over_batches(
        self, optimisations: Sequence[Optimisation], batches: Sequence[int]
    ) -> Iterator[Row]:
        """The stock loop and ours with all switches on, at every batch."""
        everything = together(optimisations)
        for batch in batches:
            stock = self.stock(batch)
            yield stock
            yield _compared(self.fast("ours", everything, batch), stock, 0.0)

    def stock(self, batch: int) -> Row:
        """The diffusers pipeline."""
        try:
            with memory_errors():
                measured = measure_stock(self._bench, self._case, batch)
        except ModelError as error:
            return self._without_memory("stock diffusers", batch, error)
        self._pictures[batch] = measured.pictures
        return self._row("stock diffusers", measured, tiny_decoder=False)

    def fast(self, name: str, variant: Variant, batch: int) -> Row:
        """Our loop."""
        try:
            with memory_errors():
                measured = measure_fast(self._bench, self._case, batch, variant)
        except ModelError as error:
            return self._without_memory(name, batch, error)
        return self._row(name, measured, tiny_decoder=variant.tiny_decoder)

    def _row(self, name: str, measured: Measured, *, tiny_decoder: bool) -> Row:
        needed = self._arithmetic.picture(self._case, tiny_decoder=tiny_decoder)
        reference = None if tiny_decoder else self._pictures.get(measured.batch)
        return Row(
            case=self._case.name,
            name=name,
            batch=measured.batch,
            latency=measured.latency,
            throughput=measured.throughput,
            memory=measured.memory,
            warm_up=measured.warm_up,
            share=needed * measured.throughput / self._peak if self._peak else 0.0,
            difference=None if reference is None else _difference(measured.pictures, reference),
        )

    def _without_memory(self, name: str, batch: int, error: ModelError) -> Row:
        if not error.data.get("out_of_memory"):
            raise error
        return Row(case=self._case.name, name=name, batch=batch, latency=None)


def _compared(row: Row, before: Row, predicted: float) -> Row:
    outcome = before.throughput / row.throughput if row.throughput and before.throughput else 0.0
    return replace(row, predicted=predicted, outcome=outcome)


def _difference(ours: Pictures, theirs: Pictures) -> float:
    pairs = zip(ours, theirs, strict=True)
    return float(np.mean([np.abs(a.astype(float) - b.astype(float)).mean() for a, b in pairs]))
