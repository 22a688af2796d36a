"""Seconds, pictures a second and memory of the stock loop and of ours."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kirakat.models.diffusion.autoencoder import Autoencoder
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.models.diffusion.fast.generator import Embedded, FastGenerator
from kirakat.models.diffusion.speed.cases import Case
from kirakat.models.diffusion.speed.random_pipeline import RandomModel, Widths, build_random
from kirakat.models.diffusion.speed.rows import Variant
from kirakat.models.diffusion.steps import control_share
from kirakat.types import ModelInfo

Pictures = list[NDArray[np.uint8]]
_SEED = 1


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where and how it is measured."""

    device: torch.device
    dtype: torch.dtype
    small: bool
    # Each figure is taken over at least so many seconds and three batches.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One way to draw batches of one size."""

    batch: int
    # Seconds of one batch alone, from conditions to pixels on the host.
    latency: float
    # Pictures a second of many batches, one after another.
    throughput: float
    # Bytes: of the card, or of the process on a CPU.
    memory: int
    # Before the first figure: loading libraries' kernels, compiling, recording.
    warm_up: float
    # The first batch's pictures (h, w, 3).
    pictures: Pictures


def measure_stock(bench: Bench, case: Case, batch: int) -> Measured:
    """The diffusers pipeline as its documentation runs it, with one product a picture.

    Plain diffusers mixes the products of a batch; the one line that keeps them apart is in.
    """
    with _fresh(bench):
        model = _model(bench, case)
        arguments = _stock_arguments(bench, case, batch, model.widths)

        def draw() -> Pictures:
            seeds = [torch.Generator("cpu").manual_seed(_SEED + number) for number in range(batch)]
            made: Tensor = model.pipeline(**arguments, generator=seeds, output_type="pt").images
            return list(
                (made.float() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
            )

        return _measure(bench, batch, draw, lambda count: [draw() for _ in range(count)])


def measure_fast(bench: Bench, case: Case, batch: int, variant: Variant) -> Measured:
    """Our loop with a variant's switches."""
    with _fresh(bench):
        model = _model(bench, case)
        generator = _generator(model, variant)
        conditions = embeddings(bench, case, batch, model.widths)
        seeds = [_SEED + number for number in range(batch)]

        def start() -> Callable[[], Pictures]:
            return generator.decode(generator.denoise(conditions, seeds, case.sampling))

        def many(count: int) -> None:
            waiting = [start()]
            for _ in range(count - 1):
                waiting.append(start())
                waiting.pop(0)()
            waiting.pop()()

        return _measure(bench, batch, lambda: start()(), many)


def embeddings(bench: Bench, case: Case, batch: int, widths: Widths) -> Embedded:
    """Random conditions, the same for the same batch; negatives first where guided."""
    random = torch.Generator("cpu").manual_seed(_SEED)
    rows, side = batch * case.passes, case.side

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random).to(bench.device, bench.dtype)

    return Embedded(
        text=normal(rows, 77, widths.text),
        image=normal(rows, 1, widths.image),
        controls=(torch.rand((batch, 3, side, side), generator=random) > 0.9).to(torch.uint8) * 255,
        pooled=normal(rows, widths.pooled) if widths.pooled else None,
    )


def _stock_arguments(bench: Bench, case: Case, batch: int, widths: Widths) -> dict[str, Any]:
    conditions = embeddings(bench, case, batch, widths)
    named = {"prompt_embeds": conditions.text, "pooled_prompt_embeds": conditions.pooled}
    arguments: dict[str, Any] = {}
    for name, rows in named.items():
        if rows is None:
            continue
        arguments[name] = rows[-batch:]
        if case.passes == 2:
            arguments[f"negative_{name}"] = rows[:batch]
    sampling = case.sampling
    return {
        **arguments,
        "image": conditions.controls.float() / 255,
        "ip_adapter_image_embeds": [conditions.image],
        "num_inference_steps": sampling.steps,
        "guidance_scale": sampling.guidance,
        "controlnet_conditioning_scale": sampling.control_scale,
        "control_guidance_end": control_share(sampling),
    }


def _model(bench: Bench, case: Case) -> RandomModel:
    model = build_random(
        case.kind,
        scheduler=case.scheduler,
        small=bench.small,
        device=bench.device,
        dtype=bench.dtype,
        seed=_SEED,
    )
    model.pipeline.set_ip_adapter_scale(case.sampling.image_scale)
    return model


def _generator(model: RandomModel, variant: Variant) -> FastGenerator:
    return FastGenerator(
        info=ModelInfo(name="random", revision="", licence="", native_size=0),
        pipeline=model.pipeline,
        text=None,
        images=None,
        autoencoder=Autoencoder(model.pipeline.vae, cache=EmbeddingCache(), fingerprint=""),
        options=variant.options,
        decoder=model.tiny_decoder if variant.tiny_decoder else None,
    )


def _measure(
    bench: Bench, batch: int, draw: Callable[[], Pictures], many: Callable[[int], object]
) -> Measured:
    with torch.inference_mode():
        begin = time.perf_counter()
        pictures = draw()
        many(2)
        warm_up = time.perf_counter() - begin
        latencies = [_timed(draw) for _ in range(3)]
        count = max(3, round(bench.seconds / min(latencies)))
        elapsed = _timed(lambda: many(count))
    return Measured(
        batch=batch,
        latency=float(np.median(latencies)),
        throughput=count * batch / elapsed,
        memory=_peak(bench.device),
        warm_up=warm_up,
        pictures=pictures,
    )


def _timed(work: Callable[[], object]) -> float:
    """Seconds; the work ends with pixels on the host, so nothing is left on the card."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@contextmanager
def _fresh(bench: Bench) -> Iterator[None]:
    """Without what the row before has left on the card."""
    on_cuda = bench.device.type == "cuda"
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(bench.device)
    try:
        yield
    finally:
        torch._dynamo.reset()
        gc.collect()
        if on_cuda:
            torch.cuda.empty_cache()


def _peak(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
