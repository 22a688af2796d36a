"""Pass, review or reject: what the measures of a creative amount to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kirakat.quality.framing import Framing
from kirakat.quality.thresholds import Thresholds
from kirakat.types import Certificate, Defect, GateResult, Verdict

__all__ = ["Thresholds", "judge"]

# Worst first: the first defect of a result is the one whose retry is worth most.
_SEVERITY = (
    Defect.PRODUCT_ALTERED,
    Defect.BAD_MASK,
    Defect.CUT,
    Defect.VIRTUAL_EXTENSION,
    Defect.TOO_SMALL,
    Defect.HALO,
    Defect.FLOATING,
)


@dataclass(frozen=True, kw_only=True)
class _Finding:
    verdict: Verdict
    defect: Defect | None
    reason: str


def judge(certificate: Certificate, framing: Framing, thresholds: Thresholds) -> GateResult:
    """The gate's verdict, with the defects worst first and a reason for each finding.

    A measure that is None was not taken and decides nothing. Each reason names the measured
    value and the limit that it crossed.
    """
    findings = [*_of_product(certificate, thresholds), *_of_background(certificate, thresholds)]
    findings += _of_framing(framing, thresholds)
    findings.sort(key=_rank)
    verdicts = {finding.verdict for finding in findings}
    verdict: Verdict = "pass"
    if verdicts:
        verdict = "reject" if "reject" in verdicts else "review"
    defects = dict.fromkeys(finding.defect for finding in findings if finding.defect)
    return GateResult(
        verdict=verdict,
        defects=tuple(defects),
        reasons=tuple(finding.reason for finding in findings),
    )


def _rank(finding: _Finding) -> tuple[bool, int]:
    severity = _SEVERITY.index(finding.defect) if finding.defect else len(_SEVERITY)
    return finding.verdict != "reject", severity


def _of_product(certificate: Certificate, limits: Thresholds) -> Iterator[_Finding]:
    yield from _above(
        certificate.product_difference,
        "product pixels differ from the source by up to {value:.0f} levels",
        Defect.PRODUCT_ALTERED,
        reject=limits.product_difference_reject,
    )
    yield from _below(
        certificate.encoded_psnr,
        "encoding leaves the product {value:.1f} dB",
        Defect.PRODUCT_ALTERED,
        review=limits.encoded_psnr_review,
        reject=limits.encoded_psnr_reject,
    )
    yield from _below(
        certificate.mask_confidence,
        "the matte's confidence is {value:.2f}",
        Defect.BAD_MASK,
        review=limits.mask_confidence_review,
        reject=limits.mask_confidence_reject,
    )
    if certificate.product_pixels == 0:
        reason = "no product pixel could be compared with the source (0, at least 1)"
        yield _Finding(verdict="review", defect=Defect.BAD_MASK, reason=reason)


def _of_background(certificate: Certificate, limits: Thresholds) -> Iterator[_Finding]:
    if certificate.expansion is not None:
        yield from _above(
            max(certificate.expansion - (certificate.expansion_noise or 0.0), 0.0),
            "the background adds {value:.1%} to the product's area, noise deducted",
            Defect.VIRTUAL_EXTENSION,
            review=limits.expansion_review,
            reject=limits.expansion_reject,
        )
    yield from _above(
        certificate.halo,
        "a rim stands out by {value:.1f} (CIE76)",
        Defect.HALO,
        review=limits.halo_review,
        reject=limits.halo_reject,
    )
    if certificate.contact is not None:
        yield from _below(
            certificate.contact,
            "contact with the ground scores {value:.2f}",
            Defect.FLOATING,
            review=limits.contact_review,
            reject=limits.contact_reject,
        )
    yield from _above(
        certificate.crop_loss,
        "the crop leaves out {value:.0%} of the render",
        None,
        review=limits.crop_loss_review,
    )


def _of_framing(framing: Framing, limits: Thresholds) -> Iterator[_Finding]:
    yield from _below(
        framing.coverage,
        "the product covers {value:.1%} of the picture",
        Defect.TOO_SMALL,
        review=limits.coverage_review,
        reject=limits.coverage_reject,
    )
    yield from _above(
        framing.unsafe_share,
        "{value:.1%} of the product lies outside the safe area",
        Defect.CUT,
        review=limits.unsafe_share_review,
        reject=limits.unsafe_share_reject,
    )
    if framing.cut_sides:
        sides = ", ".join(sorted(framing.cut_sides))
        reason = f"the canvas cuts the product at {len(framing.cut_sides)} sides ({sides}), limit 0"
        yield _Finding(verdict="reject", defect=Defect.CUT, reason=reason)


def _above(
    value: float,
    text: str,
    defect: Defect | None,
    *,
    reject: float | None = None,
    review: float | None = None,
) -> Iterator[_Finding]:
    if reject is not None and value > reject:
        yield _finding("reject", value, text, defect, f"at most {reject:g}")
    elif review is not None and value > review:
        yield _finding("review", value, text, defect, f"at most {review:g}")


def _below(
    value: float, text: str, defect: Defect, *, review: float, reject: float
) -> Iterator[_Finding]:
    if value < reject:
        yield _finding("reject", value, text, defect, f"at least {reject:g}")
    elif value < review:
        yield _finding("review", value, text, defect, f"at least {review:g}")


def _finding(
    verdict: Verdict, value: float, text: str, defect: Defect | None, limit: str
) -> _Finding:
    reason = f"{text.format(value=value)}; without {verdict} {limit}"
    return _Finding(verdict=verdict, defect=defect, reason=reason)
