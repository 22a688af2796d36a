"""Pictures of every kind to upright sRGB."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from kirakat.catalog.decode_image import DecodeLimits, decode_image
from kirakat.errors import ImageDecodeError, ImageError, ImageRefusedError


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def split_picture() -> Image.Image:
    """120x80, left third red, the rest blue."""
    image = Image.new("RGB", (120, 80), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 40, 80))
    return image


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def test_plain_picture_is_unchanged() -> None:
    """Product pixels would change before the pipeline saw them."""
    image = split_picture()
    source = decode_image(encode(image), "x.png")
    np.testing.assert_array_equal(source.pixels, np.asarray(image))
    assert source.alpha is None
    assert (source.width, source.height, source.uri) == (120, 80, "x.png")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    """Photos from phones would lie on their side."""
    image = split_picture()
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = image if turn is None else image.transpose(turn)
    source = decode_image(encode(stored, exif=exif), "x.png")
    np.testing.assert_array_equal(source.pixels, np.asarray(image))


def test_alpha_is_returned() -> None:
    """A cutout would lose its exact edge and be segmented again."""
    image = split_picture().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((120, 80)))
    source = decode_image(encode(image), "x.png")
    assert source.alpha is not None
    assert source.alpha.dtype == np.float32
    np.testing.assert_allclose(source.alpha * 255, np.asarray(image.getchannel("A")), atol=1e-4)
    np.testing.assert_array_equal(source.pixels, np.asarray(image)[..., :3])


def test_opaque_alpha_is_none() -> None:
    """A photo saved with a useless alpha channel would count as a cutout of everything."""
    assert decode_image(encode(split_picture().convert("RGBA")), "x").alpha is None


def test_wholly_transparent_picture_is_refused() -> None:
    """An invisible product would be advertised."""
    with pytest.raises(ImageDecodeError, match="entirely transparent"):
        decode_image(encode(Image.new("RGBA", (80, 80), (1, 2, 3, 0))), "x")


def test_palette_with_transparency() -> None:
    """Small PNG and GIF logos and cutouts would get a coloured box."""
    image = Image.new("P", (80, 80), 0)
    image.putpalette([0, 0, 0, 200, 30, 10])
    image.paste(1, (0, 0, 40, 80))
    source = decode_image(encode(image, transparency=0), "x")
    assert source.alpha is not None
    assert source.alpha[0, 0] == 1.0
    assert source.alpha[0, 79] == 0.0
    assert tuple(source.pixels[0, 0]) == (200, 30, 10)


@pytest.mark.parametrize(("mode", "grey"), [("L", 77), ("1", 255), ("LA", (77, 200)), ("P", 77)])
def test_grey_modes_become_rgb(mode: str, grey: Any) -> None:
    """Black and white pictures would be refused or break later steps."""
    source = decode_image(encode(Image.new(mode, (80, 80), grey)), "x")
    assert source.pixels.shape == (80, 80, 3)
    assert source.pixels.dtype == np.uint8


def test_16_bit_grey_is_scaled() -> None:
    """16-bit pictures would come out white or black."""
    ramp = np.linspace(0, 65_535, 80 * 80).astype(np.uint16).reshape(80, 80)
    source = decode_image(encode(Image.fromarray(ramp)), "x")
    expected = np.round(ramp / 257.0).astype(np.uint8)
    np.testing.assert_array_equal(source.pixels[..., 1], expected)


def test_cmyk_jpeg_keeps_its_colour() -> None:
    """Pictures from print catalogues would be inverted."""
    image = Image.new("CMYK", (80, 80), (0, 255, 255, 0))
    red = decode_image(encode(image, "JPEG", quality=95), "x").pixels[40, 40].astype(int)
    assert red[0] > 200
    assert red[1] < 80
    assert red[2] < 80


def test_icc_profile_is_converted() -> None:
    """Wide-gamut photos would look dull, and off-profile ones wrong."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000))
    srgb = ImageCms.createProfile("sRGB")
    image = split_picture()
    plain = decode_image(encode(image), "x").pixels
    swapped = _profile_with_red_and_blue_swapped()
    source = decode_image(encode(image, icc_profile=swapped), "x")
    assert lab.profile.xcolor_space.strip() == "Lab"
    assert srgb.profile_description
    np.testing.assert_allclose(source.pixels[..., ::-1].astype(int), plain.astype(int), atol=12)


