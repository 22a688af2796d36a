"""Exponential moving average of a module's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


class Ema:
    """Averages parameters; the average warms up, so early weights fade at once.

    After n updates the decay is min(`decay`, (1 + n) / (10 + n)).
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.shadow = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def update(self, module: nn.Module) -> None:
        """Move the average towards the module's present weights."""
        import torch

        self.updates += 1
        rate = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        present = module.state_dict()
        moving = [k for k, v in self.shadow.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.shadow[k] for k in moving], [present[k] for k in moving], rate)

    def copy_to(self, module: nn.Module) -> None:
        """Put the average into a module of the same shape."""
        module.load_state_dict(self.shadow)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"updates": self.updates, "shadow": self.shadow}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.updates = state["updates"]
        # Checkpoints are read on the CPU; the average stays where the module is.
        self.shadow = {
            key: state["shadow"][key].to(own.device, copy=True) for key, own in self.shadow.items()
        }
