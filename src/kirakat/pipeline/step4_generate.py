"""Step 4: the background, drawn around the product by a diffusion model.

The model sees the product's edges (ControlNet), the product itself (IP-Adapter) and, where a
scene was chosen, the scene with the product in it as the picture to start from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kirakat.clock import Clock, SystemClock
from kirakat.errors import ModelError
from kirakat.models.protocols import Generated, GenerationItem, Generator
from kirakat.types import RGB, Alpha, Bucket, Cutout, Layout, Light, Render, Sampling

# Side of the picture given to the IP-Adapter, and the white left around the product in it.
CONDITIONING_SIZE = 224
_CONDITIONING_MARGIN = 0.06


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """One background to generate, all its inputs drawn."""

    # Hash of all inputs.
    key: str
    # The rendered prompt.
    text: str
    negative: str
    bucket: Bucket
    layout: Layout
    # (height, width, 3) of the bucket: white edges on black.
    control: RGB
    # The product on white, square; None leaves the product out of the conditioning.
    conditioning: RGB | None
    # (height, width, 3) of the bucket: the picture to start from, or None for noise.
    init: RGB | None
    scene_id: str | None
    light: Light
    seed: int
    attempt: int
    # (height, width): 1 where an inpainting model may paint; no other model reads it.
    paintable: Alpha | None = None


def generate(
    requests: Sequence[RenderRequest],
    *,
    generator: Generator,
    sampling: Sampling,
    batch_size: int = 4,
    clock: Clock | None = None,
) -> list[Render]:
    """One render a request, in the order of the requests.

    Requests of one size and kind of start go to the generator together, at most `batch_size`
    at a time; a batch that does not fit in memory is halved until it does. Raises
    `ModelError` when one picture alone does not fit, or when the model cannot be used.
    """
    clock = clock or SystemClock()
    renders: dict[int, Render] = {}
    for batch in _batches(requests, batch_size):
        for part, drawn, seconds in _draw([requests[i] for i in batch], generator, sampling, clock):
            positions, batch = batch[: len(part)], batch[len(part) :]
            for position, request, one in zip(positions, part, drawn, strict=True):
                renders[position] = _render(request, one, generator, seconds / len(part))
    return [renders[position] for position in range(len(requests))]


def conditioning_image(cutout: Cutout, size: int = CONDITIONING_SIZE) -> RGB:
    """The product on white, (size, size, 3), whole and undistorted.

    CLIP's own preprocessing would cut the middle out of a picture that is not square.
    """
    alpha = cutout.alpha
    top, bottom = _extent(cutout.bbox.y, cutout.bbox.bottom, alpha.shape[0])
    left, right = _extent(cutout.bbox.x, cutout.bbox.right, alpha.shape[1])
    cover = alpha[top:bottom, left:right, None]
    on_white = cutout.foreground[top:bottom, left:right] * cover + 255.0 * (1.0 - cover)
    side = size * (1.0 - 2.0 * _CONDITIONING_MARGIN)
    scale = side / max(on_white.shape[:2])
    width = max(1, round(on_white.shape[1] * scale))
    height = max(1, round(on_white.shape[0] * scale))
    kernel = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    small = cv2.resize(on_white.astype(np.float32), (width, height), interpolation=kernel)
    canvas = np.full((size, size, 3), 255, np.uint8)
    y, x = (size - height) // 2, (size - width) // 2
    canvas[y : y + height, x : x + width] = np.round(small).clip(0, 255).astype(np.uint8)
    return canvas


def _extent(start: float, stop: float, size: int) -> tuple[int, int]:
    """Whole pixels [first, last) of an interval; never empty."""
    first = min(max(0, int(np.floor(start))), size - 1)
    return first, max(first + 1, min(size, int(np.ceil(stop))))


def _batches(requests: Sequence[RenderRequest], batch_size: int) -> Iterator[list[int]]:
    """Positions of requests that may share a call, `batch_size` at a time."""
    groups: dict[tuple[int, int, bool], list[int]] = {}
    for position, request in enumerate(requests):
        kind = (request.bucket.width, request.bucket.height, request.init is None)
        groups.setdefault(kind, []).append(position)
    for positions in groups.values():
        for start in range(0, len(positions), batch_size):
            yield positions[start : start + batch_size]


def _draw(
    requests: list[RenderRequest], generator: Generator, sampling: Sampling, clock: Clock
) -> Iterator[tuple[list[RenderRequest], list[Generated], float]]:
    """Parts of a batch in order, their pictures and the seconds they took."""
    start = clock.monotonic()
    try:
        drawn = generator.generate([_item(request) for request in requests], sampling)
    except ModelError as error:
        if not error.data.get("out_of_memory") or len(requests) == 1:
            raise
    else:
        yield requests, drawn, clock.monotonic() - start
        return
    half = len(requests) // 2
    yield from _draw(requests[:half], generator, sampling, clock)
    yield from _draw(requests[half:], generator, sampling, clock)


def _item(request: RenderRequest) -> GenerationItem:
    return GenerationItem(
        prompt=request.text,
        negative=request.negative,
        control=request.control,
        conditioning=request.conditioning,
        init=request.init,
        paintable=request.paintable,
        seed=request.seed,
    )


def _render(
    request: RenderRequest, drawn: Generated, generator: Generator, seconds: float
) -> Render:
    return Render(
        key=request.key,
        bucket=request.bucket,
        layout=request.layout,
        pixels=drawn.pixels,
        reconstruction=drawn.reconstruction,
        control=request.control,
        scene_id=request.scene_id,
        light=request.light,
        seed=request.seed,
        attempt=request.attempt,
        model=generator.info,
        seconds=seconds,
    )
