"""How many steps are scheduled and how long the ControlNet holds on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import ModelError
from kirakat.models.diffusion.steps import check_sampling, control_share, schedule_length
from kirakat.types import Sampling


@given(steps=st.integers(1, 50), strength=st.floats(0.06, 1.0))
def test_diffusers_runs_as_many_steps_as_were_asked_for(steps: int, strength: float) -> None:
    """The cost of a picture would depend on rounding, and one step could become none."""
    length = schedule_length(Sampling(steps=steps, strength=strength), 1000)
    passed_on = min(1.0, (steps + 0.5) / length)
    assert min(int(length * passed_on), length) == steps


@given(steps=st.integers(1, 50), strength=st.floats(0.06, 1.0))
def test_the_strength_run_is_the_nearest_possible(steps: int, strength: float) -> None:
    """Pictures would start from more or less noise than the recipe says."""
    length = schedule_length(Sampling(steps=steps, strength=strength), 1000)
    assert abs(steps / length - strength) <= steps / length**2 + 1e-9


def test_a_schedule_that_is_too_short_is_refused() -> None:
    """LCM's 50 steps cannot start at a small strength; the picture would start elsewhere."""
    with pytest.raises(ModelError, match="schedule of 80 steps"):
        schedule_length(Sampling(steps=8, strength=0.1), 50)


@given(steps=st.integers(1, 50), end=st.floats(0.01, 1.0))
def test_the_control_holds_for_at_least_one_step(steps: int, end: float) -> None:
    """With few steps the product's edges would never be seen."""
    share = control_share(Sampling(steps=steps, control_end=end))
    assert 1.0 / steps <= share <= 1.0


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(steps=0),
        Sampling(strength=0.0),
        Sampling(strength=1.1),
        Sampling(control_end=0.0),
        Sampling(control_scale=-1.0),
        Sampling(image_scale=-0.1),
    ],
)
def test_impossible_samplings_are_refused(sampling: Sampling) -> None:
    """A wrong recipe would fail deep inside the sampler, or draw nonsense."""
    with pytest.raises(ModelError):
        check_sampling(sampling)
