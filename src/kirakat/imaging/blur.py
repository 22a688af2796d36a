"""Gaussian blur whose cost does not grow with its width."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# A wide blur is done at a resolution at which its standard deviation is this many pixels.
_COARSE_SIGMA = 4.0


def blur(
    values: NDArray[np.float32], sigma: float, sigma_y: float | None = None
) -> NDArray[np.float32]:
    """Values (h, w[, 3]) blurred by `sigma` pixels, vertically by `sigma_y` where it is given.

    Wide blurs work on a smaller picture and come back by bilinear interpolation: within 1 % of
    the full range of a blur at full size.
    """
    sigma_y = sigma if sigma_y is None else sigma_y
    height, width = values.shape[:2]
    step_x, step_y = max(int(sigma / _COARSE_SIGMA), 1), max(int(sigma_y / _COARSE_SIGMA), 1)
    if step_x == 1 and step_y == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, sigmaY=sigma_y), np.float32)
    size = (-(-width // step_x), -(-height // step_y))
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    # The exact reduction may differ from the step by the rounding of the size.
    narrow_x, narrow_y = sigma * size[0] / width, sigma_y * size[1] / height
    blurred = cv2.GaussianBlur(small, (0, 0), narrow_x, sigmaY=narrow_y)
    whole = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, np.float32)
