"""Items for generators: random pictures, every one different, reproducible by number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from kirakat.models.protocols import GenerationItem
from kirakat.types import RGB

WIDTH, HEIGHT = 48, 32


def make_item(number: int, *, start: bool = False, **changes: Any) -> GenerationItem:
    """Item `number`, with a picture to start from where `start`; `changes` replace fields."""
    random = np.random.default_rng(number)

    def picture(height: int, width: int) -> RGB:
        return random.integers(0, 256, (height, width, 3), dtype=np.uint8)

    item = GenerationItem(
        prompt=f"a picture of number {number}",
        negative="blurred" if number % 2 else "",
        control=np.where(picture(HEIGHT, WIDTH) > 200, 255, 0).astype(np.uint8),
        conditioning=picture(40, 40),
        init=picture(HEIGHT, WIDTH) if start else None,
        seed=number,
    )
    return replace(item, **changes)


def difference(first: RGB, second: RGB) -> int:
    """Largest difference of two pictures in 8-bit levels."""
    return int(np.abs(first.astype(np.int16) - second.astype(np.int16)).max())


@contextmanager
def one_thread() -> Iterator[None]:
    """Tiny models are many times slower on several threads than on one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
