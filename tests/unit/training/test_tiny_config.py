"""kirakat-tiny's one settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.errors import TrainingError
from kirakat.training.tiny.config import load_tiny_config

SHIPPED = Path(__file__).parents[3] / "assets/src/kirakat_assets/models/kirakat-tiny/tiny.toml"


def test_shipped_configuration_fits_its_networks() -> None:
    """The shipped settings would not build the shipped networks."""
    config = load_tiny_config(SHIPPED)
    assert len(config.unet.control_channels) == len(config.autoencoder.block_out_channels)
    assert config.data.picture % (config.autoencoder.downsampling * 4) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [("seed = ", "sead = "), ("seed = 2026", 'seed = "2026"'), ("[vision]", "[vizion]")],
)
def test_wrong_configuration_is_refused(old: str, new: str, tmp_path: Path) -> None:
    """A misspelt setting would be ignored and training go on without it."""
    text = SHIPPED.read_text(encoding="utf-8")
    path = tmp_path / "tiny.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TrainingError):
        load_tiny_config(path)
