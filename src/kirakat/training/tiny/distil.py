"""Teach the trained networks to draw in few steps, and to need no guidance.

Progressive distillation (Salimans & Ho, arXiv 2202.00512, Algorithm 2): a student learns to make
in one step what its teacher makes in two, stage after stage, each with half the steps. The first
teacher is guided, so that its students need one pass a step (Meng et al., arXiv 2210.03142).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kirakat.training.tiny.batches import Batch, LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.checkpoint import TrainingState
from kirakat.training.tiny.config import Distillation
from kirakat.training.tiny.ddim import ddim_step, shares, trailing_grid
from kirakat.training.tiny.diffusion import modules_of, predict_velocity
from kirakat.training.tiny.ema import Ema
from kirakat.training.tiny.objective import signal_levels
from kirakat.training.tiny.schedule import learning_rate, set_learning_rate

if TYPE_CHECKING:
    from torch import Tensor, nn

# What the student learns anew; both encoders stay its teacher's.
_LEARNS = ("unet", "controlnet")


@dataclass(frozen=True, kw_only=True)
class DistilStep:
    """What one step measured, before its update."""

    step: int
    # Steps in which the stage's student draws a picture.
    student_steps: int
    learning_rate: float
    # Mean squared error of the velocity that leads where the teacher's two steps lead.
    loss: float


def new_distillation_state(
    teacher: TinyModules, plan: Distillation, *, seed: int, device: str = "cpu"
) -> TrainingState:
    """A student that begins as its teacher; both are in the state's module."""
    import torch
    from torch import nn

    whole = teacher.together().to(device)
    module = nn.ModuleDict({"student": copy.deepcopy(whole), "teacher": whole})
    module.requires_grad_(False)
    learning = [module["student"][name] for name in _LEARNS]  # type: ignore[index]
    parameters = [weight for part in learning for weight in part.requires_grad_(True).parameters()]
    return TrainingState(
        module=module,
        optimizer=torch.optim.AdamW(parameters, lr=0.0, betas=(0.9, 0.99), weight_decay=0.0),
        ema=Ema(module["student"], plan.ema),
        rng=np.random.default_rng(seed),
    )


def distil(state: TrainingState, plan: Distillation, pool: LatentPool) -> Iterator[DistilStep]:
    """Train from `state.step` through all stages, yielding after each update.

    Stop by leaving the iteration; resume by calling again with the restored state.
    """
    import torch

    student, teacher = _networks(state.module, "student"), _networks(state.module, "teacher")
    device = next(state.module.parameters()).device
    levels = signal_levels().to(device)
    state.module.train()
    while state.step < plan.stage_steps * len(plan.stages):
        stage, within = divmod(state.step, plan.stage_steps)
        if stage and not within:
            _succeed(state)
        rate = learning_rate(
            within,
            steps=plan.stage_steps,
            warm_up=plan.warm_up,
            peak=plan.learning_rate,
            final=plan.final_learning_rate,
        )
        set_learning_rate(state.optimizer, rate)
        large = state.rng.random() < plan.large_share
        batch = pool.draw(state.rng, plan.large_batch if large else plan.batch, large=large)
        batch = batch.to(device)
        leap = draw_leap(batch, levels, plan.stages[stage], scene_start=plan.scene_start)
        guidance = plan.guidance if stage == 0 else 1.0
        with torch.autocast(device.type, torch.bfloat16, enabled=plan.bfloat16):
            with torch.no_grad():
                blank = pool.without_conditions(batch)
                wanted = two_steps(teacher, batch, blank, leap, levels, guidance)
            told = predict_velocity(student, batch, leap.latents, leap.begin).float()
        loss = (told - wanted).square().mean()
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.module["student"].parameters(), plan.gradient_clip)  # type: ignore[index]
        state.optimizer.step()
        state.ema.update(state.module["student"])  # type: ignore[index]
        state.step += 1
        yield DistilStep(
            step=state.step,
            student_steps=plan.stages[stage],
            learning_rate=rate,
            loss=float(loss.detach()),
        )


@dataclass(frozen=True, kw_only=True)
class Leap:
    """Latents (B, C, h, w) at `begin`, and the (B,) timesteps of the teacher's two steps.

    The timestep -1 is the clean picture.
    """

    latents: Tensor
    begin: Tensor
    middle: Tensor
    end: Tensor


def draw_leap(batch: Batch, levels: Tensor, student_steps: int, *, scene_start: float) -> Leap:
    """Noised latents at random steps of the student's grid ("trailing", as it will sample).

    A share `scene_start` of them is the noised product-free scene, from which img2img begins.
    """
    import torch

    count, device = len(batch.pictures), batch.pictures.device
    grid = torch.from_numpy(trailing_grid(2 * student_steps)).to(device)
    place = 2 * torch.randint(0, student_steps, (count,), device=device)
    begin = grid[place]
    from_scene = (torch.rand(count, device=device) < scene_start).view(-1, 1, 1, 1)
    clean = torch.where(from_scene, batch.scenes, batch.pictures)
    signal, spread = shares(levels, begin)
    return Leap(
        latents=signal * clean + spread * torch.randn_like(clean),
        begin=begin,
        middle=grid[place + 1],
        end=grid[place + 2],
    )


def two_steps(
    teacher: TinyModules,
    batch: Batch,
    blank: Batch,
    leap: Leap,
    levels: Tensor,
    guidance: float,
) -> Tensor:
    """The velocity (B, C, h, w) with which one DDIM step ends where two of the teacher's do."""
    halfway = ddim_step(
        teacher, (batch, blank), leap.latents, (leap.begin, leap.middle), levels, guidance
    )
    reached = ddim_step(teacher, (batch, blank), halfway, (leap.middle, leap.end), levels, guidance)
    signal, spread = shares(levels, leap.begin)
    end_signal, end_spread = shares(levels, leap.end)
    ratio = end_spread / spread
    clean = (reached - ratio * leap.latents) / (end_signal - ratio * signal)
    velocity: Tensor = (signal * leap.latents - clean) / spread
    return velocity


def _succeed(state: TrainingState) -> None:
    """Make the student's average the next stage's teacher, and let the student begin from it."""
    for name in ("student", "teacher"):
        state.ema.copy_to(state.module[name])  # type: ignore[index]
    state.optimizer.state.clear()
    state.ema.updates = 0


def _networks(module: nn.Module, name: str) -> TinyModules:
    return modules_of(module[name])  # type: ignore[index]
