"""The arithmetic floor and the switches of `kirakat bench`."""

from __future__ import annotations

import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.speed.cards import peak_tflops

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

from kirakat.models.diffusion.speed.cases import CASES, find_cases
from kirakat.models.diffusion.speed.flops import Arithmetic, count
from kirakat.models.diffusion.speed.rows import NAMES, OPTIMISATIONS, chosen, together


@pytest.fixture(scope="module")
def counted() -> Arithmetic:
    """The full-size SD 1.5 networks, counted without memory."""
    return count(CASES[0])


def test_the_count_is_stable_diffusions(counted: Arithmetic) -> None:
    """A wrong floor would let a slow loop look near the chip's limit.

    Published: 0.80 TFLOP a UNet pass at 512x512 (401 GMAC), 2.5 to decode.
    """
    assert counted.unet == pytest.approx(0.80e12, rel=0.02)
    assert counted.decoder == pytest.approx(2.5e12, rel=0.02)


def test_ours_needs_less_than_the_stock_loop(counted: Arithmetic) -> None:
    """Work that is left out would still be counted as necessary."""
    guided = CASES[1]
    stock = counted.picture(guided, tiny_decoder=False, stock=True)
    ours = counted.picture(guided, tiny_decoder=False)
    assert counted.picture(guided, tiny_decoder=True) < ours
    # 30 % of the steps need no ControlNet, which is a quarter of a step.
    assert 0.88 < ours / stock < 0.95


@pytest.mark.parametrize(
    ("card", "peak"),
    [
        ("NVIDIA H200", 989.4),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA L4", 121.0),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("Some Other 9000", None),
    ],
)
def test_a_cards_peak_is_its_own(card: str, peak: float | None) -> None:
    """Shares of the peak would be of another card's."""
    assert peak_tflops(card) == peak


def test_every_prediction_is_a_share_of_the_time(counted: Arithmetic) -> None:
    """A row would predict nonsense, and its outcome prove nothing."""
    for one in OPTIMISATIONS:
        for batch in (1, 16, 64):
            assert 0.3 < one.predict(counted, CASES[0], batch) <= 1.0


def test_switches_go_on_one_at_a_time() -> None:
    """Rows could not say which optimisation brought what."""
    on = chosen(",".join(NAMES[:4]), on_cuda=False)
    before, after = together(on[:3]), together(on)
    assert (before.options.compile, after.options.compile) == (False, True)
    assert before.tiny_decoder
    assert before.options.channels_last


@pytest.mark.parametrize("find", [find_cases, lambda names: chosen(names, on_cuda=True)])
def test_unknown_names_are_refused(find: object) -> None:
    """A misspelt case or switch would silently not be measured."""
    assert callable(find)
    with pytest.raises(ModelError, match="known"):
        find("nonsense")
