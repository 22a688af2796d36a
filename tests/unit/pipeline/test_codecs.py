"""Caches: a result that was kept is the result, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kirakat.pipeline.codecs import (
    certificate_from_json,
    certificate_to_json,
    decode_cutout,
    encode_cutout,
    gate_from_json,
    gate_to_json,
    pack,
    quantised,
    unpack,
)
from kirakat.types import Box, Certificate, Cutout, Defect, GateResult


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.binary()))
def test_packing_round_trips(header: dict[str, int], bodies: list[bytes]) -> None:
    """If it did not, cached pictures would come back broken."""
    assert unpack(pack(header, *bodies)) == (header, bodies)


@given(st.integers(0, 2**32 - 1))
def test_a_cutout_comes_back_exactly(seed: int) -> None:
    """If it did not, a second run would give other pixels than the first."""
    random = np.random.default_rng(seed)
    cutout = Cutout(
        foreground=random.integers(0, 256, (9, 7, 3), dtype=np.uint8),
        alpha=quantised(random.random((9, 7), dtype=np.float32)),
        bbox=Box(x=1.0, y=2.0, width=3.5, height=4.0),
        method="backdrop",
        model="m@1",
        confidence=0.9,
        coverage=0.3,
        border_contact=frozenset({"left", "bottom"}),
        object_count=2,
    )
    back = decode_cutout(encode_cutout(cutout))
    assert np.array_equal(back.foreground, cutout.foreground)
    assert np.array_equal(back.alpha, cutout.alpha)
    assert (back.bbox, back.border_contact) == (cutout.bbox, cutout.border_contact)


def test_a_certificate_round_trips_with_infinite_psnr() -> None:
    """If it did not, lossless creatives could not be cached."""
    certificate = Certificate(
        product_difference=0,
        product_pixels=100,
        encoded_psnr=float("inf"),
        expansion=None,
        expansion_noise=None,
        halo=1.0,
        contact=None,
        coverage=0.3,
        mask_confidence=0.9,
        crop_loss=0.0,
        model="m",
        model_licence="l",
        prompt="p@1",
        seed=None,
        source_sha256="a",
        matte_sha256="b",
        render_key=None,
        scene_id=None,
    )
    assert certificate_from_json(certificate_to_json(certificate)) == certificate


def test_a_gate_result_round_trips() -> None:
    """If it did not, a cached creative would lose its verdict's reasons."""
    gate = GateResult(verdict="review", defects=(Defect.HALO,), reasons=("halo 9 over 6",))
    assert gate_from_json(gate_to_json(gate)) == gate
