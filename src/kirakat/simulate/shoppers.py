"""Who comes: contexts, drawn alike in every world."""

from __future__ import annotations

import numpy as np

from kirakat.bandit.sums import Floats
from kirakat.simulate.worlds import Worlds


def draw_contexts(worlds: Worlds, n: int, generator: np.random.Generator) -> Floats:
    """(n, d) contexts: 1, one-hot groups whose first values are the commonest, and numbers."""
    rows = np.arange(n)
    contexts = np.zeros((n, worlds.width))
    contexts[:, 0] = 1.0
    start = 1
    for size in worlds.groups:
        common = 1.0 / np.arange(1, size + 1) ** 0.5
        values = np.searchsorted(np.cumsum(common / common.sum()), generator.random(n))
        contexts[rows, start + np.minimum(values, size - 1)] = 1.0
        start += size
    contexts[:, start:] = generator.uniform(-1.0, 1.0, (n, worlds.numbers))
    return contexts
