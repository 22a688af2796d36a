"""Small pictures through the real renderer, where it is installed."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kirakat.errors import RenderError
from kirakat.training.render import mitsuba_backend
from kirakat.training.render.build_stage import BuiltScene, build_stage
from kirakat.training.render.mitsuba_backend import (
    RendererMissingError,
    find_llvm,
    render_coverage,
    render_light,
)
from kirakat.training.render.random_spec import random_training_spec
from kirakat.training.render.render_samples import studio
from kirakat.training.render.render_scene import render_library
from kirakat.training.render.render_training import place_product
from kirakat.training.render.sample_products import SAMPLES
from kirakat.training.render.scene_library import LIBRARY
from kirakat.training.render.stage import Stage


def _why_not() -> str:
    for name in ("mitsuba", "mitsuba_oidn"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed"
    try:
        find_llvm()
    except RendererMissingError as error:
        return str(error)
    return ""


needs_renderer = pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "renderer present")


def _with_product(index: int) -> tuple[BuiltScene, Stage]:
    spec = random_training_spec(index, 5)
    built = build_stage(spec.scene, texture_size=32)
    return built, replace(built.stage, product=place_product(spec, built).parts)


def test_missing_llvm_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user would see a crash inside the renderer instead of the remedy."""
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    monkeypatch.setattr(mitsuba_backend, "_LLVM_FOLDERS", ())
    with pytest.raises(RenderError, match="apt install libllvm19"):
        find_llvm()


@needs_renderer
@pytest.mark.slow
def test_library_scene_is_written_with_its_sidecar(tmp_path: Path) -> None:
    """The shipped library could not be made again."""
    wanted = LIBRARY[0].scene_id
    list(render_library(tmp_path, only=[wanted], size=32, spp=4))
    record = json.loads((tmp_path / f"{wanted}.json").read_text(encoding="utf-8"))
    assert record["scene_id"] == wanted
    assert (tmp_path / f"{wanted}.jpg").stat().st_size > 0


@needs_renderer
@pytest.mark.slow
def test_picture_is_finite_and_lit() -> None:
    """A scene would come out black or full of holes."""
    built, _ = _with_product(0)
    light = render_light(built.stage, size=32, spp=4, seed=1)
    assert np.isfinite(light).all()
    assert light.mean() > 0.01


@needs_renderer
@pytest.mark.slow
def test_matte_is_exact_where_the_product_is_and_is_not() -> None:
    """The generator would be trained on mattes that cut into the product."""
    built, stage = _with_product(0)
    coverage = render_coverage(stage, size=48, spp=16)
    points = np.concatenate([part.mesh.vertices for part in stage.product])
    seen = np.array([built.stage.camera.project(p) for p in points]) * 48
    left, top = np.floor(seen.min(0)).astype(int) - 2
    right, bottom = np.ceil(seen.max(0)).astype(int) + 2
    inside = np.zeros((48, 48), dtype=bool)
    inside[max(top, 0) : bottom, max(left, 0) : right] = True
    assert coverage[~inside].max() == 0.0
    assert coverage.max() == 1.0


@needs_renderer
@pytest.mark.slow
@pytest.mark.parametrize("sample_id", ["kettlebell-12", "tee-navy"])
def test_matte_has_no_hole_where_a_mesh_shows_its_back(sample_id: str) -> None:
    """A badge or a sleeve would be missing from the exact matte."""
    (sample,) = (sample for sample in SAMPLES if sample.id == sample_id)
    stage = studio(sample)
    coverage = render_coverage(stage, size=64, spp=16)
    # Whatever hides a part is product too, so its vertices' pixels are covered; a few of the
    # outline fall just beside it.
    for part in stage.product:
        seen = np.array([stage.camera.project(p) for p in part.mesh.vertices[::37]]) * 64
        x, y = np.clip(seen.astype(int), 0, 63).T
        assert (coverage[y, x] > 0.0).mean() > 0.9


@needs_renderer
@pytest.mark.slow
def test_matte_is_deterministic() -> None:
    """The same item would get another matte when it is rendered again."""
    _, stage = _with_product(3)
    first, second = (render_coverage(stage, size=32, spp=4) for _ in range(2))
    np.testing.assert_array_equal(first, second)
