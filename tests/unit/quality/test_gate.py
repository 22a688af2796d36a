"""What the gate makes of good and bad creatives."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kirakat.errors import SettingsError
from kirakat.quality.certificate import Provenance, certify
from kirakat.quality.framing import Framing, framing
from kirakat.quality.gate import judge
from kirakat.quality.thresholds import Thresholds
from kirakat.types import Certificate, Defect, GateResult, Insets

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot

LIMITS = Thresholds.load()
WELL_FRAMED = Framing(coverage=0.2, cut_sides=frozenset(), unsafe_share=0.0)


def certificate(**changes: Any) -> Certificate:
    """A certificate without fault, but for the changes."""
    good = Certificate(
        product_difference=0,
        product_pixels=10_000,
        encoded_psnr=math.inf,
        expansion=0.01,
        expansion_noise=0.01,
        halo=2.0,
        contact=0.9,
        coverage=0.2,
        mask_confidence=0.95,
        crop_loss=0.0,
        model="",
        model_licence="",
        prompt="",
        seed=1,
        source_sha256="",
        matte_sha256="",
        render_key=None,
        scene_id=None,
    )
    return replace(good, **changes)


def judged(shot: Shot, creative: Any, **provenance: Any) -> GateResult:
    """A picture's way through certificate and gate."""
    measured = certify(
        creative,
        creative,
        shot.source,
        shot.cutout,
        shot.layout,
        treatment="generated",
        provenance=Provenance(**provenance),
    )
    return judge(measured, framing(shot.alpha, shot.layout, Insets()), LIMITS)


def test_good_creative_passes(shot: Shot) -> None:
    """Else nothing is ever shown."""
    assert judged(shot, shot.composed()) == GateResult(verdict="pass")


def test_altered_product_is_rejected(shot: Shot) -> None:
    """Else a product that is not for sale is shown to shoppers."""
    creative = shot.composed()
    creative[230, 200] ^= 1
    result = judged(shot, creative)
    assert result.verdict == "reject"
    assert result.defects[0] is Defect.PRODUCT_ALTERED


def test_floating_product_is_rejected(shot: Shot) -> None:
    """Else products are pasted on scenes like stickers."""
    result = judged(shot, shot.composed(grounded=False))
    assert (result.verdict, result.defects) == ("reject", (Defect.FLOATING,))


def test_tiny_product_is_rejected(shot: Shot) -> None:
    """Else shoppers cannot see what is sold."""
    small = replace(shot, layout=replace(shot.layout, scale=0.2, offset_x=176.0, offset_y=200.0))
    assert Defect.TOO_SMALL in judged(small, small.composed()).defects


def test_extension_is_rejected(shot: Shot) -> None:
    """Else the model's additions to a product are shown as part of it."""
    result = judged(shot, shot.composed(), expansion=0.2, expansion_noise=0.01)
    assert (result.verdict, result.defects) == ("reject", (Defect.VIRTUAL_EXTENSION,))


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({"product_difference": 1}, Defect.PRODUCT_ALTERED),
        ({"encoded_psnr": 20.0}, Defect.PRODUCT_ALTERED),
        ({"mask_confidence": 0.1}, Defect.BAD_MASK),
        ({"expansion": 0.3}, Defect.VIRTUAL_EXTENSION),
        ({"halo": 30.0}, Defect.HALO),
        ({"contact": 0.0}, Defect.FLOATING),
    ],
)
def test_each_bad_measure_is_its_own_defect(change: dict[str, Any], defect: Defect) -> None:
    """Else a retry mends something that was not broken."""
    result = judge(certificate(**change), WELL_FRAMED, LIMITS)
    assert (result.verdict, result.defects) == ("reject", (defect,))


@pytest.mark.parametrize(
    "change",
    [{"halo": 13.0}, {"contact": 0.5}, {"expansion": 0.06}, {"crop_loss": 0.6}],
)
def test_doubtful_measures_go_to_review(change: dict[str, Any]) -> None:
    """Else people are never asked where the machine may be wrong."""
    assert judge(certificate(**change), WELL_FRAMED, LIMITS).verdict == "review"


