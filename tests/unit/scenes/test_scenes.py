"""Scenes: reading descriptions, choosing, fitting."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kirakat.errors import SceneError
from kirakat.scenes.choose import choose_scenes, match
from kirakat.scenes.fit import draw_scene, fit_scene
from kirakat.scenes.library import library_revision, load_scenes
from kirakat.types import Box, Layout, Light, Prompt, Scene, SceneQuery

_DESCRIPTION = {
    "support": {"x": 0.5, "y": 0.7},
    "support_width": 0.5,
    "camera_elevation": 15,
    "light": {"azimuth": 300, "elevation": 45, "softness": 0.5},
    "views": ["standing"],
    "surface": "marble",
    "lighting": "softbox",
    "palette": "white",
}


def _scene(name: str, **changes: object) -> Scene:
    scene = Scene(
        scene_id=name,
        path=Path(f"{name}.png"),
        width=1000,
        height=1000,
        support_x=0.5,
        support_y=0.7,
        support_width=0.5,
        horizon=0.5,
        camera_elevation=15.0,
        light=Light(),
        views=frozenset({"standing"}),
        surface="marble",
        lighting="softbox",
        palette="white",
    )
    return replace(scene, **changes)  # type: ignore[arg-type]  # the tests' own fields


def _prompt(name: str, *surfaces: str) -> Prompt:
    return Prompt(
        prompt_id=name,
        version=1,
        category="default",
        template="{title}",
        negative="",
        tags=(),
        why="",
        scene=SceneQuery(surfaces=frozenset(surfaces)),
    )


def _layout(width: int, height: int, base_x: float, base_y: float) -> Layout:
    return Layout(
        width=width,
        height=height,
        scale=0.5,
        offset_x=0.0,
        offset_y=0.0,
        product_box=Box(x=base_x - 40, y=base_y - 100, width=80, height=100),
        base_x=base_x,
        base_y=base_y,
        base_half_width=30.0,
        view="standing",
    )


def _write(folder: Path, name: str, **changes: object) -> None:
    (folder / f"{name}.json").write_text(json.dumps({**_DESCRIPTION, **changes}))
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    Image.fromarray(np.stack([np.tile(ramp, (64, 1))] * 3, -1)).save(folder / f"{name}.png")


def test_a_users_folder_adds_to_and_replaces_shipped_scenes(tmp_path: Path) -> None:
    """If it did not, a merchant could not use photographs of the own shop."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder, names in ((shipped, "ab"), (own, "bc")):
        folder.mkdir()
        for name in names:
            _write(folder, name, surface=folder.name)
    scenes = load_scenes([shipped, own])
    assert [(s.scene_id, s.surface) for s in scenes] == [
        ("a", "shipped"),
        ("b", "own"),
        ("c", "own"),
    ]


@pytest.mark.parametrize(
    "change", [{"support": {"x": 1.5, "y": 0.7}}, {"views": ["upside-down"]}, {"views": []}]
)
def test_a_wrong_description_names_its_file(tmp_path: Path, change: dict[str, object]) -> None:
    """If it did not, one typo in forty files would be a search."""
    _write(tmp_path, "bad", **change)
    with pytest.raises(SceneError, match=r"bad\.json"):
        load_scenes([tmp_path])


def test_the_revision_follows_the_pictures(tmp_path: Path) -> None:
    """If it did not, a replaced scene would still be served from the cache."""
    _write(tmp_path, "a")
    before = library_revision(load_scenes([tmp_path]))
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    assert library_revision(load_scenes([tmp_path])) != before


def test_the_revision_follows_the_descriptions(tmp_path: Path) -> None:
    """If it did not, a moved support point would never reach pictures that were made before."""
    _write(tmp_path, "a")
    before = library_revision(load_scenes([tmp_path]))
    _write(tmp_path, "a", support={"x": 0.5, "y": 0.71})
    assert library_revision(load_scenes([tmp_path])) != before


def test_a_matching_scene_is_preferred() -> None:
    """If it were not, a prompt for wood would start from marble."""
    scenes = [_scene("one"), _scene("two", surface="wood")]
    chosen = choose_scenes(
        [_prompt("p", "wood")], scenes, view="standing", category="home", product="x"
    )
    assert chosen["p"].scene_id == "two"


def test_the_view_comes_before_the_prompt() -> None:
    """If it did not, a watch photographed from above would stand upright on a podium."""
    scenes = [_scene("one", surface="wood"), _scene("two", views=frozenset({"lying"}))]
    chosen = choose_scenes(
        [_prompt("p", "wood")], scenes, view="lying", category="home", product="x"
    )
    assert chosen["p"].scene_id == "two"


def test_prompts_of_a_pool_get_different_scenes() -> None:
    """If two arms looked alike, the bandit would have nothing to learn."""
    scenes = [_scene(name) for name in "abcd"]
    pool = [_prompt(name) for name in "pqrs"]
    chosen = choose_scenes(pool, scenes, view="standing", category="home", product="x")
    assert len({scene.scene_id for scene in chosen.values()}) == 4


def test_a_new_scene_moves_only_what_it_wins() -> None:
    """If it reshuffled a catalogue, every cached creative would be made again."""
    scenes = [_scene(f"s{i}") for i in range(9)]
    pool = [_prompt("p")]
    moved = 0
    for product in map(str, range(200)):
        before = choose_scenes(pool, scenes, view="standing", category="home", product=product)["p"]
        after = choose_scenes(
            pool, [*scenes, _scene("new")], view="standing", category="home", product=product
        )["p"]
        assert after.scene_id in (before.scene_id, "new")
        moved += after.scene_id == "new"
    assert 5 <= moved <= 40


