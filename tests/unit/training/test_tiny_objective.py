"""What the diffusion training minimises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from kirakat.training.tiny.build import build_autoencoder  # noqa: E402
from kirakat.training.tiny.objective import (  # noqa: E402
    STEPS,
    channel_weights,
    noise_batch,
    signal_levels,
    squared_error,
)
from kirakat.training.tiny.schedule import learning_rate  # noqa: E402
from kirakat.training.tiny.smallest import smallest_config  # noqa: E402

CONFIG = smallest_config()


def test_pure_noise_weighs_as_much_as_anything() -> None:
    """If it weighed nothing, the first step of every picture from noise would never be learnt."""
    torch.manual_seed(0)
    clean = torch.zeros(20_000, 1, 1, 1)
    noised = noise_batch(clean, clean, signal_levels(), scene_start=0.0, snr_cap=5.0)
    noisiest = noised.timesteps > STEPS - 20
    assert noisiest.any()
    assert torch.allclose(noised.weights[noisiest], torch.ones(1), atol=1e-3)
    assert (noised.weights <= 1).all()


@given(side=st.sampled_from([6, 8, 16, 18]), value=st.floats(-3, 3))
@settings(max_examples=30, deadline=None)
def test_an_even_error_counts_as_its_square(side: int, value: float) -> None:
    """If sizes weighed differently, a size would be learnt at the cost of another."""
    error = torch.full((2, 3, side, side), value)
    assert torch.allclose(
        squared_error(error, torch.ones(3)), torch.full((2,), value**2), atol=1e-4
    )


def test_errors_of_large_areas_count_more_than_those_of_pixels() -> None:
    """If they did not, light and colours would drown in detail that nothing foretells."""
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    checkered = ((rows + columns) % 2 * 2.0 - 1.0).expand(1, 1, -1, -1)
    even, one = torch.ones(1, 1, 16, 16), torch.ones(1)
    assert squared_error(checkered, one)[0] < 0.3 * squared_error(even, one)[0]


def test_channels_count_by_what_they_do_to_pixels() -> None:
    """If detail counted as much as colour, the training would work at what nobody sees."""
    autoencoder = build_autoencoder(CONFIG.autoencoder, CONFIG.data.picture)
    with torch.no_grad():
        autoencoder.post_quant_conv.weight[:, 0] = 0
    side = CONFIG.data.picture // CONFIG.autoencoder.downsampling
    latents = torch.zeros(2, CONFIG.autoencoder.latent_channels, side, side)
    weights = channel_weights(autoencoder, latents)
    assert weights[0] == 0
    assert torch.allclose(weights.mean(), torch.ones(()))


def test_the_rate_stays_up_and_then_falls() -> None:
    """If it fell from the start, the ControlNet would join when nothing is learnt any more."""
    rates = [
        learning_rate(step, steps=110, warm_up=10, peak=1.0, final=0.0, plateau=0.5)
        for step in range(111)
    ]
    assert rates[0] < rates[9] == rates[59] == 1.0
    assert rates[59] > rates[80] > rates[109]
    assert rates[110] == 0.0
