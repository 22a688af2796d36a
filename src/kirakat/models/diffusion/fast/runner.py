"""Runs the networks over few fixed shapes: padded, compiled once each, replayed on CUDA."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from kirakat.models.diffusion.fast.networks import Given, Networks
from kirakat.models.diffusion.fast.options import FastOptions

_log = logging.getLogger(__name__)
_Shape: TypeAlias = tuple[object, ...]
# Calls before a recording, in which libraries choose their kernels and allocate.
_WARM_UP = 3
# One step of a batch: latents (R, C, h, w) and timestep (1,) to the prediction (R, C, h, w).
Step: TypeAlias = Callable[[Tensor, Tensor], Tensor]


class Runner:
    """Hands out one step function a batch; knows every shape that it has seen."""

    def __init__(self, networks: Networks, options: FastOptions) -> None:
        self._networks = networks
        self._options = options
        self._compiled: Callable[..., Tensor] = networks
        if options.compile:
            # The published types lack two of its arguments.
            compiler: Any = torch.compile
            self._compiled = compiler(
                networks,
                dynamic=False,
                fullgraph=True,
                backend=options.backend,
                recompile_limit=options.shapes + 1,
                isolate_recompiles=True,
            )
        self._shapes: set[_Shape] = set()
        self._recorded: dict[_Shape, _Recording] = {}
        self._pool: Any = torch.cuda.graph_pool_handle() if options.cuda_graphs else None

    @property
    def shapes(self) -> int:
        """How many shapes have been run, with and without edges counted apart."""
        return len(self._shapes)

    def step(self, latents: Tensor, given: Given) -> Step:
        """The step function of a batch whose latents look like these."""
        rows = len(latents)
        wanted = self._options.padded(rows)
        padded = _map(given, lambda part: _pad(part, rows, wanted))
        example = _pad(latents, rows, wanted)
        shape = _shape_of(example, padded)
        run = self._run(shape, example, padded)

        def step(latents: Tensor, timestep: Tensor) -> Tensor:
            return run(_pad(latents, rows, wanted), timestep)[:rows]

        return step

    def _run(self, shape: _Shape, latents: Tensor, given: Given) -> Step:
        if shape not in self._shapes and len(self._shapes) >= self._options.shapes:
            _log.warning("more than %d shapes: %s runs uncompiled", len(self._shapes), shape)
            return lambda latents, timestep: self._networks(latents, timestep, given)
        self._shapes.add(shape)
        if not self._options.cuda_graphs:
            return lambda latents, timestep: self._compiled(latents, timestep, given)
        if shape not in self._recorded:
            self._recorded[shape] = _Recording(self._compiled, latents, given, self._pool)
        recording = self._recorded[shape]
        recording.load(given)
        return recording.replay


class _Recording:
    """A CUDA graph of one shape, with the memory that it reads from and writes to."""

    def __init__(
        self, networks: Callable[..., Tensor], latents: Tensor, given: Given, pool: Any
    ) -> None:
        self._latents = latents.clone()
        self._timestep = torch.zeros(1, device=latents.device)
        self._given = _map(given, torch.clone)
        side = torch.cuda.Stream(latents.device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(latents.device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                networks(self._latents, self._timestep, self._given)
        torch.cuda.current_stream(latents.device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads decode meanwhile: their allocations must not spoil the recording.
        with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
            self._out = networks(self._latents, self._timestep, self._given)

    def load(self, given: Given) -> None:
        """Put a batch's conditions where the recording reads them."""
        for own, new in zip(self._given, given, strict=True):
            if own is not None and new is not None:
                own.copy_(new)

    def replay(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """One step."""
        self._latents.copy_(latents)
        self._timestep.copy_(timestep)
        self._graph.replay()
        return self._out.clone()


def _map(given: Given, change: Callable[[Tensor], Tensor]) -> Given:
    return Given(*(None if part is None else change(part) for part in given))  # type: ignore[arg-type]


def _pad(part: Tensor, rows: int, wanted: int) -> Tensor:
    """Repeat the last row until there are as many as wanted; single numbers stay."""
    if len(part) != rows or part.dim() == 1 or rows == wanted:
        return part
    return torch.cat([part, part[-1:].expand(wanted - rows, *part.shape[1:])])


def _shape_of(latents: Tensor, given: Given) -> _Shape:
    return (*latents.shape, *(None if part is None else tuple(part.shape) for part in given))
