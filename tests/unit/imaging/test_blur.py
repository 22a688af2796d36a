"""The blur whose cost does not grow with its width."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.imaging.blur import blur


@given(sigma=st.floats(0.8, 30.0), squash=st.floats(0.3, 1.0), seed=st.integers(0, 99))
def test_a_wide_blur_equals_one_at_full_size(sigma: float, squash: float, seed: int) -> None:
    """If it did not, soft shadows would change their form with the size of the picture."""
    blocks = np.random.default_rng(seed).random((12, 15), np.float32)
    values = cv2.resize(blocks, (150, 120), interpolation=cv2.INTER_NEAREST)
    made = blur(np.asarray(values, np.float32), sigma, sigma * squash)
    exact = cv2.GaussianBlur(values, (0, 0), sigma, sigmaY=sigma * squash)
    assert np.abs(made - exact).max() < 0.04
    assert made.mean() == pytest.approx(float(values.mean()), abs=0.03)


def test_three_channels_stay_three() -> None:
    """If they did not, the model's change could not be added to a scene."""
    assert blur(np.zeros((40, 50, 3), np.float32), 12.0).shape == (40, 50, 3)