def test_cut_product_is_rejected() -> None:
    """Else a product that hangs out of its picture is shown to shoppers."""
    result = judge(certificate(), replace(WELL_FRAMED, cut_sides=frozenset({"left"})), LIMITS)
    assert (result.verdict, result.defects) == ("reject", (Defect.CUT,))


def test_measures_that_were_not_taken_decide_nothing() -> None:
    """Else positioned products are rejected for having no ground."""
    bare = certificate(expansion=None, expansion_noise=None, contact=None)
    assert judge(bare, WELL_FRAMED, LIMITS).verdict == "pass"


def test_segmenters_own_noise_is_deducted() -> None:
    """Else products that the segmenter sees badly can never pass."""
    noisy = certificate(expansion=0.2, expansion_noise=0.19)
    assert judge(noisy, WELL_FRAMED, LIMITS).verdict == "pass"


def test_worst_defect_comes_first() -> None:
    """Else a retry softens a shadow while the product itself is wrong."""
    bad = certificate(contact=0.0, halo=30.0, product_difference=9)
    defects = judge(bad, WELL_FRAMED, LIMITS).defects
    assert defects == (Defect.PRODUCT_ALTERED, Defect.HALO, Defect.FLOATING)


def test_rejecting_defects_come_before_doubtful_ones() -> None:
    """Else a retry tends to what was merely doubtful."""
    bad = certificate(contact=0.0, expansion=0.06)
    defects = judge(bad, WELL_FRAMED, LIMITS).defects
    assert defects == (Defect.FLOATING, Defect.VIRTUAL_EXTENSION)


def test_reasons_name_value_and_limit() -> None:
    """Else a reviewer cannot tell why a creative was stopped."""
    (reason,) = judge(certificate(halo=30.0), WELL_FRAMED, LIMITS).reasons
    assert "30.0" in reason
    assert f"{LIMITS.halo_reject:g}" in reason


def test_certificate_records_what_was_measured(shot: Shot) -> None:
    """Else a creative cannot be traced to its inputs."""
    creative = shot.composed()
    made = certify(
        creative,
        creative,
        shot.source,
        shot.cutout,
        shot.layout,
        treatment="positioned",
        provenance=Provenance(model="m", seed=7, scene_id="s"),
    )
    assert (made.model, made.seed, made.scene_id) == ("m", 7, "s")
    assert made.contact is None
    assert made.coverage == pytest.approx(float(np.mean(shot.alpha)))
    assert made.source_sha256 == shot.source.sha256


def test_review_is_asked_before_rejection() -> None:
    """Else a mistyped limit rejects what it should have reviewed."""
    for measure in ("expansion", "halo", "unsafe_share"):
        assert getattr(LIMITS, f"{measure}_review") < getattr(LIMITS, f"{measure}_reject")
    for measure in ("encoded_psnr", "contact", "coverage", "mask_confidence"):
        assert getattr(LIMITS, f"{measure}_review") > getattr(LIMITS, f"{measure}_reject")


def test_own_limits_are_read(tmp_path: Path) -> None:
    """Else a merchant's stricter limits are ignored."""
    tables: dict[str, list[str]] = {}
    for field in fields(Thresholds):
        measure, _, level = field.name.rpartition("_")
        tables.setdefault(measure, []).append(f"{level} = 0.5")
    path = tmp_path / "own.toml"
    path.write_text("\n".join(f"[{name}]\n" + "\n".join(rows) for name, rows in tables.items()))
    assert Thresholds.load(path).halo_reject == 0.5


@pytest.mark.parametrize(
    "text",
    ["[halo]\nreview = 1", "halo = 1", "[halo]\nreview = 'much'", "[halo", "[new]\nreject=1"],
)
def test_wrong_limits_are_refused(tmp_path: Path, text: str) -> None:
    """Else a typing error switches a check off."""
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(SettingsError):
        Thresholds.load(path)
