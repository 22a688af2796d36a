"""Step 1 on real products: exact mattes on white and scenes, and studio photos."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kirakat.models.segmenters import load_segmenter
from kirakat.pipeline.step1_mask import mask
from kirakat.types import Alpha, Cutout, SourceImage

MATTES = 23


def _read(path: Path, mode: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), mode), np.uint8)


def _pixels(folder: Path, name: str) -> NDArray[np.uint8]:
    path = folder / "catalogs" / "online-boutique" / f"{name}.jpg"
    return np.ascontiguousarray(_read(path, cv2.IMREAD_COLOR)[..., ::-1])


def _matte(path: Path) -> tuple[NDArray[np.float32], Alpha]:
    """Colours (H, W, 3) and exact coverage (H, W) of a cutout, at half size."""
    bgra = _read(path, cv2.IMREAD_UNCHANGED)
    half = (bgra.shape[1] // 2, bgra.shape[0] // 2)
    small = np.asarray(cv2.resize(bgra, half, interpolation=cv2.INTER_AREA))
    alpha = np.asarray(small[..., 3] / 255.0, np.float32)
    return small[..., 2::-1].astype(np.float32), alpha


def _on(ground: NDArray[np.float32], colours: NDArray[np.float32], alpha: Alpha) -> SourceImage:
    blend = alpha[..., None] * colours + (1.0 - alpha[..., None]) * ground
    pixels = np.clip(np.rint(blend), 0, 255).astype(np.uint8)
    return SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri="composite")


def _overlap(found: Alpha, truth: Alpha) -> float:
    a, b = found > 0.5, truth > 0.5
    return float((a & b).sum() / (a | b).sum())


@lru_cache(maxsize=16)
def _studio(folder: Path, name: str) -> Cutout:
    pixels = _pixels(folder, name)
    image = SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri=name)
    return mask(image, segmenter=load_segmenter("u2netp"))


@pytest.mark.slow
def test_products_on_white_are_cut_exactly(test_data: Path) -> None:
    """Otherwise the commonest product photos are cut wrongly."""
    segmenter = load_segmenter("u2netp")
    white = np.full((1, 1, 3), 255.0, np.float32)
    scores = []
    for path in sorted((test_data / "mattes" / "solidus").glob("*.png")):
        colours, alpha = _matte(path)
        cutout = mask(_on(white, colours, alpha), segmenter=segmenter)
        scores.append(_overlap(cutout.alpha, alpha))
    assert len(scores) == MATTES
    assert np.mean(scores) >= 0.98


def test_a_mugs_handle_is_open(test_data: Path) -> None:
    """Otherwise a patch of the studio stays inside the handle."""
    assert _studio(test_data, "mug").alpha[320, 140] == 0.0


def test_a_glass_jar_keeps_its_body(test_data: Path) -> None:
    """Otherwise only the lid is advertised."""
    jar = _studio(test_data, "bamboo-glass-jar")
    assert jar.bbox.bottom > 560
    assert 0.5 < jar.alpha[480, 345] < 1.0


def test_the_temples_of_sunglasses_are_whole(test_data: Path) -> None:
    """Otherwise sunglasses are shown broken."""
    assert _studio(test_data, "sunglasses").object_count == 1


def test_a_cable_that_leaves_the_photo_is_reported(test_data: Path) -> None:
    """Otherwise a cut cable hangs in the middle of a scene."""
    assert _studio(test_data, "hairdryer").border_contact == frozenset({"bottom"})


def test_the_shadow_beside_a_candle_holder_stays_out(test_data: Path) -> None:
    """Otherwise its old shadow is carried into the new scene."""
    assert _studio(test_data, "candle-holder").alpha[430:480, 530:].max() == 0.0


def test_real_pixels_are_kept_exactly(test_data: Path) -> None:
    """Otherwise the product that is sold is not the one shown."""
    loafers = _studio(test_data, "loafers")
    pixels = _pixels(test_data, "loafers")
    solid = loafers.alpha == 1.0
    np.testing.assert_array_equal(loafers.foreground[solid], pixels[solid])
