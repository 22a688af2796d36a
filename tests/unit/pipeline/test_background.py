"""Backgrounds: the scene's detail survives, the model's change arrives, no ghost remains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kirakat.pipeline.background import finish_background, model_change
from kirakat.scenes.fit import SceneFit, draw_scene, fit_scene
from kirakat.scenes.library import load_scene
from kirakat.types import RGB, Alpha, Box, Bucket, Layout, Light, ModelInfo, Render

_SIZE = 64
_WHOLE = Box(x=0.0, y=0.0, width=_SIZE, height=_SIZE)


def _layout() -> Layout:
    return Layout(
        width=_SIZE,
        height=_SIZE,
        scale=1.0,
        offset_x=0.0,
        offset_y=0.0,
        product_box=Box(x=24, y=24, width=16, height=16),
        base_x=32.0,
        base_y=40.0,
        base_half_width=6.0,
        view="standing",
    )


def _render(pixels: RGB, reconstruction: RGB | None) -> Render:
    return Render(
        key="k",
        bucket=Bucket(width=_SIZE, height=_SIZE),
        layout=_layout(),
        pixels=pixels,
        reconstruction=reconstruction,
        control=np.zeros_like(pixels),
        scene_id="s",
        light=Light(),
        seed=1,
        attempt=0,
        model=ModelInfo(name="m", revision="r", licence="l", native_size=_SIZE),
        seconds=0.0,
    )


@pytest.fixture
def fit(tmp_path: Path) -> SceneFit:
    """A noisy scene under the layout."""
    random = np.random.default_rng(3)
    noise = random.integers(60, 190, (128, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "s.png")
    (tmp_path / "s.json").write_text(
        json.dumps(
            {
                "support": {"x": 0.5, "y": 0.6},
                "support_width": 0.6,
                "camera_elevation": 10,
                "views": ["standing"],
            }
        )
    )
    return fit_scene(load_scene(tmp_path / "s.json"), _layout())


def _product() -> Alpha:
    alpha = np.zeros((_SIZE, _SIZE), np.float32)
    alpha[24:40, 24:40] = 1.0
    return alpha


def _change(after: RGB, before: RGB) -> NDArray[np.float32]:
    return model_change(after, before, _product())


def test_an_unchanged_picture_gives_the_scene_itself(fit: SceneFit) -> None:
    """If it did not, the autoencoder's blur would show in every background."""
    blurred = np.full((_SIZE, _SIZE, 3), 120, np.uint8)
    made = finish_background(
        _render(blurred, blurred), fit, _change(blurred, blurred), _WHOLE, (128, 128), detail=1.0
    )
    assert np.array_equal(made, draw_scene(fit.scaled(2.0), 128, 128))


def test_a_change_of_light_arrives(fit: SceneFit) -> None:
    """If it did not, the model would have no influence on the picture."""
    before = np.full((_SIZE, _SIZE, 3), 120, np.uint8)
    after = before + np.uint8(20)
    change = _change(after, before)
    made = finish_background(_render(after, before), fit, change, _WHOLE, (64, 64), detail=1.0)
    assert np.abs(made.astype(int) - draw_scene(fit, 64, 64) - 20).max() <= 1


def test_the_models_own_drawing_of_the_product_leaves_no_ghost() -> None:
    """If it did, a coloured rim would surround every product."""
    before = np.full((_SIZE, _SIZE, 3), 120, np.uint8)
    after = before.copy()
    after[23:41, 23:41] = 250
    assert np.abs(model_change(after, before, _product())).max() < 1.0


def test_smoothing_takes_light_and_leaves_blotches() -> None:
    """If it did not, a small model's blotches would lie on a clean scene."""
    random = np.random.default_rng(5)
    before = np.full((_SIZE, _SIZE, 3), 120, np.uint8)
    blotches = random.integers(-30, 31, (_SIZE // 4, _SIZE // 4, 3)).repeat(4, 0).repeat(4, 1)
    after = (before + 20 + blotches).astype(np.uint8)
    product = np.zeros((_SIZE, _SIZE), np.float32)
    rough, smooth = (
        model_change(after, before, product, smoothing=smoothing) for smoothing in (0.0, 0.1)
    )
    assert smooth.mean() == pytest.approx(rough.mean(), abs=1.0)
    assert smooth.std() < rough.std() / 3


def test_without_a_scene_the_models_picture_is_used() -> None:
    """If it were not, generating from noise would show nothing."""
    pixels = np.full((_SIZE, _SIZE, 3), 77, np.uint8)
    made = finish_background(_render(pixels, None), None, None, _WHOLE, (128, 128), detail=1.0)
    assert np.array_equal(made, np.full((128, 128, 3), 77, np.uint8))
