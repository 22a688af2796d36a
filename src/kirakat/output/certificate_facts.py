"""A certificate in words that a merchant understands."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kirakat.types import Certificate, Creative


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of a certificate."""

    label: str
    value: str
    # The whole value where `value` shortens a hash.
    full: str = ""


def certificate_facts(creative: Creative) -> tuple[Fact, ...]:
    """What was measured on a creative and where it came from, in reading order."""
    return (*_measurements(creative), *_origin(creative))


def untouched(certificate: Certificate) -> str:
    """Whether the product's pixels are the merchant's own, in one sentence."""
    pixels = f"{certificate.product_pixels:,} pixels"
    if certificate.product_pixels == 0:
        return "not compared"
    if certificate.product_difference == 0:
        return f"untouched: difference 0 over {pixels}"
    return f"differs by up to {certificate.product_difference} of 255 levels over {pixels}"


def _measurements(creative: Creative) -> tuple[Fact, ...]:
    certificate = creative.certificate
    product = (
        Fact(label="Product", value=untouched(certificate)),
        Fact(label="After encoding", value=_psnr(certificate.encoded_psnr)),
        Fact(label="Coverage", value=f"{certificate.coverage:.0%} of the picture"),
        Fact(label="Mask confidence", value=f"{certificate.mask_confidence:.2f} of 1"),
        Fact(label="Halo", value=f"{certificate.halo:.1f} ΔE at the rim"),
    )
    if creative.key.treatment != "generated":
        return product
    return (
        *product,
        Fact(label="Expansion", value=_expansion(certificate)),
        Fact(label="Contact", value=_contact(certificate.contact)),
        Fact(label="Cropped away", value=f"{certificate.crop_loss:.0%} of the render"),
    )


def _origin(creative: Creative) -> tuple[Fact, ...]:
    certificate = creative.certificate
    seed = "" if certificate.seed is None else f"{certificate.seed}, {creative.attempt}"
    facts = (
        Fact(label="Model", value=certificate.model),
        Fact(label="Licence", value=certificate.model_licence),
        Fact(label="Scene", value=certificate.scene_id or ""),
        Fact(label="Seed, attempt", value=seed),
        _hash("Key", creative.key.digest),
        _hash("File", creative.sha256),
        _hash("Source photo", certificate.source_sha256),
        _hash("Matte", certificate.matte_sha256),
        _hash("Render", certificate.render_key or ""),
    )
    return tuple(fact for fact in facts if fact.value)


def _hash(label: str, value: str) -> Fact:
    return Fact(label=label, value=value[:12], full=value)


def _psnr(decibels: float) -> str:
    return "lossless" if math.isinf(decibels) else f"{decibels:.1f} dB PSNR on the product"


def _expansion(certificate: Certificate) -> str:
    if certificate.expansion is None:
        return "not measured"
    noise = certificate.expansion_noise
    beside = "" if noise is None else f" (measuring noise {noise:.1%})"
    return f"{certificate.expansion:.1%} of the product's area{beside}"


def _contact(contact: float | None) -> str:
    return "no support in this view" if contact is None else f"{contact:.2f} of 1"
