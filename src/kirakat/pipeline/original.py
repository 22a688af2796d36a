"""The treatment `original`: the merchant's photo, whole, at the placement's size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from kirakat.clock import Clock
from kirakat.hashing import sha256_bytes
from kirakat.imaging.encode import encode
from kirakat.imaging.xmp import Metadata
from kirakat.pipeline.compose import decode_pixels
from kirakat.pipeline.wanted import Wanted
from kirakat.quality.fidelity import encoded_psnr
from kirakat.types import RGB, Certificate, Creative, GateResult, Offer, SourceImage

# Share of the photo's smaller side that is looked at for the colour of its border.
_BORDER_SHARE = 0.02


def make_original(wanted: Wanted, offer: Offer, image: SourceImage, *, clock: Clock) -> Creative:
    """The photo fitted into the placement, the rest in the colour of its own border.

    Nothing is cut out, so the certificate says nothing of a matte. Raises `EncodeError` when
    the picture does not fit the placement's byte cap.
    """
    started = clock.monotonic()
    fitted = fit_whole(image.pixels, wanted.placement.width, wanted.placement.height)
    data = encode(fitted, wanted.placement, metadata=Metadata(treatment="original"))
    everywhere = np.ones(fitted.shape[:2], np.bool_)
    return Creative(
        key=wanted.key,
        offer_id=offer.offer_id,
        prompt=None,
        attempt=0,
        data=data,
        sha256=sha256_bytes(data),
        certificate=Certificate(
            product_difference=0,
            product_pixels=0,
            encoded_psnr=encoded_psnr(decode_pixels(data), fitted, everywhere),
            expansion=None,
            expansion_noise=None,
            halo=0.0,
            contact=None,
            coverage=1.0,
            mask_confidence=1.0,
            crop_loss=0.0,
            model="",
            model_licence="",
            prompt="",
            seed=None,
            source_sha256=image.sha256,
            matte_sha256="",
            render_key=None,
            scene_id=None,
        ),
        gate=GateResult(verdict="pass"),
        seconds={"encode": clock.monotonic() - started},
    )


def fit_whole(pixels: RGB, width: int, height: int) -> RGB:
    """A photo (H, W, 3) whole on a canvas (height, width, 3) of its border's median colour."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    fitted = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (width, height), _border_colour(pixels))
    canvas.paste(fitted, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(canvas)


def _border_colour(pixels: RGB) -> tuple[int, int, int]:
    band = max(round(_BORDER_SHARE * min(pixels.shape[:2])), 1)
    strips = (pixels[:band], pixels[-band:], pixels[:, :band], pixels[:, -band:])
    border = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    red, green, blue = (int(value) for value in np.median(border, axis=0))
    return red, green, blue
