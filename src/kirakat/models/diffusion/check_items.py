"""What a batch must have in common, checked before any model runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from kirakat.errors import ModelError
from kirakat.models.protocols import GenerationItem


def check_items(items: Sequence[GenerationItem], factor: int) -> tuple[int, int]:
    """Width and height shared by all items.

    `factor` is the autoencoder's downsampling. Raises `ModelError` when items differ in size
    or in having an `init`, when an item's pictures differ in size, or when the size is no
    multiple of the factor.
    """
    if not items:
        raise ModelError("there is nothing to generate")
    sizes = {picture.shape[:2] for item in items for picture in _pictures(item)}
    if len(sizes) != 1:
        raise ModelError(f"a batch's pictures must share one size, not {sorted(sizes)}")
    if len({item.init is None for item in items}) != 1:
        raise ModelError("a batch's items must all have a starting picture, or none of them")
    height, width = sizes.pop()
    if height % factor or width % factor:
        raise ModelError(
            f"{width}x{height}: this model draws multiples of {factor} pixels only", factor=factor
        )
    return width, height


def _pictures(item: GenerationItem) -> list[NDArray[Any]]:
    found = (item.control, item.init, item.paintable)
    return [picture for picture in found if picture is not None]
