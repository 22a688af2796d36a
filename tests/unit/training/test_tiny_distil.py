"""Distillation: what the student is taught is what its teacher does in two steps."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.dataset import list_renders
from kirakat.training.tiny.sketches import write_sketches
from kirakat.training.tiny.smallest import smallest_config

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from kirakat.training.tiny.build import build_autoencoder, build_modules  # noqa: E402
from kirakat.training.tiny.checkpoint import load_state, save_state  # noqa: E402
from kirakat.training.tiny.ddim import trailing_grid  # noqa: E402
from kirakat.training.tiny.diffusion import predict_velocity  # noqa: E402
from kirakat.training.tiny.distil import (  # noqa: E402
    distil,
    draw_leap,
    new_distillation_state,
    two_steps,
)
from kirakat.training.tiny.latents import encode_render  # noqa: E402
from kirakat.training.tiny.objective import scheduler_settings, signal_levels  # noqa: E402
from kirakat.training.tiny.tokenizer import tokenise, train_tokenizer  # noqa: E402

if TYPE_CHECKING:
    from kirakat.training.tiny.build import TinyModules
    from kirakat.training.tiny.checkpoint import TrainingState

CONFIG = smallest_config()
PLAN = CONFIG.distillation
# The library's sampler turns a tensor into an array in a way that numpy is leaving behind.
OLD_ARRAYS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> LatentPool:
    """A few encoded sketches."""
    folder = tmp_path_factory.mktemp("renders")
    write_sketches(folder, range(3), CONFIG.data.picture, seed=0)
    renders = list_renders(folder)
    tokenizer = train_tokenizer([one.caption() for one in renders], CONFIG.text.vocabulary, 77)
    vae = build_autoencoder(CONFIG.autoencoder, CONFIG.data.picture).eval()
    pool = LatentPool(partial(tokenise, tokenizer), CONFIG.diffusion_training)
    pool.add(encode_render(one, vae, CONFIG.vision.picture, 0) for one in renders)
    return pool


def _teacher() -> TinyModules:
    torch.manual_seed(0)
    return build_modules(CONFIG)


def _state() -> TrainingState:
    return new_distillation_state(_teacher(), PLAN, seed=0)


def _sampler(settings: dict[str, object]) -> Any:
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(**settings)  # type: ignore[no-untyped-call]


@OLD_ARRAYS
@pytest.mark.parametrize("steps", [4, 8, 16])
def test_the_grid_is_the_samplers(steps: int) -> None:
    """If it were not, the student would be asked at timesteps that it never learnt."""
    sampler = _sampler(scheduler_settings())
    sampler.set_timesteps(steps)
    assert trailing_grid(steps)[:-1].tolist() == sampler.timesteps.tolist()


@OLD_ARRAYS
def test_one_student_step_ends_where_two_of_the_teacher_end(pool: LatentPool) -> None:
    """If it did not, every stage would teach another picture than the one before drew."""
    teacher, levels = _teacher(), signal_levels()
    batch = pool.draw(np.random.default_rng(0), 1, large=False)
    torch.manual_seed(3)
    leap = draw_leap(batch, levels, 4, scene_start=0.0)
    with torch.no_grad():
        wanted = two_steps(teacher, batch, batch, leap, levels, 1.0)
        settings = {**scheduler_settings(), "rescale_betas_zero_snr": False, "solver_order": 1}
        betas = 1 - levels.double() / torch.cat([torch.ones(1), levels[:-1]]).double()
        sampler = _sampler({**settings, "trained_betas": betas.clamp(max=0.999999).tolist()})
        sampler.set_timesteps(8)
        latents = leap.latents
        start = sampler.timesteps.tolist().index(int(leap.begin[0]))
        sampler.set_begin_index(start)
        for time in sampler.timesteps[start : start + 2]:
            velocity = predict_velocity(teacher, batch, latents, time[None])
            latents = sampler.step(velocity, time, latents).prev_sample
        begin, end = int(leap.begin[0]), int(leap.end[0])
        signal, spread = levels[begin].sqrt(), (1 - levels[begin]).sqrt()
        end_level = levels[end] if end >= 0 else torch.tensor(1.0)
        clean, noise = (
            signal * leap.latents - spread * wanted,
            spread * leap.latents + signal * wanted,
        )
        reached = end_level.sqrt() * clean + (1 - end_level).sqrt() * noise
    assert torch.allclose(reached, latents, atol=2e-3)


def test_guidance_is_learnt_only_in_the_first_stage(pool: LatentPool) -> None:
    """If it were applied again, pictures would grow harsher with every stage."""
    losses = {}
    for guidance in (1.0, 8.0):
        torch.manual_seed(0)
        plan = dataclasses.replace(
            PLAN, guidance=guidance, learning_rate=0.0, final_learning_rate=0.0
        )
        losses[guidance] = [step.loss for step in distil(_state(), plan, pool)]
    first, last = slice(0, PLAN.stage_steps), slice(PLAN.stage_steps, None)
    assert losses[1.0][first] != losses[8.0][first]
    assert losses[1.0][last] == pytest.approx(losses[8.0][last], rel=1e-5)


def test_the_encoders_stay_the_teachers(pool: LatentPool) -> None:
    """If they moved, the student would read prompts in another way than its teacher."""
    state = _state()
    list(distil(state, PLAN, pool))
    networks = cast("Any", state.module)
    student, teacher = networks["student"], networks["teacher"]
    for name, kept in (("text_encoder", True), ("image_encoder", True), ("unet", False)):
        pairs = zip(student[name].parameters(), teacher[name].parameters(), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs) is kept


def test_a_stopped_distillation_goes_on_as_if_never_stopped(
    pool: LatentPool, tmp_path: Path
) -> None:
    """If it did not, a stop at night would cost the night, or worse, change the model."""
    torch.manual_seed(0)
    whole = [step.loss for step in distil(_state(), PLAN, pool)]
    torch.manual_seed(0)
    state = _state()
    steps = distil(state, PLAN, pool)
    begun = [next(steps).loss for _ in range(PLAN.stage_steps)]
    save_state(state, tmp_path / "distilled.pt")
    resumed = _state()
    load_state(resumed, tmp_path / "distilled.pt")
    assert begun + [step.loss for step in distil(resumed, PLAN, pool)] == whole
