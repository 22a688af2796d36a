"""What the fast path does, one switch an optimisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class FastOptions:
    """Each switch alone changes speed, and pictures by rounding only."""

    # Convolutions with channels last.
    channels_last: bool = True
    # UNet and ControlNet as one compiled graph for every shape.
    compile: bool = False
    # What torch.compile compiles with; "eager" only traces, for tests without a compiler.
    backend: str = "inductor"
    # Replay recorded kernels instead of launching each; CUDA only.
    cuda_graphs: bool = False
    # Decode and encode beside the denoising of the next part of a batch.
    overlap: bool = True
    # The decoder in bfloat16 instead of float32: it then costs a fraction, and bands slightly.
    half_decoder: bool = False
    # Linear layers of the transformer blocks in 8-bit floats; needs a card that has them.
    fp8: bool = False
    # Rows that the networks are run with: a smaller batch is padded up to the next of them, so
    # that only so many shapes are ever compiled. Guidance takes two rows a picture.
    rows: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    # Shapes (size, rows, with or without edges) that are compiled; further ones run uncompiled.
    shapes: int = 64
    # Most pictures decoded at once: full-size activations of a large batch would not fit.
    decode_rows: int = 8

    def padded(self, rows: int) -> int:
        """The next of `rows`; more than the largest are run as they are."""
        return min((size for size in self.rows if size >= rows), default=rows)


# Our loop alone: no switch on.
PLAIN = FastOptions(channels_last=False, overlap=False)


def options_for(device: torch.device) -> FastOptions:
    """What pays on a device: everything but fp8 on CUDA, nothing compiled elsewhere."""
    if device.type == "cuda":
        return FastOptions(compile=True, cuda_graphs=True, half_decoder=True)
    return PLAIN
