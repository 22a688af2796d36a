"""Encoding under a byte cap, with a label that survives."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from kirakat.errors import EncodeError, ImageDecodeError
from kirakat.imaging.encode import encode
from kirakat.imaging.xmp import (
    DIGITAL_SOURCE_TYPES,
    Metadata,
    build_packet,
    read_digital_source_type,
    read_packet,
)
from kirakat.types import RGB, ImageFormat, Placement, Treatment

FORMATS: tuple[ImageFormat, ...] = ("jpeg", "webp", "avif", "png")
LOSSY: tuple[ImageFormat, ...] = ("jpeg", "webp", "avif")
GENERATED = Metadata(treatment="generated", description="marble-morning@3")


def picture(width: int = 300, height: int = 250) -> RGB:
    """A soft picture with some grain, like a photograph."""
    rows, columns = np.mgrid[:height, :width]
    soft = 128 + 60 * np.sin(rows / 31) + 50 * np.cos(columns / 23)
    grain = np.random.default_rng(0).normal(0, 6, (height, width, 3))
    return np.asarray(np.clip(soft[..., None] + grain, 0, 255), np.uint8)


def placement(name: ImageFormat, max_bytes: int = 150_000) -> Placement:
    """A 300x250 banner."""
    return Placement(name="300x250", width=300, height=250, format=name, max_bytes=max_bytes)


@pytest.mark.parametrize("cap", [40_000, 20_000])
@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_stay_under_the_cap(name: ImageFormat, cap: int) -> None:
    """Otherwise the ad network refuses the creative."""
    assert len(encode(picture(), placement(name, cap), metadata=GENERATED)) <= cap


@pytest.mark.parametrize("name", LOSSY)
def test_a_larger_cap_gives_a_better_picture(name: ImageFormat) -> None:
    """Otherwise quality is thrown away although the network would take it."""

    def error(cap: int) -> float:
        data = encode(picture(), placement(name, cap), metadata=GENERATED)
        decoded = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
        return float(np.square(decoded - picture()).mean())

    assert error(150_000) < error(20_000)


@pytest.mark.parametrize("name", FORMATS)
def test_a_generated_picture_says_so(name: ImageFormat) -> None:
    """Otherwise Merchant Center disapproves an unlabelled AI picture."""
    data = encode(picture(), placement(name, 400_000), metadata=GENERATED)
    assert read_digital_source_type(data) == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )


@pytest.mark.parametrize("treatment", ["original", "positioned", "generated"])
def test_each_treatment_has_its_own_source_type(treatment: Treatment) -> None:
    """Otherwise plain photos are labelled as AI or AI pictures as photos."""
    data = encode(picture(), placement("jpeg"), metadata=Metadata(treatment=treatment))
    assert read_digital_source_type(data) == DIGITAL_SOURCE_TYPES[treatment]


@pytest.mark.parametrize("name", FORMATS)
def test_equal_inputs_give_equal_bytes(name: ImageFormat) -> None:
    """Otherwise content addresses differ from run to run."""
    first = encode(picture(), placement(name, 400_000), metadata=GENERATED)
    assert first == encode(picture(), placement(name, 400_000), metadata=GENERATED)


@pytest.mark.parametrize("name", FORMATS)
def test_files_hold_no_exif(name: ImageFormat) -> None:
    """Otherwise personal data of the photographer may leak into ads."""
    data = encode(picture(), placement(name, 400_000), metadata=GENERATED)
    with Image.open(io.BytesIO(data)) as image:
        assert len(image.getexif()) == 0


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_carry_the_srgb_profile(name: ImageFormat) -> None:
    """Otherwise wide-gamut screens show oversaturated products."""
    data = encode(picture(), placement(name), metadata=GENERATED)
    with Image.open(io.BytesIO(data)) as image:
        assert b"sRGB" in image.info["icc_profile"].replace(b"\0", b"")


def test_png_states_srgb_and_keeps_every_pixel() -> None:
    """Otherwise the lossless format is neither lossless nor managed."""
    data = encode(picture(), placement("png", 400_000), metadata=GENERATED)
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["srgb"] == 0
        np.testing.assert_array_equal(np.asarray(image), picture())


@pytest.mark.parametrize(("cap", "sampling"), [(150_000, (1, 1)), (20_000, (2, 2))])
def test_jpeg_thins_colour_only_when_it_must(cap: int, sampling: tuple[int, int]) -> None:
    """Otherwise red products get frayed edges where there was room for sharp ones."""
    data = encode(picture(), placement("jpeg", cap), metadata=GENERATED)
    with Image.open(io.BytesIO(data)) as image:
        layers: list[tuple[int, int, int, int]] = image.layer  # type: ignore[attr-defined]  # JPEG
    assert layers[0][1:3] == sampling


@pytest.mark.parametrize("name", FORMATS)
def test_a_hopeless_cap_is_refused_with_the_cap_that_would_do(name: ImageFormat) -> None:
    """Otherwise the user does not know what to change."""
    with pytest.raises(EncodeError, match="raise max_bytes to") as caught:
        encode(picture(), placement(name, 900), metadata=GENERATED)
    enough = caught.value.smallest
    assert isinstance(enough, int)
    assert len(encode(picture(), placement(name, enough), metadata=GENERATED)) <= enough


def test_a_png_over_its_cap_names_jpeg() -> None:
    """Otherwise the user does not know that another format would do."""
    with pytest.raises(EncodeError, match='or set format = "jpeg"'):
        encode(picture(), placement("png", 60_000), metadata=GENERATED)


def test_a_png_is_reduced_to_a_palette_only_on_request() -> None:
    """Otherwise flat colours posterise although nobody asked for it."""
    capped = placement("png", 75_000)
    with pytest.raises(EncodeError):
        encode(picture(), capped, metadata=GENERATED)
    reduced = encode(picture(), capped, metadata=GENERATED, allow_palette=True)
    assert len(reduced) <= 75_000
    assert read_digital_source_type(reduced) == GENERATED.digital_source_type


def test_pixels_of_another_size_are_refused() -> None:
    """Otherwise a creative is stretched instead of composed again."""
    with pytest.raises(EncodeError, match="is not for 300x250"):
        encode(picture(250, 300), placement("jpeg"), metadata=GENERATED)


def test_the_packet_escapes_its_description() -> None:
    """Otherwise a prompt's name breaks the label."""
    data = encode(
        picture(),
        placement("jpeg"),
        metadata=Metadata(treatment="generated", description="<a> & 'b'@1"),
    )
    packet = read_packet(data)
    assert packet is not None
    assert b"&lt;a&gt; &amp;" in packet
    assert read_digital_source_type(data) == GENERATED.digital_source_type


