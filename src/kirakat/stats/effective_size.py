"""How many equally weighted observations a weighted sample is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def effective_size(weights: NDArray[np.float64]) -> float:
    """Kish's effective sample size (1965): squared sum over sum of squares; 0 of nothing."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
