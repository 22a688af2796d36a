"""Step 4 over a generator that only remembers what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.clock import FrozenClock
from kirakat.errors import ModelError
from kirakat.models.protocols import Generated, GenerationItem
from kirakat.pipeline.step4_generate import RenderRequest, conditioning_image, generate
from kirakat.types import Box, Bucket, Cutout, Layout, Light, ModelInfo, Sampling

INFO = ModelInfo(name="memory", revision="1", licence="none", native_size=8)


class _Generator:
    """Paints every item with its seed, one second a call, `capacity` items at most."""

    def __init__(self, capacity: int = 99) -> None:
        self.capacity = capacity
        self.batches: list[list[int]] = []
        self.clock = FrozenClock(at=datetime(2026, 1, 1, tzinfo=UTC))

    @property
    def info(self) -> ModelInfo:
        return INFO

    def generate(self, items: Sequence[GenerationItem], sampling: Sampling) -> list[Generated]:
        assert sampling.steps == 3
        assert len({(item.control.shape, item.init is None) for item in items}) == 1
        if len(items) > self.capacity:
            raise ModelError("too much", out_of_memory=True)
        self.batches.append([item.seed for item in items])
        self.clock.advance(1.0)
        return [
            Generated(pixels=np.full_like(item.control, item.seed), reconstruction=item.init)
            for item in items
        ]


def _request(seed: int, *, width: int = 8, start: bool = False) -> RenderRequest:
    picture = np.zeros((8, width, 3), np.uint8)
    box = Box(x=0, y=0, width=1, height=1)
    return RenderRequest(
        key=f"key{seed}",
        text="a prompt",
        negative="",
        bucket=Bucket(width=width, height=8),
        layout=Layout(
            width=width,
            height=8,
            scale=1.0,
            offset_x=0.0,
            offset_y=0.0,
            product_box=box,
            base_x=0.0,
            base_y=0.0,
            base_half_width=1.0,
            view="standing",
        ),
        control=picture,
        conditioning=None,
        init=picture if start else None,
        scene_id="s" if start else None,
        light=Light(),
        seed=seed,
        attempt=0,
    )


def _run(requests: list[RenderRequest], generator: _Generator, batch_size: int = 4) -> list[int]:
    renders = generate(
        requests,
        generator=generator,
        sampling=Sampling(steps=3),
        batch_size=batch_size,
        clock=generator.clock,
    )
    assert [render.key for render in renders] == [request.key for request in requests]
    return [int(render.pixels.flat[0]) for render in renders]


@given(
    kinds=st.lists(st.tuples(st.sampled_from([8, 16]), st.booleans()), max_size=12),
    capacity=st.integers(1, 5),
    batch_size=st.integers(1, 6),
)
def test_renders_come_in_the_order_of_their_requests(
    kinds: list[tuple[int, bool]], capacity: int, batch_size: int
) -> None:
    """A product would get another product's background."""
    requests = [
        _request(seed, width=width, start=start) for seed, (width, start) in enumerate(kinds)
    ]
    generator = _Generator(capacity)
    assert _run(requests, generator, batch_size) == list(range(len(kinds)))
    assert all(len(batch) <= min(capacity, batch_size) for batch in generator.batches)


def test_requests_of_one_kind_share_calls() -> None:
    """Every picture would be drawn alone, several times slower on a GPU."""
    generator = _Generator()
    _run([_request(0), _request(1, width=16), _request(2), _request(3)], generator)
    assert generator.batches == [[0, 2, 3], [1]]


def test_a_batch_that_does_not_fit_is_halved() -> None:
    """One large bucket would end the whole run."""
    generator = _Generator(capacity=1)
    _run([_request(seed) for seed in range(3)], generator)
    assert generator.batches == [[0], [1], [2]]


def test_a_single_picture_that_does_not_fit_is_an_error() -> None:
    """The run would halve for ever."""
    with pytest.raises(ModelError, match="too much"):
        _run([_request(0)], _Generator(capacity=0))


def test_other_errors_of_the_model_are_not_retried() -> None:
    """A broken model would be asked again and again, and its error be lost."""

    class Broken(_Generator):
        def generate(
            self,
            items: Sequence[GenerationItem],
            sampling: Sampling,  # noqa: ARG002  the protocol's
        ) -> list[Generated]:
            self.batches.append([item.seed for item in items])
            raise ModelError("broken")

    generator = Broken()
    with pytest.raises(ModelError, match="broken"):
        _run([_request(0), _request(1)], generator)
    assert len(generator.batches) == 1


def test_seconds_are_shared_by_the_batch() -> None:
    """The costs of a catalogue would be counted once for every picture of a batch."""
    generator = _Generator()
    renders = generate(
        [_request(0), _request(1)],
        generator=generator,
        sampling=Sampling(steps=3),
        clock=generator.clock,
    )
    assert [render.seconds for render in renders] == [0.5, 0.5]


def _cutout(height: int, width: int, box: tuple[int, int, int, int]) -> Cutout:
    left, top, right, bottom = box
    alpha = np.zeros((height, width), np.float32)
    alpha[top:bottom, left:right] = 1.0
    return Cutout(
        foreground=np.full((height, width, 3), 10, np.uint8),
        alpha=alpha,
        bbox=Box(x=left, y=top, width=right - left, height=bottom - top),
        method="alpha",
        model="",
        confidence=1.0,
        coverage=0.1,
        border_contact=frozenset(),
        object_count=1,
    )


@given(
    left=st.integers(0, 40),
    top=st.integers(0, 40),
    width=st.integers(1, 60),
    height=st.integers(1, 60),
)
def test_the_whole_product_is_shown_undistorted(
    left: int, top: int, width: int, height: int
) -> None:
    """CLIP would see the middle of a long product, or a stretched one."""
    picture = conditioning_image(_cutout(100, 100, (left, top, left + width, top + height)), 224)
    dark = picture[..., 0] < 128
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    assert picture.shape == (224, 224, 3)
    assert min(rows[0], columns[0]) > 0
    assert max(rows[-1], columns[-1]) < 223
    assert dark.sum() == rows.size * columns.size
    short, long = sorted((rows.size, columns.size))
    assert abs(short - long * min(width, height) / max(width, height)) <= 1.0


def test_the_product_stands_on_white() -> None:
    """The photo's own backdrop would leak into the new background through the adapter."""
    cutout = _cutout(40, 40, (10, 10, 30, 30))
    cutout.foreground[:5] = (255, 0, 255)
    picture = conditioning_image(cutout)
    assert (picture[0] == 255).all()
    assert set(np.unique(picture.reshape(-1, 3), axis=0).ravel()) == {10, 255}
