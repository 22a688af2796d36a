"""Encode a finished picture for its placement: under the byte cap, labelled, in sRGB.

Equal pixels and metadata give equal bytes with the same versions of the codecs.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageCms, PngImagePlugin

from kirakat.errors import EncodeError
from kirakat.imaging.xmp import Metadata, build_packet
from kirakat.types import RGB, Placement

LossyFormat = Literal["jpeg", "webp", "avif"]

_TOP_QUALITY: dict[LossyFormat, int] = {"jpeg": 95, "webp": 95, "avif": 90}
# Below these, blocks show on smooth backgrounds; AVIF's scale is milder.
QUALITY_FLOOR: dict[LossyFormat, int] = {"jpeg": 40, "webp": 40, "avif": 30}
# Above this quality colour edges are worth their full resolution.
_FULL_CHROMA_ABOVE: dict[LossyFormat, int] = {"jpeg": 90, "avif": 80}
_PNG_COLOURS = 256


def encode(
    pixels: RGB, placement: Placement, *, metadata: Metadata, allow_palette: bool = False
) -> bytes:
    """A file of (placement.height, placement.width, 3) pixels within `placement.max_bytes`.

    Lossy formats take the highest quality that fits. A PNG that does not fit is reduced to 256
    colours if `allow_palette`. Raises `EncodeError` when nothing fits, naming what would, and
    when the pixels have another size than the placement.
    """
    if pixels.shape != (placement.height, placement.width, 3):
        raise EncodeError(
            f"a picture of {pixels.shape[1]}x{pixels.shape[0]} is not for {placement.name}, "
            f"which is {placement.width}x{placement.height}",
            placement=placement,
        )
    image, packet = Image.fromarray(pixels), build_packet(metadata)
    if placement.format == "png":
        return _encode_png(image, packet, placement, allow_palette)
    return _encode_lossy(image, packet, placement, placement.format)


def _encode_lossy(
    image: Image.Image, packet: bytes, placement: Placement, name: LossyFormat
) -> bytes:
    best = _best_under(placement.max_bytes, image, packet, name)
    if best is not None:
        return best
    smallest = len(_SAVERS[name](image, packet, QUALITY_FLOOR[name]))
    advice = f"raise max_bytes to {smallest}"
    if name != "webp" and len(_save_webp(image, packet, 40)) <= placement.max_bytes:
        advice += ' or set format = "webp"'
    raise _too_large(placement, smallest, advice)


def _encode_png(
    image: Image.Image, packet: bytes, placement: Placement, allow_palette: bool
) -> bytes:
    full = _save_png(image, packet)
    if len(full) <= placement.max_bytes:
        return full
    smallest = len(full)
    if allow_palette:
        reduced = _save_png(image.quantize(_PNG_COLOURS), packet)
        if len(reduced) <= placement.max_bytes:
            return reduced
        smallest = min(smallest, len(reduced))
    advice = f"raise max_bytes to {smallest}"
    if _best_under(placement.max_bytes, image, packet, "jpeg") is not None:
        advice += ' or set format = "jpeg"'
    raise _too_large(placement, smallest, advice)


def _best_under(
    max_bytes: int, image: Image.Image, packet: bytes, name: LossyFormat
) -> bytes | None:
    """The file of highest quality within the cap, by bisection; None when the floor is over."""
    save, low, high = _SAVERS[name], QUALITY_FLOOR[name], _TOP_QUALITY[name]
    best = save(image, packet, high)
    if len(best) <= max_bytes:
        return best
    found: bytes | None = None
    high -= 1
    while low <= high:
        quality = (low + high) // 2
        data = save(image, packet, quality)
        if len(data) <= max_bytes:
            found, low = data, quality + 1
        else:
            high = quality - 1
    return found


def _too_large(placement: Placement, smallest: int, advice: str) -> EncodeError:
    return EncodeError(
        f"the smallest {placement.format} for {placement.name} takes {smallest} bytes, "
        f"over its cap of {placement.max_bytes}; {advice}",
        placement=placement,
        smallest=smallest,
    )


def _subsampling(name: LossyFormat, quality: int) -> str:
    return "4:4:4" if quality > _FULL_CHROMA_ABOVE[name] else "4:2:0"


def _save_jpeg(image: Image.Image, packet: bytes, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(
        target,
        "JPEG",
        quality=quality,
        subsampling=_subsampling("jpeg", quality),
        progressive=True,
        optimize=True,
        icc_profile=srgb_profile(),
        xmp=packet,
    )
    return target.getvalue()


def _save_webp(image: Image.Image, packet: bytes, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=quality, method=4, icc_profile=srgb_profile(), xmp=packet)
    return target.getvalue()


def _save_avif(image: Image.Image, packet: bytes, quality: int) -> bytes:
    target = io.BytesIO()
    # A fixed number of threads and no tiling by size keep the bytes the same on every machine.
    image.save(
        target,
        "AVIF",
        quality=quality,
        subsampling=_subsampling("avif", quality),
        speed=7,
        max_threads=1,
        autotiling=False,
        icc_profile=srgb_profile(),
        xmp=packet,
    )
    return target.getvalue()


def _save_png(image: Image.Image, packet: bytes) -> bytes:
    target, chunks = io.BytesIO(), PngImagePlugin.PngInfo()
    # Rendering intent 0, perceptual: states sRGB in one byte instead of a profile.
    chunks.add(b"sRGB", b"\x00")
    chunks.add_itxt("XML:com.adobe.xmp", packet.decode())
    image.save(target, "PNG", optimize=True, pnginfo=chunks)
    return target.getvalue()


_SAVERS: dict[LossyFormat, Callable[[Image.Image, bytes, int], bytes]] = {
    "jpeg": _save_jpeg,
    "webp": _save_webp,
    "avif": _save_avif,
}


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """LittleCMS' own sRGB profile (about 600 bytes), dated 2000-01-01 to stay the same."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # ICC.1:2022, 7.2: date and time as six big-endian 16-bit numbers at byte 24.
    date = b"".join(part.to_bytes(2, "big") for part in (2000, 1, 1, 0, 0, 0))
    return profile[:24] + date + profile[36:]
