"""Meshes, products and textures are sound before any renderer sees them."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.training.render.geometry import slab
from kirakat.training.render.materials import _RECIPES, surface
from kirakat.training.render.mesh import Mesh, box, join, lathe, sphere, tube
from kirakat.training.render.products import KINDS, fitted, laid, make_product

MESHES = {
    "box": box(2.0, 1.0, 3.0),
    "sphere": sphere(1.0),
    "lathe": lathe([(1e-6, 0), (1, 0), (1, 2), (1e-6, 2)]),
    "tube": tube([(0, 0, 0), (0, 0, 1), (0.5, 0, 2)], 0.2),
}


def _signed_volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


@pytest.mark.parametrize("name", ["box", "sphere", "lathe"])
def test_faces_point_outward(name: str) -> None:
    """The shape would be rendered black."""
    assert _signed_volume(MESHES[name]) > 0


def test_box_volume_is_that_of_its_sides_less_the_bevel() -> None:
    """Boxes would have another size than asked for."""
    assert _signed_volume(MESHES["box"]) == pytest.approx(6.0, rel=0.03)


def test_slab_normals_follow_its_outline() -> None:
    """Stone slabs would have black notches at their corners."""
    mesh = slab(np.random.default_rng(4), 3.0, 0.7)
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    size = np.linalg.norm(face, axis=1)
    shaded = mesh.normals[mesh.faces].mean(1)
    upright = (size > 1e-6) & (np.abs(shaded[:, 2]) < 0.1)
    cosine = (face * shaded).sum(1)[upright] / size[upright]
    assert cosine.min() > 0.97


@pytest.mark.parametrize("name", MESHES)
def test_normals_are_unit_vectors(name: str) -> None:
    """Shading would be too bright or too dark."""
    lengths = np.linalg.norm(MESHES[name].normals, axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=1e-6)


def test_join_keeps_all_faces_valid() -> None:
    """A joined mesh would reach into memory that is not its own."""
    both = join(MESHES["box"], MESHES["sphere"])
    assert both.faces.max() == len(both.vertices) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_product_stands_on_the_ground(kind: str) -> None:
    """The product would float over its podium or sink into it."""
    low, _ = make_product(kind, "navy", 5).bounds
    assert low[2] == pytest.approx(0.0, abs=0.12)


@pytest.mark.parametrize("kind", KINDS)
def test_product_is_deterministic(kind: str) -> None:
    """A resumed training set would show other products."""
    first, second = make_product(kind, "sage", 9), make_product(kind, "sage", 9)
    np.testing.assert_array_equal(first.bounds, second.bounds)


@pytest.mark.parametrize("kind", KINDS)
def test_fitted_product_stays_within_its_limits(kind: str) -> None:
    """The product would reach out of the picture."""
    low, high = fitted(make_product(kind, "teal", 3), width=4.0, height=5.0).bounds
    assert (high - low)[0] <= 4.0 + 1e-6
    assert (high - low)[2] <= 5.0 + 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_laid_product_touches_the_surface(kind: str) -> None:
    """A flat-lay product would hover without a contact shadow."""
    low, _ = laid(make_product(kind, "teal", 3), 20.0).bounds
    assert low[2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", _RECIPES)
def test_texture_reflects_no_more_than_it_gets(name: str) -> None:
    """Scenes would glow."""
    albedo = np.asarray(surface(name, (0.6, 0.5, 0.4), 2, size=64).albedo)
    assert albedo.shape == (64, 64, 3)
    assert albedo.min() >= 0.0
    assert albedo.max() <= 1.0


@pytest.mark.parametrize("name", ["marble", "concrete", "plaster", "sand", "stone", "pool"])
def test_texture_tiles_without_a_seam(name: str) -> None:
    """A line would cross every floor where the texture repeats."""
    albedo = np.asarray(surface(name, (0.6, 0.5, 0.4), 2, size=256).albedo)
    seam = np.abs(albedo[:, 0] - albedo[:, -1]).mean()
    inside = np.abs(np.diff(albedo, axis=1)).mean()
    assert seam < 2.5 * inside
