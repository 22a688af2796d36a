"""Any Pillow mode and ICC profile to sRGB, with the alpha channel set apart."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageCms

from kirakat.types import Alpha

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsProfile

# Colour space of a profile (ICC.1:2022, 7.2.6) to the mode that it describes.
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def split_alpha(image: Image.Image) -> tuple[Image.Image, Alpha | None]:
    """The picture in mode L, RGB or CMYK, and its coverage (H, W) if it has any.

    Raises `ValueError` for modes that have no 8-bit equivalent.
    """
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    if image.mode in ("PA", "RGBa"):
        image = image.convert("RGBA")
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("LA", "RGBA"):
        alpha = np.asarray(image.getchannel("A"), dtype=np.float32) / np.float32(255.0)
        return image.convert("L" if image.mode == "LA" else "RGB"), alpha
    return _eight_bit(image), None


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("P", "RGBX", "YCbCr", "HSV"):
        return image.convert("RGB")
    raise ValueError(f"colour mode {image.mode} is not supported")


def _from_16_bit(image: Image.Image) -> tuple[Image.Image, Alpha | None]:
    """Greyscale of 16 bits a sample; its transparent grey, if any, becomes coverage."""
    samples = np.asarray(image).astype(np.int64)
    if samples.min() < 0 or samples.max() > 65_535:
        raise ValueError("it has more than 16 bits a sample")
    key = image.info.get("transparency")
    alpha = (samples != key).astype(np.float32) if isinstance(key, int) else None
    return Image.fromarray(np.round(samples / 257.0).astype(np.uint8)), alpha


def to_srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """An L, RGB or CMYK picture in sRGB, by its profile where it has one that fits.

    A profile for another colour space than the picture's (a common slip of image editors)
    describes nothing and is left aside, except an RGB profile on a grey picture. Raises
    `ValueError` for a profile that cannot be read or used.
    """
    if not icc_profile:
        return image.convert("RGB")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        return _by_profile(image, profile)
    except (ImageCms.PyCMSError, OSError) as error:
        raise ValueError(f"its colour profile is unusable: {error}") from error


def _by_profile(image: Image.Image, profile: ImageCmsProfile) -> Image.Image:
    space = profile.profile.xcolor_space.strip()
    if space == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    if _PROFILE_MODES.get(space) != image.mode or _is_srgb(profile):
        return image.convert("RGB")
    converted = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if converted is None:
        raise ValueError("its colour profile gave no picture")
    return converted


def _is_srgb(profile: ImageCmsProfile) -> bool:
    """Whether the profile calls itself sRGB, so that pixels can stay as they are."""
    return "srgb" in (profile.profile.profile_description or "").lower()
