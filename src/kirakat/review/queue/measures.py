"""A certificate's measures beside the gate's limits, as gauges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from kirakat.quality.thresholds import Thresholds
from kirakat.types import Verdict


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One measure on a scale from 0 to 100 %, good at the left."""

    label: str
    value: str
    verdict: Verdict
    # Where review and reject begin, and where the measure stands.
    review: float
    reject: float
    at: float
    # The limits in words.
    limits: str


class _Kind(NamedTuple):
    name: str
    label: str
    # The value at the left end (best) and at the right end.
    best: float
    worst: float
    text: Callable[[float], str]


def _share(value: float) -> str:
    return f"{value:.1%}"


_KINDS = (
    _Kind("expansion", "Virtual extension", 0.0, 0.12, _share),
    _Kind("halo", "Halo", 0.0, 20.0, lambda value: f"{value:.1f} ΔE"),
    _Kind("contact", "Contact", 1.0, 0.0, lambda value: f"{value:.2f} of 1"),
    _Kind("coverage", "Coverage", 0.16, 0.0, _share),
    _Kind("mask_confidence", "Mask confidence", 1.0, 0.0, lambda value: f"{value:.2f} of 1"),
    _Kind("encoded_psnr", "After encoding", 52.0, 22.0, lambda value: f"{value:.1f} dB"),
)


def gauges(certificate: Mapping[str, Any] | None) -> tuple[Gauge, ...]:
    """The measures that were taken, in the order of the gate's severity, failing ones first."""
    if not certificate:
        return ()
    found = [_gauge(kind, value) for kind in _KINDS if (value := _value(certificate, kind.name))]
    found.sort(key=lambda item: ("reject", "review", "pass").index(item.verdict))
    return tuple(found)


def product_line(certificate: Mapping[str, Any] | None) -> tuple[Verdict, str] | None:
    """Whether the product's pixels are the merchant's own, in one sentence."""
    if not certificate or "product_difference" not in certificate:
        return None
    pixels = certificate.get("product_pixels") or 0
    difference = certificate["product_difference"]
    if not pixels:
        return "review", "Product pixels could not be compared with the photo."
    if difference == 0:
        return "pass", f"Product untouched: difference 0 over {pixels:,} pixels."
    return "reject", f"Product differs by up to {difference} of 255 levels over {pixels:,} pixels."


@lru_cache(maxsize=1)
def _limits() -> Thresholds:
    return Thresholds.load()


def _value(certificate: Mapping[str, Any], name: str) -> float | None:
    """The measure; expansion with the segmenter's own noise deducted, as the gate does."""
    value = certificate.get(name)
    if value is None:
        return None
    if name == "expansion":
        return max(float(value) - float(certificate.get("expansion_noise") or 0.0), 1e-9)
    return float(value)


def _gauge(kind: _Kind, value: float) -> Gauge:
    review: float = getattr(_limits(), f"{kind.name}_review")
    reject: float = getattr(_limits(), f"{kind.name}_reject")
    is_rising = kind.worst > kind.best
    verdict: Verdict = "pass"
    if (value > reject) if is_rising else (value < reject):
        verdict = "reject"
    elif (value > review) if is_rising else (value < review):
        verdict = "review"
    word = "above" if is_rising else "below"
    return Gauge(
        label=kind.label,
        value=kind.text(value),
        verdict=verdict,
        review=_position(kind, review),
        reject=_position(kind, reject),
        at=_position(kind, value),
        limits=f"review {word} {kind.text(review)}, reject {word} {kind.text(reject)}",
    )


def _position(kind: _Kind, value: float) -> float:
    share = (value - kind.best) / (kind.worst - kind.best)
    return round(100 * min(max(share, 0.01), 0.99), 2)