def test_another_attempt_takes_another_scene() -> None:
    """If it did not, a retry for a scene that does not suit would fail again."""
    scenes = [_scene(name) for name in "abc"]
    pool = [_prompt("p")]
    first, second = (
        choose_scenes(pool, scenes, view="standing", category="home", product="x", attempt=n)["p"]
        for n in (0, 1)
    )
    assert first.scene_id != second.scene_id


def test_a_scene_for_furniture_is_no_scene_for_a_mug() -> None:
    """If it were, a mug would stand in a living room as tall as a door."""
    scenes = [_scene("room", categories=frozenset({"furniture"})), _scene("table", surface="wood")]
    for category, wanted in (("kitchen", "table"), ("furniture", "room")):
        chosen = choose_scenes(
            [_prompt("p", "wood")], scenes, view="standing", category=category, product="x"
        )
        assert chosen["p"].scene_id == wanted


def test_a_support_as_wide_as_the_product_is_preferred() -> None:
    """If it were not, the second of two shakers would float beside the podium."""
    scenes = [_scene("podium", support_width=0.4), _scene("table", surface="wood", support_width=1)]
    chosen = choose_scenes(
        [_prompt("p", "marble")],
        scenes,
        view="standing",
        category="kitchen",
        product="x",
        width=0.6,
    )
    assert chosen["p"].scene_id == "table"


def test_an_empty_library_is_an_error() -> None:
    """If it were not, a run would fail far from the cause."""
    with pytest.raises(SceneError, match="empty"):
        choose_scenes([_prompt("p")], [], view="standing", category="home", product="x")


def test_match_weighs_surface_over_light() -> None:
    """If light outweighed surface, prompts would look like their light only."""
    query = SceneQuery(surfaces=frozenset({"wood"}), lightings=frozenset({"softbox"}))
    assert match(query, _scene("a", surface="wood", lighting="sun")) > match(query, _scene("b"))


@given(
    st.integers(200, 1200),
    st.integers(200, 1200),
    st.floats(0.2, 0.8),
    st.floats(0.4, 0.9),
    st.floats(0.3, 0.7),
    st.floats(0.3, 0.9),
    st.booleans(),
)
def test_the_support_meets_the_base_and_the_scene_covers_the_canvas(
    width: int, height: int, fx: float, fy: float, sx: float, sy: float, mirrored: bool
) -> None:
    """If it did not, products would float beside the podium or the picture have empty edges."""
    layout = _layout(width, height, fx * width, fy * height)
    scene = _scene("a", support_x=sx, support_y=sy)
    fit = fit_scene(scene, layout, mirrored=mirrored)
    support_x = (1 - sx if mirrored else sx) * scene.width
    assert fit.zoom * support_x + fit.x == pytest.approx(layout.base_x, abs=1e-6)
    assert fit.zoom * sy * scene.height + fit.y == pytest.approx(layout.base_y, abs=1e-6)
    assert fit.x <= 1e-6
    assert fit.y <= 1e-6
    assert fit.x + fit.zoom * scene.width >= width - 1e-6
    assert fit.y + fit.zoom * scene.height >= height - 1e-6


def test_a_wide_product_gets_a_support_as_wide() -> None:
    """If it did not, a sofa would balance on a podium of half its width."""
    layout = replace(_layout(500, 500, 250, 350), base_half_width=200.0)
    fit = fit_scene(_scene("a", support_width=0.3), layout)
    assert 0.3 * 1000 * fit.zoom >= 400


@given(st.floats(0.01, 0.2), st.floats(0.70, 0.78), st.sampled_from([(1080, 1080), (1200, 628)]))
def test_no_foot_of_furniture_meets_the_wall(
    depth: float, horizon: float, size: tuple[int, int]
) -> None:
    """If one did, the hind legs of a stool would stand on the wallpaper."""
    layout = _layout(*size, size[0] / 2, 0.78 * size[1])
    scene = _scene("a", support_y=0.8, horizon=horizon, support_front=1.0)
    plain = fit_scene(scene, layout)
    fit = fit_scene(scene, replace(layout, base_depth=depth * size[1]))
    edge = fit.zoom * horizon * scene.height + fit.y
    # A scene that would be blown up for it stays as it is, and the gate looks at the result.
    assert edge < layout.base_y - depth * size[1] or fit == plain
    assert fit.zoom <= 1.6 * plain.zoom + 1e-9
    assert fit.y <= 1e-6
    assert fit.y + fit.zoom * scene.height >= size[1] - 1e-6


def test_feet_change_nothing_where_the_support_ends() -> None:
    """If they did, a stand with three legs would leave its podium through the front."""
    layout = _layout(500, 500, 250, 350)
    scene = _scene("a", horizon=0.6)
    assert fit_scene(scene, replace(layout, base_depth=30.0)) == fit_scene(scene, layout)


def test_a_mirrored_scene_mirrors_its_light() -> None:
    """If it did not, shadows would fall towards the light."""
    fit = fit_scene(_scene("a", light=Light(azimuth=300)), _layout(500, 500, 250, 350))
    assert fit.light.azimuth == 300
    assert replace(fit, mirrored=True).light.azimuth == 60


def test_a_part_of_a_canvas_shows_the_same_part_of_the_scene(tmp_path: Path) -> None:
    """If it did not, placements of one render would show other backgrounds than were checked."""
    _write(tmp_path, "a")
    scene = load_scenes([tmp_path])[0]
    fit = fit_scene(scene, _layout(256, 256, 128, 180))
    whole = draw_scene(fit, 256, 256).astype(float)
    part = draw_scene(fit.scaled(1.0, 64, 32), 128, 128).astype(float)
    assert np.abs(whole[32:160, 64:192] - part).mean() < 1.0
