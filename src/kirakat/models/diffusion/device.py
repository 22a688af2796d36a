"""Where a model runs, in which precision, and what running out of memory looks like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kirakat.errors import ModelError

if TYPE_CHECKING:
    import torch

_DTYPES = ("auto", "float32", "float16", "bfloat16")
_CPU_ALLOCATION = ("can't allocate memory", "not enough memory")


def choose_device(name: str) -> torch.device:
    """`auto` is the first CUDA device where there is one; raises `ModelError` otherwise."""
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ModelError(f"{name}: no such device; take auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"{name}: this PyTorch sees no CUDA device; take auto or cpu")
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """`auto` is float16 on CUDA and float32 elsewhere; raises `ModelError` for other names."""
    import torch

    if name not in _DTYPES:
        raise ModelError(f"{name}: no such precision; take {', '.join(_DTYPES)}")
    if name == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    dtype: torch.dtype = getattr(torch, name)
    return dtype


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn an allocation that failed into a `ModelError` whose `out_of_memory` is true."""
    import torch

    try:
        yield
    except RuntimeError as error:
        text = str(error).lower()
        if not isinstance(error, torch.OutOfMemoryError) and not any(
            sign in text for sign in _CPU_ALLOCATION
        ):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise ModelError(
            "the generator ran out of memory; take a smaller batch_size, a smaller bucket, or "
            "another device",
            out_of_memory=True,
        ) from error
