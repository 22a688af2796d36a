"""The table of known generators."""

from __future__ import annotations

import pytest

from kirakat.models.diffusion.known_models import default_sampling, known_model, known_models
from kirakat.models.diffusion.schedulers import SCHEDULER_NAMES
from kirakat.models.diffusion.steps import check_sampling
from kirakat.types import Sampling


@pytest.mark.parametrize("name", list(known_models()))
def test_every_entry_can_be_used(name: str) -> None:
    """A model of the table would fail only when somebody has downloaded gigabytes for it."""
    known = known_model(name)
    check_sampling(known.sampling)
    assert known.licence
    assert known.assets or (known.base.count("/") == 1 and known.native_size)
    assert known.scheduler in ("", *SCHEDULER_NAMES)
    assert bool(known.adapter) == bool(known.adapter_weights) == bool(known.image_encoder)


def test_like_takes_what_is_not_repeated() -> None:
    """The few-step variants would lack their base model."""
    assert known_model("sd15-lcm").base == known_model("sd15").base
    assert known_model("sd15-lcm").sampling.steps < known_model("sd15").sampling.steps


def test_nothing_is_presumed_of_a_folder() -> None:
    """A user's own checkpoint would be sampled like another model."""
    assert default_sampling("/models/mine") == Sampling()
