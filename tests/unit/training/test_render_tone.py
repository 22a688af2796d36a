"""Tone mapping keeps highlights and order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.training.render.palettes import encode, linear
from kirakat.training.render.tone import exposure_gain, luminance, tone_map


def test_bright_light_does_not_clip() -> None:
    """Sunlit patches would be blown out."""
    light = np.full((2, 2, 3), 3.0)
    assert tone_map(light, 1.0).max() < 255


@given(st.lists(st.floats(0.0, 20.0), min_size=2, max_size=40))
def test_brighter_light_is_never_darker_on_display(levels: list[float]) -> None:
    """Bright edges would turn into dark halos."""
    ordered = np.sort(np.array(levels))
    shown = tone_map(np.repeat(ordered[None, :, None], 3, axis=2), 1.0)[0, :, 0]
    assert (np.diff(shown.astype(int)) >= 0).all()


def test_gain_brings_the_percentile_to_the_level() -> None:
    """Pale scenes would come out grey."""
    light = np.random.default_rng(0).random((40, 40, 3))
    gain = exposure_gain(light, 0.5)
    assert np.percentile(luminance(light * gain), 92) == pytest.approx(0.5)


@given(st.floats(0.0, 1.0))
def test_encode_inverts_linear(value: float) -> None:
    """Palette colours would drift."""
    back = encode(linear(np.array([value])))
    assert back[0] == pytest.approx(value, abs=1e-5)
