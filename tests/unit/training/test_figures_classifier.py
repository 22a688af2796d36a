"""The light classifier of palettes and lightings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kirakat.training.figures.adherence import Answer, adherence_table
from kirakat.training.figures.scene_classifier import background_features, train_on_scenes
from kirakat.types import RGB, Light, Scene

COLOURS = {"terracotta": (190, 100, 70), "sage": (150, 175, 145), "navy": (30, 45, 90)}


def _picture(colour: tuple[int, int, int], seed: int) -> RGB:
    rng = np.random.default_rng(seed)
    shade = np.linspace(0.8, 1.1, 160)[:, None, None] * np.array(colour) * rng.uniform(0.9, 1.1)
    noisy = shade + rng.normal(0, 3, (160, 160, 3))
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _scene(folder: Path, palette: str, number: int) -> Scene:
    path = folder / f"{palette}-{number}.png"
    Image.fromarray(_picture(COLOURS[palette], number)).save(path)
    return Scene(
        scene_id=path.stem,
        path=path,
        width=160,
        height=160,
        support_x=0.5,
        support_y=0.8,
        support_width=0.6,
        horizon=None,
        camera_elevation=20.0,
        light=Light(),
        views=frozenset({"standing"}),
        surface="",
        lighting="softbox",
        palette=palette,
    )


@pytest.fixture
def scenes(tmp_path: Path) -> list[Scene]:
    """Three scenes of each of three palettes."""
    return [_scene(tmp_path, palette, number) for palette in COLOURS for number in range(3)]


def test_palettes_of_unseen_scenes_are_told(scenes: list[Scene]) -> None:
    """A classifier that cannot tell scenes says nothing of generated pictures."""
    assert train_on_scenes(scenes, lambda scene: scene.palette).held_out > 0.9


def test_labels_without_meaning_are_not_learnt(scenes: list[Scene]) -> None:
    """Else the held-out accuracy would leak from crops of the same scene."""
    by_number = train_on_scenes(scenes, lambda scene: scene.scene_id.split("-")[1])
    assert by_number.held_out < 0.7


def test_a_scene_is_told_by_a_classifier_that_never_saw_it(scenes: list[Scene]) -> None:
    """Else a picture that starts from a scene would be recognised, not judged."""
    trained = train_on_scenes(scenes, lambda scene: scene.palette)
    left_out = trained.unaware_of(scenes[0].scene_id)
    assert not np.array_equal(left_out.weights, trained.classifier.weights)
    assert trained.unaware_of(None) is trained.classifier


def test_a_class_of_one_scene_is_left_out(scenes: list[Scene]) -> None:
    """Left out of training it could never be told; kept it would only lower the ceiling."""
    trained = train_on_scenes(scenes[:7], lambda scene: scene.palette)
    assert trained.classifier.classes == ("sage", "terracotta")


def test_features_leave_the_product_out() -> None:
    """Else a green bottle would make every palette sage."""
    matte = np.zeros((160, 160), np.float32)
    matte[60:110, 60:110] = 1.0
    plain = _picture(COLOURS["navy"], 1)
    covered = plain.copy()
    covered[62:108, 62:108] = (0, 255, 0)
    first, second = background_features(plain, matte), background_features(covered, matte)
    assert np.abs(first[:21] - second[:21]).max() < 0.5


def test_chance_is_what_dealt_out_answers_score() -> None:
    """A classifier that always says white must not beat chance where white is often asked for."""
    answers = [
        Answer(product=str(number), asked=frozenset(asked), seen="white")
        for number, asked in enumerate([{"white"}, {"white"}, {"sage"}, {"navy"}])
    ]
    table = adherence_table(answers)
    assert table.accuracy is not None
    assert table.accuracy.value == pytest.approx(table.chance) == pytest.approx(0.5)
