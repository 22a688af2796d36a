"""What a batch must have in common."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.check_items import check_items
from kirakat.models.protocols import GenerationItem
from tests.support.generation import HEIGHT, WIDTH, make_item


def test_width_and_height_are_told_apart() -> None:
    """Wide placements would be drawn upright."""
    assert check_items([make_item(1, start=True)], 8) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("items", "factor", "message"),
    [
        ([], 8, "nothing"),
        ([make_item(1), make_item(2, start=True)], 8, "starting picture"),
        ([make_item(1, init=np.zeros((8, 8, 3), np.uint8))], 8, "one size"),
        ([make_item(1, paintable=np.zeros((8, 8), np.float32))], 8, "one size"),
        ([make_item(1)], 64, "multiples of 64"),
    ],
    ids=["empty", "mixed starts", "other size", "other mask", "odd size"],
)
def test_batches_that_cannot_be_drawn_are_refused(
    items: list[GenerationItem], factor: int, message: str
) -> None:
    """The pipelines would resize, mix or crash on them without saying why."""
    with pytest.raises(ModelError, match=message):
        check_items(items, factor)
