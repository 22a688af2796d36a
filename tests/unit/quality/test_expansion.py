"""Whether what a model adds to a product is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kirakat.quality.expansion import added_object, expansion, redrawn
from kirakat.types import RGB, Alpha

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot


class DarkIsObject:
    """A segmenter that takes everything dark for the object."""

    def segment(self, pixels: RGB) -> Alpha:
        """Coverage (H, W)."""
        return np.asarray(pixels.max(axis=2) < 130, np.float32)


def with_blob(picture: RGB, x: int, y: int, radius: int) -> RGB:
    """A picture with a dark disc in it."""
    return np.asarray(cv2.circle(picture.copy(), (x, y), radius, (50, 60, 70), -1), np.uint8)


def test_untouched_picture_adds_nothing(shot: Shot) -> None:
    """Else every creative is rejected for an extension that is not there."""
    assert expansion(shot.composed(grounded=False), shot.alpha, DarkIsObject()) < 0.005


def test_attached_blob_is_measured(shot: Shot) -> None:
    """Else a jar with a second handle, drawn by the model, is shown to shoppers."""
    picture = with_blob(shot.composed(grounded=False), 285, 230, 40)
    beyond = np.pi * 40**2 * 0.62 / float((shot.alpha > 0.5).sum())
    assert expansion(picture, shot.alpha, DarkIsObject()) == pytest.approx(beyond, rel=0.2)


def test_taller_product_is_measured(shot: Shot) -> None:
    """Else a jar whose neck was made longer is shown to shoppers."""
    picture = shot.composed(grounded=False)
    picture[95:140, 150:250] = (50, 70, 80)
    assert expansion(picture, shot.alpha, DarkIsObject()) > 0.10


def test_object_elsewhere_is_no_extension(shot: Shot) -> None:
    """Else any scene with a vase in it is rejected."""
    picture = with_blob(shot.composed(grounded=False), 350, 60, 30)
    assert expansion(picture, shot.alpha, DarkIsObject()) < 0.005


def test_scene_that_was_there_before_is_no_extension(shot: Shot) -> None:
    """Else every product on a podium is rejected: segmenters take the podium with it."""
    picture = shot.composed(grounded=False)
    picture[330:380, 60:340] = (90, 80, 70)
    assert expansion(picture, shot.alpha, DarkIsObject()) > 0.3
    assert expansion(picture, shot.alpha, DarkIsObject(), untouched=picture) == 0.0


def test_blob_on_a_scene_is_still_found(shot: Shot) -> None:
    """Else starting from a scene hides every extension."""
    scene = shot.composed(grounded=False)
    picture = with_blob(scene, 285, 230, 40)
    assert expansion(picture, shot.alpha, DarkIsObject(), untouched=scene) > 0.08


def test_empty_matte_measures_zero(shot: Shot) -> None:
    """Else an empty matte divides by zero."""
    empty = np.zeros_like(shot.alpha)
    assert expansion(shot.composed(), empty, DarkIsObject()) == 0.0


def test_rim_within_the_tolerance_is_forgiven() -> None:
    """Else the segmenter's own blur counts as an extension."""
    product = np.zeros((400, 400), np.bool_)
    product[100:300, 100:300] = True
    found = np.zeros_like(product)
    found[97:303, 97:303] = True
    assert not added_object(found, product).any()


def test_haze_is_not_redrawn() -> None:
    """Else an autoencoder's small losses count as new objects."""
    picture = np.full((200, 200, 3), 128, np.uint8)
    noise = np.random.default_rng(0).normal(0, 4, picture.shape)
    assert not redrawn(np.clip(picture + noise, 0, 255).astype(np.uint8), picture).any()


def test_u2net_sees_an_attached_blob(shot: Shot, test_data: Path) -> None:
    """Else the measure works with toy segmenters only."""
    onnxruntime = pytest.importorskip("onnxruntime")

    session = onnxruntime.InferenceSession(test_data / "models" / "u2netp.onnx")

    class U2Net:
        def segment(self, pixels: RGB) -> Alpha:
            small = cv2.resize(pixels, (320, 320), interpolation=cv2.INTER_AREA) / 255.0
            normal = ((small - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).astype(np.float32)
            feed = {session.get_inputs()[0].name: normal.transpose(2, 0, 1)[None]}
            found = session.run(None, feed)[0][0, 0]
            found = (found - found.min()) / (found.max() - found.min())
            return np.asarray(cv2.resize(found, pixels.shape[1::-1]), np.float32)

    clean = shot.composed()
    blob = with_blob(clean, 285, 230, 40)
    assert expansion(clean, shot.alpha, U2Net(), untouched=clean) == 0.0
    assert expansion(blob, shot.alpha, U2Net(), untouched=clean) > 0.08
