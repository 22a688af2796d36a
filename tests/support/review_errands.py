"""What a worker would do for the review pages, without one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from PIL import Image

from kirakat.store.errands import claim_errand, fail_errand, finish_errand, remove_errands
from tests.support.review_shop import Shop


def finish_next(shop: Shop, data: bytes, made: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Finish the oldest errand with that; gives what was asked, or None when nothing was."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        errand = claim_errand(connection, now=now, lease_until=now + timedelta(minutes=3))
    if errand is None:
        return None
    sha256 = shop.blobs.put(data)
    with shop.database.writing() as connection:
        finish_errand(connection, errand, sha256=sha256, made=made, now=now)
    return {"kind": errand.kind, **errand.wanted}


def fail_next(shop: Shop, error: str) -> None:
    """Fail the oldest errand."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        errand = claim_errand(connection, now=now, lease_until=now + timedelta(minutes=3))
        assert errand is not None
        fail_errand(connection, errand, error=error, now=now)


def forget_errands(shop: Shop) -> None:
    """Leave no errand to be done, so that a test finishes its own."""
    with shop.database.writing() as connection:
        remove_errands(connection, before=shop.clock.now() + timedelta(days=1))


def boxes_png(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> bytes:
    """A matte of rectangles (left, top, right, bottom), as a grey PNG."""
    grey = np.zeros((size[1], size[0]), np.uint8)
    for left, top, right, bottom in boxes:
        grey[top:bottom, left:right] = 255
    return png(Image.fromarray(grey))


def png(image: Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
