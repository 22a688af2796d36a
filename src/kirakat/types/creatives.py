"""Finished images, what was measured on them, and what a run makes of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from kirakat.types.offers import Offer, Rejection
from kirakat.types.photos import PhotoFacts
from kirakat.types.pixels import RGB
from kirakat.types.placements import Placement
from kirakat.types.prompts import Prompt
from kirakat.types.recipes import Recipe, Treatment

Verdict = Literal["pass", "review", "reject"]


class Defect(StrEnum):
    """What the gate found wrong with a creative; each class has its own retry."""

    BAD_MASK = "bad_mask"
    VIRTUAL_EXTENSION = "virtual_extension"
    HALO = "halo"
    FLOATING = "floating"
    TOO_SMALL = "too_small"
    CUT = "cut"
    PRODUCT_ALTERED = "product_altered"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What was measured on a creative, and where every pixel of it came from."""

    # Largest difference, in 8-bit levels, between the creative's product pixels and an
    # independent resample of the source where alpha is 1, before encoding. 0 means untouched.
    product_difference: int
    # Pixels over which that was compared.
    product_pixels: int
    # The same comparison after encoding, as PSNR in dB; infinite for lossless formats.
    encoded_psnr: float
    # Area that the generated picture adds to the object, as a share of the product's area,
    # and what the segmenter reports on an untouched picture; None where it was not measured.
    expansion: float | None
    expansion_noise: float | None
    # Mean colour distance (CIE76) of a visible rim from the colours at both its sides.
    halo: float
    # 0 no visible contact with the support to 1 a clear contact shadow; None without support.
    contact: float | None
    # Share of the creative's area that the product covers.
    coverage: float
    mask_confidence: float
    # Share of the render that this placement's crop leaves out.
    crop_loss: float
    model: str
    model_licence: str
    prompt: str
    seed: int | None
    source_sha256: str
    matte_sha256: str
    render_key: str | None
    scene_id: str | None


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What the gate decided, and why."""

    verdict: Verdict
    defects: tuple[Defect, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreativeKey:
    """What a recommender asks for: the paper's (image, prompt, size) triplet made exact."""

    merchant_id: str
    source_sha256: str
    # Text and negative text after rendering; empty for treatments without a prompt.
    prompt_text: str
    prompt_negative: str
    placement: Placement
    treatment: Treatment
    recipe: Recipe

    @property
    def digest(self) -> str:
        """The key's hexadecimal hash."""
        from kirakat.hashing import digest

        return digest("creative", self)


@dataclass(frozen=True, kw_only=True)
class Creative:
    """One immutable finished image with its certificate."""

    key: CreativeKey
    offer_id: str
    prompt: Prompt | None
    attempt: int
    # The encoded file, whole.
    data: bytes
    sha256: str
    certificate: Certificate
    gate: GateResult
    # Wall-clock seconds by step; 0 where a cache answered.
    seconds: Mapping[str, float]

    def evolve(self, **changes: Any) -> Creative:
        """A copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class StepPicture:
    """One step of the pipeline as a picture, for the report."""

    # Such as "mask" or "edges"; what a person reads under the picture.
    name: str
    pixels: RGB


@dataclass(frozen=True, kw_only=True)
class OfferResult:
    """All that came of one offer."""

    offer: Offer
    category: str
    # What told the category: "google_product_category", "product_type", "title" or "default".
    category_from: str
    # The source photo, at most 512 px; None when it could not be read.
    thumbnail: RGB | None
    creatives: tuple[Creative, ...]
    # What could not be made, and why.
    rejections: tuple[Rejection, ...]
    # Source, mask, edges, scene, generated and finished picture of the first render.
    steps: tuple[StepPicture, ...]
    # Creatives that a cache answered.
    cached: int
    # Wall-clock seconds.
    seconds: float
    # What was measured on the photo; None when its product was never cut out.
    photo: PhotoFacts | None = None
