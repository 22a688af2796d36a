"""The adversarial half of the autoencoder's training, as in latent diffusion's autoencoder.

A small patch discriminator (Isola et al., arXiv 1611.07004) tells pictures from
reconstructions, with hinge losses; what it says is weighed so that its gradient at the
decoder's last layer is as large as the reconstruction's (Esser et al., arXiv 2012.09841, eq. 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_LARGEST_WEIGHT = 1e4


@dataclass(kw_only=True)
class Critic:
    """The discriminator and its optimiser: what a checkpoint keeps beside the autoencoder."""

    module: nn.Module
    optimizer: torch.optim.Optimizer

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"module": self.module.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])


def new_critic(channels: int, device: str) -> Critic:
    """A fresh one; `channels` are its first layer's."""
    import torch

    module = patch_discriminator(channels).to(device)
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=0.0, betas=(0.5, 0.9), weight_decay=0.0, fused=True
    )
    return Critic(module=module, optimizer=optimizer)


def patch_discriminator(channels: int) -> nn.Module:
    """Logits (B, 1, h, w), each of a patch of 70 pixels, of pictures (B, 3, H, W) in [-1, 1]."""
    from torch import nn

    layers: list[nn.Module] = [nn.Conv2d(3, channels, 4, 2, 1), nn.LeakyReLU(0.2)]
    for number in range(3):
        before, after = channels * 2**number, channels * 2 ** (number + 1)
        stride = 2 if number < 2 else 1
        layers += [
            nn.Conv2d(before, after, 4, stride, 1, bias=False),
            # Independent of the batch, other than the batch norm of the paper.
            nn.GroupNorm(1, after),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * channels, 1, 4, 1, 1))


def critic_step(critic: Critic, made: Tensor, true: Tensor) -> Tensor:
    """Train the discriminator on one batch; returns its hinge loss."""
    import torch.nn.functional as F  # noqa: N812  torch's own custom

    critic.module.requires_grad_(True)
    real, fake = critic.module(true), critic.module(made.detach())
    loss = 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())
    critic.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    critic.optimizer.step()
    return loss.detach()


def adversarial_loss(critic: Critic, made: Tensor, kept: Tensor, last_layer: Tensor) -> Tensor:
    """What deceiving the discriminator is worth, in the scale of the reconstruction's loss.

    `kept` is the reconstruction's loss, `last_layer` the decoder's last weights.
    """
    import torch

    critic.module.requires_grad_(False)
    deceived = -critic.module(made).mean()
    sizes = [
        torch.autograd.grad(loss, last_layer, retain_graph=True)[0].norm()
        for loss in (kept, deceived)
    ]
    weight = (sizes[0] / (sizes[1] + 1e-4)).clamp(0.0, _LARGEST_WEIGHT).detach()
    weighed: Tensor = weight * deceived
    return weighed
