"""Random histories for the bandit's tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kirakat.bandit.sums import Batch

MakeBatch = Callable[[int, int, int, int], Batch]


@pytest.fixture(scope="session")
def make_batch() -> MakeBatch:
    """`make_batch(seed, rows, arms, width)`: Gaussian contexts, any arm, clicks at 30 %."""

    def made(seed: int, rows: int, arms: int, width: int) -> Batch:
        generator = np.random.default_rng(seed)
        return Batch(
            contexts=generator.normal(size=(rows, width)),
            arms=generator.integers(0, arms, rows).astype(np.int64),
            rewards=(generator.random(rows) < 0.3).astype(np.float64),
        )

    return made
