"""The sampling loop: as in the diffusers pipelines, with nothing in it that could stand outside."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from kirakat.models.diffusion.fast.networks import Given
from kirakat.models.diffusion.fast.runner import Runner
from kirakat.models.diffusion.schedulers import longest_schedule
from kirakat.models.diffusion.steps import control_share, schedule_length
from kirakat.types import Sampling


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A batch's own scheduler, set up, and the times at which the networks are run."""

    scheduler: Any
    # On the CPU, where schedulers look them up without waiting for the device.
    timesteps: Tensor


def from_noise(scheduler: Any, sampling: Sampling) -> Schedule:
    """The whole schedule."""
    own = copy.deepcopy(scheduler)
    own.set_timesteps(sampling.steps, device="cpu")
    return Schedule(scheduler=own, timesteps=own.timesteps)


def from_picture(scheduler: Any, sampling: Sampling) -> Schedule:
    """The last steps of a longer schedule, which start at the sampling's strength."""
    own = copy.deepcopy(scheduler)
    length = schedule_length(sampling, longest_schedule(own))
    own.set_timesteps(length, device="cpu")
    begin = length - sampling.steps
    # Some look their place up by the time instead.
    if hasattr(own, "set_begin_index"):
        own.set_begin_index(begin)
    return Schedule(scheduler=own, timesteps=own.timesteps[begin:])


def first_latents(
    schedule: Schedule,
    generators: Sequence[torch.Generator],
    *,
    size: tuple[int, int, int],
    starts: Tensor | None,
) -> Tensor:
    """(B, C, h, w) to begin with, float32 on the CPU: noise alone, or laid over `starts`."""
    shape = (len(generators), *size)
    noise: Tensor = randn_tensor(shape, generator=list(generators), dtype=torch.float32)
    if starts is None:
        begun: Tensor = noise * schedule.scheduler.init_noise_sigma
        return begun
    noisy: Tensor = schedule.scheduler.add_noise(
        starts.float(), noise, schedule.timesteps[:1].repeat(len(noise))
    )
    return noisy


def controlled_steps(sampling: Sampling, steps: int) -> int:
    """Steps that see the edges; the ControlNet is not run after them."""
    if sampling.control_scale == 0.0:
        return 0
    return sum((number + 1) / steps <= control_share(sampling) for number in range(steps))


def denoise(
    runner: Runner,
    schedule: Schedule,
    latents: Tensor,
    given: Given,
    generators: Sequence[torch.Generator],
    *,
    guidance: float,
    controlled: int,
    dtype: torch.dtype,
) -> Tensor:
    """Latents (B, C, h, w) after all steps, float32.

    `given` has B rows, or 2B with the negatives first where `guidance` is above 1. Between
    steps latents stay in float32, whatever the networks compute in.
    """
    scheduler, guided = schedule.scheduler, guidance > 1.0
    extra = _step_arguments(scheduler, generators)
    times = schedule.timesteps.to(latents.device, torch.float32)
    example = _doubled(latents, guided).to(dtype)
    freed = given._replace(control_text=None, control=None, control_scale=None)
    step = runner.step(example, given if controlled else freed)
    for number, time in enumerate(schedule.timesteps):
        if number == controlled and controlled:
            step = runner.step(example, freed)
        scaled = scheduler.scale_model_input(latents, time)
        predicted = step(_doubled(scaled, guided).to(dtype), times[number : number + 1]).float()
        if guided:
            negative, positive = predicted.chunk(2)
            predicted = negative + guidance * (positive - negative)
        latents = scheduler.step(predicted, time, latents, **extra, return_dict=False)[0]
    return latents


def _doubled(latents: Tensor, guided: bool) -> Tensor:
    return torch.cat([latents, latents]) if guided else latents


def _step_arguments(scheduler: Any, generators: Sequence[torch.Generator]) -> dict[str, Any]:
    """What a scheduler's step takes beside the usual; each picture has its own noise."""
    known = inspect.signature(scheduler.step).parameters
    offered = {"eta": 0.0, "generator": list(generators)}
    return {name: value for name, value in offered.items() if name in known}
