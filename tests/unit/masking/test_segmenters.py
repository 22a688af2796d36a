"""Segmenters by name, and the shipped one."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kirakat.errors import MissingExtraError, ModelError
from kirakat.models.segmenters import load_segmenter
from kirakat.models.segmenters.u2net_onnx import U2NetOnnx
from tests.unit.masking.photos import disc, even_ground, overlap, photo


def test_the_shipped_weights_say_what_they_are() -> None:
    """Otherwise a certificate names the wrong model."""
    info = load_segmenter("u2netp").info
    assert (info.name, info.revision, info.licence) == ("u2netp", "309c8469", "Apache-2.0")


def test_the_shipped_segmenter_finds_a_disc() -> None:
    """Otherwise its input is normalised or turned wrongly."""
    image = photo(disc(300), even_ground(300))
    coverage = load_segmenter("u2netp").segment(image.pixels)
    assert coverage.shape == (300, 300)
    assert overlap(coverage, disc(300)) > 0.95


def test_missing_weights_are_named() -> None:
    """Otherwise an incomplete installation fails without a hint."""
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        load_segmenter("nowhere.onnx")


def test_a_broken_file_is_a_model_error(tmp_path: Path) -> None:
    """Otherwise an interrupted download ends in a library's stack trace."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="no ONNX model"):
        U2NetOnnx(broken)


def test_without_rembg_its_models_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a user of rembg's models sees a bare import error."""
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "rembg":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match="rembg"):
        load_segmenter("isnet-general-use")


def test_an_even_picture_holds_no_product() -> None:
    """Otherwise noise in an empty picture is stretched into a product."""
    empty = np.full((200, 200, 3), 255, np.uint8)
    assert (load_segmenter("u2netp").segment(empty) > 0.5).mean() < 0.02
