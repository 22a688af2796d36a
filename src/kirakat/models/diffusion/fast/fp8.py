"""Linear layers in 8-bit floats (e4m3), twice as fast as bfloat16 where a card has them.

Weights are scaled by output channel once, activations by row on the way in (Micikevicius et
al., "FP8 formats for deep learning", arXiv 2209.05433).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from kirakat.errors import ModelError

_LARGEST = 448.0
# Ada and Hopper; earlier ones have no 8-bit floats.
_CAPABILITY = (8, 9)
# cuBLAS takes multiples of this.
_MULTIPLE = 16


class Fp8Linear(nn.Module):
    """`nn.Linear` with both factors in e4m3 and the result in the input's precision."""

    weight: Tensor
    scale: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight, scale = _quantised(linear.weight.detach().float())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale.T.contiguous())
        self.bias = linear.bias
        self.in_features, self.out_features = linear.in_features, linear.out_features

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., out) of (..., in)."""
        rows, scale = _quantised(inputs.reshape(-1, self.in_features))
        out = torch._scaled_mm(
            rows, self.weight.T, scale_a=scale, scale_b=self.scale, out_dtype=inputs.dtype
        )
        out = out.reshape(*inputs.shape[:-1], self.out_features)
        return out if self.bias is None else out + self.bias


def _quantised(values: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K) in e4m3 and the scale (N, 1) of each row."""
    scale = values.abs().amax(-1, keepdim=True).float().clamp(min=1e-12) / _LARGEST
    return (values.float() / scale).to(torch.float8_e4m3fn), scale


def check_fp8(device: torch.device) -> None:
    """Raise `ModelError` where there are no 8-bit floats."""
    if device.type != "cuda" or torch.cuda.get_device_capability(device) < _CAPABILITY:
        raise ModelError(f"{device}: no 8-bit floats there (Ada, Hopper or later); set fp8 = false")


def use_fp8(network: Any) -> int:
    """Replace the linear layers of a network's transformer blocks; returns how many."""
    check_fp8(network.device)
    replaced = 0
    for name, module in list(network.named_modules()):
        if not isinstance(module, nn.Linear) or ".transformer_blocks." not in name:
            continue
        if module.in_features % _MULTIPLE or module.out_features % _MULTIPLE:
            continue
        parent, _, leaf = name.rpartition(".")
        setattr(network.get_submodule(parent), leaf, Fp8Linear(module))
        replaced += 1
    return replaced