def test_the_packet_names_the_tool_and_the_prompt() -> None:
    """Otherwise nobody can tell later which prompt made a picture."""
    packet = build_packet(GENERATED).decode()
    assert "<xmp:CreatorTool>Kirakat</xmp:CreatorTool>" in packet
    assert "marble-morning@3" in packet


def test_a_picture_without_label_has_no_source_type() -> None:
    """Otherwise foreign pictures are taken for ours."""
    plain = io.BytesIO()
    Image.fromarray(picture()).save(plain, "JPEG")
    assert read_digital_source_type(plain.getvalue()) is None


@pytest.mark.parametrize(
    "described",
    [
        '<rdf:Description xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'e:DigitalSourceType="urn:x"/>',
        '<rdf:Description xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        '<e:DigitalSourceType rdf:resource="urn:x"/></rdf:Description>',
    ],
)
def test_labels_of_other_tools_are_read(described: str) -> None:
    """Otherwise a picture that is already labelled as AI is not recognised."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{described}</rdf:RDF></x:xmpmeta>'
    )
    target = io.BytesIO()
    Image.fromarray(picture()).save(target, "JPEG", xmp=packet.encode())
    assert read_digital_source_type(target.getvalue()) == "urn:x"


def test_bytes_that_are_no_image_are_refused() -> None:
    """Otherwise a broken download passes as an unlabelled picture."""
    with pytest.raises(ImageDecodeError):
        read_digital_source_type(b"not an image")


def test_a_broken_packet_is_refused() -> None:
    """Otherwise a damaged label passes as no label."""
    target = io.BytesIO()
    Image.fromarray(picture()).save(target, "JPEG", xmp=b"<broken")
    with pytest.raises(ImageDecodeError, match="XMP"):
        read_digital_source_type(target.getvalue())
