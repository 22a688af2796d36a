"""How many steps of a stage fit into a time, measured on the machine that will run them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from kirakat.training.tiny.autoencoder import new_autoencoder_state, train_autoencoder
from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.config import TinyConfig
from kirakat.training.tiny.crops import CropPool
from kirakat.training.tiny.diffusion import new_diffusion_state, train_diffusion
from kirakat.training.tiny.distil import distil, new_distillation_state

# Shares of the whole time; the rest is for reading, encoding, evaluating and exporting.
SHARES: Mapping[str, float] = {"autoencoder": 0.22, "diffusion": 0.48, "distil": 0.18}
_WARM_UP, _TIMED = 2, 4
_FEWEST = 20


@dataclass(kw_only=True)
class Plan:
    """What a training has decided and finished: `plan.json` in its folder."""

    path: Path
    # Steps and seconds a step by stage.
    steps: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def save(self) -> None:
        """Write it atomically."""
        part = self.path.with_suffix(".part")
        content = {"steps": self.steps, "seconds": self.seconds, "done": self.done}
        part.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        part.replace(self.path)


def load_plan(folder: Path) -> Plan:
    """The plan in a training's folder; a new one where there is none."""
    path = folder / "plan.json"
    return Plan(path=path, **(json.loads(path.read_text("utf-8")) if path.is_file() else {}))


def with_steps(config: TinyConfig, stage: str, steps: int) -> TinyConfig:
    """The configuration with a stage shortened or lengthened, its phases in proportion."""
    if stage == "autoencoder":
        first = config.autoencoder_training
        warm = min(first.warm_up, steps // 10)
        return replace(
            config, autoencoder_training=replace(first, steps=steps, warm_up=max(1, warm))
        )
    if stage == "diffusion":
        plan = config.diffusion_training
        ratio = steps / plan.steps
        return replace(
            config,
            diffusion_training=replace(
                plan,
                steps=steps,
                warm_up=max(1, min(plan.warm_up, steps // 10)),
                backbone_steps=round(plan.backbone_steps * ratio),
                large_from=round(plan.large_from * ratio),
            ),
        )
    last = config.distillation
    each = max(1, steps // len(last.stages))
    warm = max(1, min(last.warm_up, each // 10))
    return replace(config, distillation=replace(last, stage_steps=each, warm_up=warm))


def fitting(seconds_a_step: float, seconds: float) -> int:
    """Steps that take so long, at least enough to see that the stage runs."""
    return max(_FEWEST, int(seconds / seconds_a_step))


def autoencoder_seconds(config: TinyConfig, device: str) -> float:
    """Mean seconds a step, over small and large crops, without and with the discriminator."""
    plan = config.autoencoder_training
    side = plan.large_crop
    crops = CropPool(procedural=4, procedural_side=side, procedural_share=1.0, seed=0)

    def seconds(large: float, adversarial_from: float) -> float:
        probe = replace(plan, steps=_WARM_UP + _TIMED, large_share=large)
        probe = replace(probe, adversarial_from=adversarial_from)
        return _seconds(train_autoencoder(new_autoencoder_state(config, device), probe, crops.draw))

    def mixed(adversarial_from: float) -> float:
        small, large = (seconds(share, adversarial_from) for share in (0.0, 1.0))
        return (1 - plan.large_share) * small + plan.large_share * large

    if not plan.adversarial_weight:
        return mixed(1.0)
    return plan.adversarial_from * mixed(2.0) + (1 - plan.adversarial_from) * mixed(0.0)


def diffusion_seconds(config: TinyConfig, pool: LatentPool, device: str) -> float:
    """Mean seconds a step over the phases: without edges, with them, with large pictures."""
    import torch

    plan = config.diffusion_training
    steps = _WARM_UP + _TIMED

    def seconds(*, backbone: int, large_from: int) -> float:
        probe = replace(
            plan, steps=steps, backbone_steps=backbone, large_from=large_from, small_share=0.0
        )
        even = torch.ones(config.autoencoder.latent_channels)
        return _seconds(train_diffusion(new_diffusion_state(config, device), probe, pool, even))

    backbone = seconds(backbone=steps, large_from=steps)
    small = seconds(backbone=0, large_from=steps)
    large = seconds(backbone=0, large_from=0)
    first = plan.backbone_steps / plan.steps
    last = (1 - plan.large_from / plan.steps) * (1 - plan.small_share)
    return first * backbone + max(0.0, 1 - first - last) * small + last * large


def distillation_seconds(
    config: TinyConfig, teacher: TinyModules, pool: LatentPool, device: str
) -> float:
    """Mean seconds a step over small and large pictures."""
    plan = config.distillation
    start = partial(new_distillation_state, teacher, plan, seed=0, device=device)

    def seconds(large: float) -> float:
        probe = replace(plan, stages=plan.stages[:1], stage_steps=_WARM_UP + _TIMED)
        return _seconds(distil(start(), replace(probe, large_share=large), pool))

    return (1 - plan.large_share) * seconds(0.0) + plan.large_share * seconds(1.0)


def _seconds(steps: Iterator[object]) -> float:
    """The median of a few; every step ends with a number on the host."""
    times = []
    begin = time.perf_counter()
    for _ in steps:
        end = time.perf_counter()
        times.append(end - begin)
        begin = end
    return float(np.median(times[_WARM_UP:]))
