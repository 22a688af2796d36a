"""Decode untrusted picture bytes into sRGB pixels."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from kirakat.catalog.to_srgb import split_alpha, to_srgb
from kirakat.errors import ImageDecodeError, ImageRefusedError
from kirakat.hashing import sha256_bytes
from kirakat.types import Alpha, SourceImage

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
_READS = "JPEG, PNG, WebP, AVIF, GIF, TIFF and BMP are read"
_ORIENTATION_TAG = 0x0112
# EXIF orientation to the turn that undoes it.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow and its codecs raise on damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Warning,
    Image.DecompressionBombError,
)
# `warnings` keeps its filters in one place for all threads.
_FILTER_LOCK = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class DecodeLimits:
    """The bounds of one picture."""

    # Bytes of the file.
    max_bytes: int = 20_000_000
    # Width times height, checked before any pixel is decoded.
    max_pixels: int = 40_000_000
    # Pixels on the shorter side.
    min_side: int = 64


_DEFAULT_LIMITS = DecodeLimits()


def decode_image(data: bytes, uri: str, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> SourceImage:
    """The picture in `data`: its first frame, upright, in sRGB, with its alpha if it has one.

    `uri` names it in messages. Raises `ImageRefusedError` for one that is too large or too
    small and `ImageDecodeError` for bytes that are no picture, are damaged, or make Pillow warn.
    """
    if len(data) > limits.max_bytes:
        raise ImageRefusedError(
            f"{uri}: the file is larger than {limits.max_bytes / 1e6:g} MB; save a smaller one",
            uri=uri,
        )
    with _damage_reported(data, uri):
        image: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
        _check_size(image, uri, limits)
        image.load()
        image = _upright(image)
    try:
        coloured, alpha = split_alpha(image)
        coloured = to_srgb(coloured, image.info.get("icc_profile"))
    except (ValueError, OSError, MemoryError) as error:
        raise ImageDecodeError(f"{uri}: {error}; save it as 8-bit sRGB", uri=uri) from error
    return SourceImage(
        pixels=np.array(coloured, dtype=np.uint8),
        alpha=_meaningful(alpha, uri),
        sha256=sha256_bytes(data),
        uri=uri,
    )


@contextmanager
def _damage_reported(data: bytes, uri: str) -> Iterator[None]:
    """Pillow's warnings as errors, and every error as `ImageDecodeError` with advice."""
    try:
        with _FILTER_LOCK, warnings.catch_warnings():
            warnings.filterwarnings("error", module=r"PIL\b")
            yield
    except UnidentifiedImageError as error:
        raise ImageDecodeError(f"{uri}: {_unknown(data)}", uri=uri) from error
    except _DAMAGE as error:
        raise ImageDecodeError(
            f"{uri}: the picture is damaged ({error}); open it and save it again", uri=uri
        ) from error


def _unknown(data: bytes) -> str:
    """What unreadable bytes seem to be, and what to do."""
    head = data[:512].lstrip().lower()
    if not data:
        return "the file is empty"
    if b"<svg" in head:
        return f"an SVG drawing; export it as PNG ({_READS})"
    if head.startswith((b"<!doctype", b"<html")):
        return "a web page, not a picture; link to the picture itself"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return f"an HEIC photo; export it as JPEG ({_READS})"
    return f"no picture that can be read; {_READS}"


def _check_size(image: Image.Image, uri: str, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise ImageRefusedError(
            f"{uri}: {width}x{height} is more than {limits.max_pixels / 1e6:g} megapixels; "
            "save a smaller one",
            uri=uri,
        )
    if min(width, height) < limits.min_side:
        raise ImageRefusedError(
            f"{uri}: {width}x{height} is too small; both sides need {limits.min_side} px, "
            "and 500 px to look sharp",
            uri=uri,
        )


def _upright(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(image.getexif().get(_ORIENTATION_TAG, 1))
    return image if turn is None else image.transpose(turn)


def _meaningful(alpha: Alpha | None, uri: str) -> Alpha | None:
    """The alpha channel, unless it is opaque everywhere."""
    if alpha is None or bool((alpha == 1.0).all()):
        return None
    if not alpha.any():
        raise ImageDecodeError(f"{uri}: the picture is entirely transparent", uri=uri)
    return alpha