def _profile_with_red_and_blue_swapped() -> bytes:
    """sRGB with the colorants of red and blue exchanged: easy to see, no vendor's file."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"s\0R\0G\0B", b"s\0W\0A\0P").replace(b"sRGB built-in", b"swap built-in")
    marks = (b"rXYZ", b"bXYZ", b"gXYZ")
    count = struct.unpack(">I", data[128:132])[0]
    table = bytearray(data[132 : 132 + 12 * count])
    for start in range(0, len(table), 12):
        name = bytes(table[start : start + 4])
        if name == marks[0]:
            table[start : start + 4] = marks[1]
        elif name == marks[1]:
            table[start : start + 4] = marks[0]
    return data[:132] + bytes(table) + data[132 + 12 * count :]


def test_srgb_profile_leaves_pixels_alone() -> None:
    """Most photos carry an sRGB profile; a needless conversion would shift their pixels."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = split_picture()
    source = decode_image(encode(image, icc_profile=profile), "x")
    np.testing.assert_array_equal(source.pixels, np.asarray(image))


def test_broken_profile_is_an_error() -> None:
    """Colours would be guessed without a word."""
    with pytest.raises(ImageDecodeError, match="colour profile"):
        decode_image(encode(split_picture(), icc_profile=b"nonsense" * 30), "x")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_an_animation(kind: str) -> None:
    """An animated banner would show its last frame, or none."""
    frames = [Image.new("RGB", (80, 80), color) for color in ((200, 0, 0), (0, 0, 200))]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    red, green, blue = decode_image(data, "x").pixels[40, 40].astype(int)
    assert (red > 190, green < 10, blue < 10) == (True, True, True)


def test_decompression_bomb_is_refused_before_decoding() -> None:
    """A 100 kB file could take gigabytes."""
    with pytest.raises(ImageRefusedError, match="megapixels"):
        decode_image(png_header(9000, 9000), "bomb.png")


def test_pillows_own_bomb_limit_is_an_error_too() -> None:
    """A file above Pillow's own limit would raise something that nobody catches."""
    with pytest.raises(ImageError):
        decode_image(png_header(60_000, 60_000), "bomb.png")


def test_heavy_file_is_refused() -> None:
    """A huge file would be decoded."""
    with pytest.raises(ImageRefusedError, match=r"20 MB"):
        decode_image(b"\0" * 20_000_001, "x")


def test_small_picture_is_refused() -> None:
    """A thumbnail would be blown up into an ad."""
    with pytest.raises(ImageRefusedError, match="too small"):
        decode_image(encode(Image.new("RGB", (63, 200))), "x")


def test_limits_can_be_set() -> None:
    """A merchant's own limit would be ignored."""
    with pytest.raises(ImageRefusedError):
        decode_image(encode(split_picture()), "x", limits=DecodeLimits(max_pixels=9_000))


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"hello", "JPEG, PNG"),
        (encode(split_picture(), "JPEG")[:700], "damaged"),
    ],
    ids=["empty", "html", "svg", "heic", "text", "truncated"],
)
def test_no_picture_says_what_to_do(data: bytes, advice: str) -> None:
    """A merchant would not learn why a product has no picture."""
    with pytest.raises(ImageDecodeError, match=advice):
        decode_image(data, "x")


def test_pillow_warning_is_an_error() -> None:
    """A file that Pillow doubts would go through unseen."""
    exif = Image.Exif()
    exif[0x0112] = 1
    data = exif.tobytes()
    broken = data[:14] + b"\xff\xff" + data[16:]
    with pytest.raises(ImageDecodeError, match="damaged"):
        decode_image(encode(split_picture(), "JPEG", exif=broken), "x")


def test_warning_filters_are_restored() -> None:
    """Decoding a picture would turn every later warning of Pillow into an error."""
    before = list(warnings.filters)
    decode_image(encode(split_picture()), "x")
    assert list(warnings.filters) == before


SAMPLES = [encode(split_picture(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")]


@settings(max_examples=300, deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    where=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=8),
)
def test_damaged_pictures_raise_image_errors(sample: bytes, where: float, junk: bytes) -> None:
    """One damaged picture would end a whole run."""
    at = int(where * len(sample))
    shape: tuple[int, ...] = (0, 0, 3)
    with contextlib.suppress(ImageError):
        shape = decode_image(sample[:at] + junk + sample[at + len(junk) :], "x").pixels.shape
    assert shape[2:] == (3,)
