"""From a background to a finished creative: step 5, encoding, certificate, gate."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from kirakat.clock import Clock
from kirakat.hashing import sha256_bytes
from kirakat.imaging.encode import encode
from kirakat.imaging.shadow import Shadow
from kirakat.imaging.xmp import Metadata
from kirakat.pipeline.step2_place import tile_box
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.pipeline.subject import Subject
from kirakat.pipeline.wanted import Wanted
from kirakat.quality.certificate import Provenance, certify
from kirakat.quality.framing import Framing, framing
from kirakat.quality.gate import judge
from kirakat.quality.thresholds import Thresholds
from kirakat.types import RGB, Alpha, Creative, Layout


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """All of a creative that is not the product."""

    # (h, w, 3) at the placement's size.
    pixels: RGB
    layout: Layout
    # (h, w): the product's coverage where the layout puts it.
    alpha: Alpha
    shadow: Shadow | None
    provenance: Provenance = field(default_factory=Provenance)
    # The attempt of the render, 0 for the first.
    attempt: int = 0
    # Seconds of the steps before.
    seconds: Mapping[str, float] = field(default_factory=dict)


def compose(
    wanted: Wanted,
    subject: Subject,
    backdrop: Backdrop,
    *,
    thresholds: Thresholds,
    clock: Clock,
) -> Creative:
    """Cut the product back over its backdrop, encode, measure, judge.

    Raises `EncodeError` when the picture does not fit the placement's byte cap.
    """
    started = clock.monotonic()
    composed = cut_back(
        subject.image.pixels,
        subject.cutout,
        backdrop.layout,
        backdrop.pixels,
        shadow=backdrop.shadow,
        alpha=backdrop.alpha,
    )
    cut = clock.monotonic()
    data = encode(composed, wanted.placement, metadata=_metadata(wanted))
    encoded = clock.monotonic()
    certificate = certify(
        composed,
        decode_pixels(data),
        subject.image,
        subject.cutout,
        backdrop.layout,
        treatment=wanted.treatment,
        provenance=backdrop.provenance,
    )
    gate = judge(certificate, _framing(wanted, subject, backdrop), thresholds)
    seconds = {
        **backdrop.seconds,
        "cut back": cut - started,
        "encode": encoded - cut,
        "check": clock.monotonic() - encoded,
    }
    return Creative(
        key=wanted.key,
        offer_id=subject.offer.offer_id,
        prompt=wanted.prompt.prompt if wanted.prompt else None,
        attempt=backdrop.attempt,
        data=data,
        sha256=sha256_bytes(data),
        certificate=certificate,
        gate=gate,
        seconds=seconds,
    )


def _framing(wanted: Wanted, subject: Subject, backdrop: Backdrop) -> Framing:
    """How the product lies on the canvas; in an elongated placement, in its tile."""
    placement = wanted.placement
    frame = framing(backdrop.alpha, backdrop.layout, placement.safe_area)
    if not placement.is_tile:
        return frame
    tile = tile_box(placement, subject.cutout.border_contact)
    share = tile.width * tile.height / (placement.width * placement.height)
    return replace(frame, coverage=min(frame.coverage / share, 1.0))


def decode_pixels(data: bytes) -> RGB:
    """An encoded creative as pixels (h, w, 3), as a browser shows it."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _metadata(wanted: Wanted) -> Metadata:
    prompt = wanted.prompt
    return Metadata(
        treatment=wanted.treatment,
        description=prompt.prompt.arm if prompt else wanted.treatment,
    )
