"""Clear glass on a plain ground."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import detect_backdrop
from kirakat.imaging.matting.glass import find_glass
from kirakat.types import RGB, Alpha
from tests.unit.masking.photos import shaded

SIZE = 360


def _lid() -> Alpha:
    lid = np.zeros((SIZE, SIZE), np.float32)
    lid[90:130, 100:260] = 1.0
    return lid


def _jar(*, outlined: bool) -> RGB:
    """A brown lid on a jar of clear glass (or on nothing) over light grey, with noise."""
    pixels = np.full((SIZE, SIZE, 3), 228.0, np.float32)
    pixels += np.random.default_rng(4).normal(0.0, 0.8, pixels.shape)
    if outlined:
        cv2.rectangle(pixels, (108, 128), (252, 300), (212.0, 212.0, 214.0), 3)
    pixels[_lid() > 0] = (150, 95, 50)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _sees_the_body(pixels: RGB) -> Alpha:
    """A segmenter that sees the jar's body in whatever it is shown."""
    seen = np.zeros(pixels.shape[:2], np.float32)
    seen[125:302, 106:254] = 1.0
    return seen


def _glass_of(pixels: RGB) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    lab = rgb_to_lab(pixels)
    backdrop = detect_backdrop(lab, _lid())
    assert backdrop is not None
    return find_glass(lab, _lid() > 0.5, backdrop, _sees_the_body)


def test_the_body_of_a_jar_is_found() -> None:
    """Otherwise of a glass jar only the lid is advertised."""
    glass = _glass_of(_jar(outlined=True))
    assert glass[150:290, 120:240].mean() > 0.95


def test_nothing_is_made_up_where_no_line_encloses_anything() -> None:
    """Otherwise a network's whim paints glass on an empty ground."""
    assert not _glass_of(_jar(outlined=False)).any()


def test_a_soft_shadow_is_no_glass() -> None:
    """Otherwise every shadow is carried into the scene as a grey veil."""
    shadowed = shaded(_jar(outlined=False).astype(np.float32), _lid())
    assert not _glass_of(np.clip(shadowed, 0, 255).astype(np.uint8)).any()
