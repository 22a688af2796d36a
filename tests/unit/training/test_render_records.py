"""Scene and training records: closed vocabularies, variety, determinism."""

from __future__ import annotations

from collections import Counter

import pytest

from kirakat.training.render.build_stage import build_stage
from kirakat.training.render.captions import product_caption, scene_caption
from kirakat.training.render.palettes import LIGHTINGS, PALETTES, SURFACES, VIEWS
from kirakat.training.render.products import COLOURS, KINDS
from kirakat.training.render.random_spec import MATCHING, random_scene, random_training_spec
from kirakat.training.render.scene_library import LIBRARY
from kirakat.training.render.scene_spec import SceneSpec
from kirakat.training.render.sets import BUILDERS

RANDOM = tuple(random_scene(index, 1) for index in range(150))


@pytest.mark.parametrize("spec", LIBRARY + RANDOM[:40], ids=lambda spec: spec.scene_id)
def test_scene_words_come_from_the_closed_vocabularies(spec: SceneSpec) -> None:
    """Prompt pools could not find the scene by its words."""
    assert spec.surface in SURFACES
    assert spec.lighting in LIGHTINGS
    assert spec.palette in PALETTES
    assert spec.view in VIEWS
    assert spec.setting in BUILDERS


def test_library_ids_are_unique() -> None:
    """One scene would overwrite another."""
    assert len({spec.scene_id for spec in LIBRARY}) == len(LIBRARY)


def test_library_has_scenes_for_every_view() -> None:
    """Flat-lay or hanging products would have nowhere to go."""
    views = Counter(spec.view for spec in LIBRARY)
    assert views["standing"] >= 12
    assert views["lying"] >= 6
    assert views["hanging"] >= 2


@pytest.mark.parametrize(
    ("field", "words"),
    [("palette", tuple(PALETTES)), ("lighting", LIGHTINGS), ("surface", SURFACES)],
)
def test_library_covers_a_vocabulary(field: str, words: tuple[str, ...]) -> None:
    """A prompt that asks for the missing word would get an unrelated scene."""
    assert {getattr(spec, field) for spec in LIBRARY} == set(words)


@pytest.mark.parametrize(
    "spec", [s for s in LIBRARY if "furniture" in s.categories], ids=lambda spec: spec.scene_id
)
def test_rooms_have_floor_for_a_sofa(spec: SceneSpec) -> None:
    """A sofa would stand half on a plant or be shrunk to a toy."""
    assert build_stage(spec, texture_size=64).design.width / spec.frame > 0.5


def test_some_tables_are_wide() -> None:
    """Sets of several things would hang over the rim of a podium."""
    tables = [spec for spec in LIBRARY if "tabletop" in spec.tags]
    wide = [s for s in tables if build_stage(s, texture_size=64).design.width / s.frame >= 0.7]
    assert len(wide) >= 6


def test_training_never_shows_what_only_lies_flat() -> None:
    """A T-shirt would stand upright on a podium, thin as paper."""
    kinds = {random_training_spec(index, 2).kind for index in range(400)}
    assert not {kind for kind in kinds if KINDS[kind].flat}


def test_training_records_follow_from_index_and_seed() -> None:
    """A resumed run would mix two different data sets."""
    assert random_training_spec(7, 3) == random_training_spec(7, 3)


def test_training_records_differ_between_indices() -> None:
    """The training set would repeat one picture."""
    assert len({(s.setting, s.palette, s.key.azimuth) for s in RANDOM}) == len(RANDOM)


def test_training_never_uses_a_library_seed() -> None:
    """The shipped scenes would leak into the training set."""
    assert not {spec.seed for spec in RANDOM} & {spec.seed for spec in LIBRARY}


def test_most_products_match_their_scene() -> None:
    """Image conditioning would have nothing to learn from."""
    specs = [random_training_spec(index, 1) for index in range(300)]
    agreeing = sum(spec.colour in MATCHING[spec.scene.palette] for spec in specs)
    assert 0.6 < agreeing / len(specs) < 0.9


def test_matching_colours_exist() -> None:
    """Rendering would stop at an unknown colour name."""
    assert {name for names in MATCHING.values() for name in names} <= set(COLOURS)


@pytest.mark.parametrize("spec", RANDOM[:60], ids=lambda spec: spec.scene_id)
def test_scene_caption_names_surface_and_palette(spec: SceneSpec) -> None:
    """The generator would not learn what the words look like."""
    caption = scene_caption(spec)
    assert caption.startswith(f"a {spec.palette} ")
    assert "  " not in caption


@pytest.mark.parametrize("kind", KINDS)
def test_product_caption_names_colour_and_noun(kind: str) -> None:
    """Captions would say nothing of the product."""
    assert product_caption(kind, "navy").startswith("a navy ")
    assert product_caption(kind, "navy").endswith(KINDS[kind].noun)
