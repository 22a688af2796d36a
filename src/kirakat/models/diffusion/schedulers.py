"""Samplers by name, set up for the noise schedule that a checkpoint was trained with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kirakat.errors import ModelError

# diffusers class, and the options that belong to the name.
_SCHEDULERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
}
# The only ones that integrate a flow-matching model inside the Stable Diffusion pipelines.
_FLOW = frozenset({"dpm++", "unipc"})

SCHEDULER_NAMES = tuple(_SCHEDULERS)


def make_scheduler(name: str, trained: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    """The sampler called `name` for a checkpoint.

    `trained` is the configuration of the checkpoint's own scheduler: its betas, prediction
    type (epsilon, v or flow) and spacing are kept unless `options` replace them. Raises
    `ModelError` for an unknown name, or one that cannot run a flow-matching checkpoint.
    """
    import diffusers

    if name not in _SCHEDULERS:
        raise ModelError(f"{name}: no such scheduler; known: {', '.join(SCHEDULER_NAMES)}")
    if trained.get("prediction_type") == "flow_prediction" and name not in _FLOW:
        raise ModelError(f"{name} cannot run a flow-matching model; take dpm++ or unipc")
    class_name, own = _SCHEDULERS[name]
    return getattr(diffusers, class_name).from_config(dict(trained), **own, **options)


def check_scheduler(scheduler: Any) -> None:
    """Raise `ModelError` for a scheduler that the Stable Diffusion pipelines cannot run."""
    if not hasattr(scheduler, "init_noise_sigma"):
        raise ModelError(
            f"{type(scheduler).__name__} does not run in Stable Diffusion pipelines; save the "
            'checkpoint with DPMSolverMultistepScheduler(prediction_type="flow_prediction", '
            "use_flow_sigmas=True)"
        )


def longest_schedule(scheduler: Any) -> int:
    """The most steps that a scheduler can be set to."""
    config = scheduler.config
    return int(config.get("original_inference_steps") or config["num_train_timesteps"])
