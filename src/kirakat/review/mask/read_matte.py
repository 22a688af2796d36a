"""A matte that a browser sent: an 8-bit grey PNG of the photo's size, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from kirakat.errors import StoreError

# Bytes of the file; a drawn matte of 40 megapixels stays far below.
MAX_BYTES = 20_000_000
# Shares of the photo below and above which no product can be told from its ground.
_LEAST, _MOST = 0.0005, 0.985
_INSIDE = 128


def read_matte(data: bytes, width: int, height: int) -> bytes:
    """The same matte as a PNG of our own; raises `StoreError`, saying what is wrong.

    The size is compared before any pixel is unpacked, so that a small file cannot become a large
    picture.
    """
    if len(data) > MAX_BYTES:
        raise StoreError(f"The mask has {len(data) / 1e6:.0f} MB; {MAX_BYTES / 1e6:.0f} are most.")
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG",))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _unusable() from None
    if image.size != (width, height):
        found = f"{image.width} by {image.height}"
        raise StoreError(f"The mask is {found}; the photo is {width} by {height}.")
    if image.mode != "L" or getattr(image, "n_frames", 1) != 1:
        raise _unusable()
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error):
        raise _unusable() from None
    _check_share(image)
    buffer = io.BytesIO()
    Image.frombytes("L", image.size, image.tobytes()).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _check_share(image: Image.Image) -> None:
    levels = image.histogram()
    share = sum(levels[_INSIDE:]) / (image.width * image.height)
    if share <= _LEAST:
        raise StoreError("The mask is empty: mark the product first.")
    if share >= _MOST:
        raise StoreError("The mask covers the whole photo: take the ground away first.")


def _unusable() -> StoreError:
    return StoreError("The mask is no 8-bit grey PNG.")
