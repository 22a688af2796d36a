"""Latents to pixels beside the next batch's denoising."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from kirakat.models.diffusion.fast.options import FastOptions
from kirakat.types import RGB

_T = TypeVar("_T")


class Decoder:
    """A diffusers autoencoder's decoder, several pictures at once, in its own precision."""

    def __init__(self, vae: Any, options: FastOptions) -> None:
        # A copy, since the encoder keeps its own precision.
        self._vae = copy.deepcopy(vae).to(torch.bfloat16) if options.half_decoder else vae
        self._rows = options.decode_rows
        if options.channels_last:
            self._vae.to(memory_format=torch.channels_last)

    def decode(self, latents: Tensor) -> list[RGB]:
        """Pictures (h, w, 3) of latents (B, C, h / factor, w / factor) as the UNet sees them."""
        starts = range(0, len(latents), self._rows)
        levels = torch.cat([self._levels(latents[at : at + self._rows]) for at in starts])
        return [np.ascontiguousarray(one) for one in levels.cpu().numpy()]

    def _levels(self, latents: Tensor) -> Tensor:
        """(B, h, w, 3) of 8 bits."""
        config = self._vae.config
        mean = _by_channel(getattr(config, "latents_mean", None) or [0.0], latents)
        std = _by_channel(getattr(config, "latents_std", None) or [1.0], latents)
        own = (latents * std / config.scaling_factor + mean).to(self._vae.dtype)
        picture = self._vae.decode(own).sample.float()
        levels: Tensor = ((picture / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return levels.permute(0, 2, 3, 1)


def _by_channel(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, device=like.device).view(1, -1, 1, 1)


class Aside:
    """Runs one thing after another beside the caller: a thread, and on CUDA its own stream.

    Without `overlap` everything runs at once and in the caller's own stream.
    """

    def __init__(self, device: torch.device, *, overlap: bool) -> None:
        self._device = device
        self._thread = ThreadPoolExecutor(1, "kirakat-decoder") if overlap else None
        on_cuda = overlap and device.type == "cuda"
        self._stream: Any = None
        if on_cuda:
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def submit(self, work: Callable[[], _T]) -> Callable[[], _T]:
        """Start `work`, which may use all that the caller has computed; call the result to wait."""
        if self._thread is None:
            made = work()
            return lambda: made
        ready: Any = None
        if self._stream is not None:
            ready = torch.cuda.Event()  # type: ignore[no-untyped-call]
            ready.record(torch.cuda.current_stream(self._device))
        return self._thread.submit(self._run, work, ready).result

    def _run(self, work: Callable[[], _T], ready: Any) -> _T:
        with torch.inference_mode():
            if self._stream is None:
                return work()
            with torch.cuda.stream(self._stream):
                self._stream.wait_event(ready)
                made = work()
            self._stream.synchronize()
            return made
