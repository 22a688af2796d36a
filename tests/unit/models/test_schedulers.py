"""Samplers by name."""

from __future__ import annotations

from typing import Any

import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.schedulers import check_scheduler, longest_schedule, make_scheduler

diffusers: Any = pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")


def _trained(**options: Any) -> Any:
    return diffusers.DDIMScheduler(beta_schedule="scaled_linear", **options).config


@pytest.mark.parametrize("name", ["dpm++", "euler", "lcm", "unipc", "tcd"])
def test_the_training_schedule_is_kept(name: str) -> None:
    """Pictures of a checkpoint would be denoised along another noise schedule than its own."""
    trained = _trained(prediction_type="v_prediction", beta_end=0.012)
    config = make_scheduler(name, trained, {}).config
    assert (config["prediction_type"], config["beta_end"]) == ("v_prediction", 0.012)


def test_options_replace_what_was_trained_with() -> None:
    """SDXL-Lightning would run on the wrong timesteps."""
    scheduler = make_scheduler("euler", _trained(), {"timestep_spacing": "trailing"})
    assert scheduler.config["timestep_spacing"] == "trailing"


def test_flow_matching_needs_a_sampler_that_knows_it() -> None:
    """A flow-matching checkpoint would draw noise."""
    with pytest.raises(ModelError, match="flow-matching"):
        make_scheduler("ddim", {"prediction_type": "flow_prediction"}, {})


def test_a_checkpoint_with_an_alien_scheduler_says_so() -> None:
    """It would fail in the middle of its first picture."""
    with pytest.raises(ModelError, match="use_flow_sigmas"):
        check_scheduler(diffusers.FlowMatchEulerDiscreteScheduler())


def test_lcm_has_the_shortest_schedule() -> None:
    """A low strength would ask LCM for more steps than it knows."""
    assert longest_schedule(make_scheduler("lcm", _trained(), {})) == 50
    assert longest_schedule(make_scheduler("ddim", _trained(), {})) == 1000
