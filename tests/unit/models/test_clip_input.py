"""The picture that the IP-Adapter's vision model gets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.clip_input import ClipInput, clip_input

transformers = pytest.importorskip("transformers", reason="needs kirakat[diffusion]")


def test_it_equals_transformers_on_squares() -> None:
    """The adapter would see colours or sizes that it was not trained on."""
    product = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    theirs = transformers.CLIPImageProcessor(size=224, crop_size=224)(
        product, return_tensors="pt"
    ).pixel_values
    assert float((ClipInput(side=224)(product) - theirs).abs().max()) < 1e-5


def test_a_checkpoints_own_normalisation_is_used(tmp_path: Path) -> None:
    """A model trained with other colours would be fed CLIP's."""
    config = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
    (tmp_path / "feature_extractor").mkdir()
    path = tmp_path / "feature_extractor" / "preprocessor_config.json"
    path.write_text(json.dumps(config))
    white = np.full((8, 8, 3), 255, np.uint8)
    assert float(clip_input(tmp_path, 4)(white).max()) == 1.0


def test_oblong_pictures_are_refused() -> None:
    """CLIP would see the middle of a long product alone."""
    with pytest.raises(ModelError, match="square"):
        ClipInput(side=32)(np.zeros((8, 9, 3), np.uint8))
