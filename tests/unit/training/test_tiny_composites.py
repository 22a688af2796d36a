"""Rendered products put into library scenes, as further training pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kirakat.cli.open_studio import assets_folder
from kirakat.errors import TrainingError
from kirakat.prompts.pool import load_pools
from kirakat.scenes.library import load_scenes
from kirakat.training.render.captions import library_caption
from kirakat.training.tiny.composites import (
    FIRST_INDEX,
    Composer,
    Composite,
    cut_products,
    write_composites,
)
from kirakat.training.tiny.dataset import is_held_out, list_renders
from kirakat.training.tiny.smallest import smallest_config
from kirakat.training.tiny.workshop import Workshop

SIDE = 96
SCENES = assets_folder() / "scenes"
# Left, top, right, bottom of the box that stands for a product.
BOX = (30, 20, 66, 80)


def _write_render(
    folder: Path,
    index: int,
    *,
    view: str = "standing",
    material: str = "ceramic",
    box: Sequence[int] = BOX,
) -> None:
    """A red box on grey with what the renderer writes beside it."""
    left, top, right, bottom = box
    picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
    matte = np.zeros((SIDE, SIDE), np.uint8)
    picture[top:bottom, left:right] = (180, 40, 30)
    matte[top:bottom, left:right] = 255
    target = folder / f"{index:05d}"
    target.mkdir(parents=True)
    Image.fromarray(picture).save(target / "picture.jpg", quality=95)
    Image.fromarray(picture).save(target / "twin.jpg", quality=95)
    Image.fromarray(matte).save(target / "matte.png")
    (target / "caption.txt").write_text("a grey surface\n")
    told = {"kind": "mug", "colour": "red", "material": material, "caption": "a red ceramic mug"}
    (target / "meta.json").write_text(json.dumps({"view": view, "product": told}))


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Renders of which one stands, one lies and one is of glass."""
    folder = tmp_path_factory.mktemp("work") / "renders"
    _write_render(folder, 0)
    _write_render(folder, 2, view="lying")
    _write_render(folder, 4, material="glass")
    _write_render(folder, 6, box=(0, 20, 66, 80))
    _write_render(folder, 1, view="hanging")
    return folder


@pytest.fixture(scope="module")
def composer(renders: Path) -> Composer:
    """Draws from all of them."""
    return Composer(
        products=cut_products(list_renders(renders)),
        scenes=load_scenes([SCENES]),
        pools=load_pools(),
        side=128,
    )


@pytest.fixture(scope="module")
def drawn(composer: Composer) -> list[Composite]:
    """Some composites."""
    return [composer.draw(np.random.default_rng(seed)) for seed in range(12)]


def test_glass_and_products_cut_off_are_left_out(composer: Composer) -> None:
    """If they were not, glass would carry another scene and a half product would float."""
    assert sorted(Path(product.image.uri).name for product in composer.products) == [
        "00000",
        "00001",
        "00002",
    ]


def test_beside_product_and_shadow_a_composite_is_its_scene(drawn: list[Composite]) -> None:
    """If it were not, the pair would teach more than what to add around a product."""
    for made in drawn:
        outside = made.matte == 0
        # A shadow only darkens.
        assert (made.picture[outside] <= made.twin[outside]).all()
        assert (made.picture[0] == made.twin[0]).all()


def test_the_product_is_in_the_picture(drawn: list[Composite]) -> None:
    """If it were not, edges would be drawn around nothing."""
    for made in drawn:
        inside = made.picture[made.matte == 1].astype(int)
        assert np.abs(inside.mean(0) - (180, 40, 30)).max() < 8


def test_captions_name_the_product_once(drawn: list[Composite]) -> None:
    """If the title came twice, prompts in use would look unlike all captions."""
    for made in drawn:
        assert made.caption.count("red ceramic mug") == 1


def test_some_captions_are_prompts_and_some_say_what_the_scene_shows(
    drawn: list[Composite],
) -> None:
    """If all were prompts, scenes that no prompt prefers would never be seen."""
    plain = {f"red ceramic mug, on {library_caption(s)}" for s in load_scenes([SCENES])}
    described = sum(made.caption in plain for made in drawn)
    assert 0 < described < len(drawn)


def test_equal_seeds_write_equal_composites(composer: Composer, tmp_path: Path) -> None:
    """If they did not, a training could not be repeated."""
    for name in ("first", "second"):
        assert list(write_composites(tmp_path / name, composer, count=2, seed=3)) == [1, 2]
    for index in (FIRST_INDEX, FIRST_INDEX + 1):
        one, other = (tmp_path / name / str(index) for name in ("first", "second"))
        assert (one / "picture.jpg").read_bytes() == (other / "picture.jpg").read_bytes()
        assert (one / "caption.txt").read_text() == (other / "caption.txt").read_text()


def test_products_of_held_out_renders_are_never_composed(renders: Path) -> None:
    """If they were, what is measured on them would have been trained on."""
    config = smallest_config()
    workshop = Workshop(folder=renders.parent, config=config, scenes=SCENES)
    assert [*workshop.composites()][-1] == config.data.composites
    for record in (renders.parent / "composites").glob("*/composite.json"):
        source = Path(json.loads(record.read_text())["product"])
        assert not is_held_out(int(source.name), config.data.held_out)


def test_composites_without_scenes_are_refused(tmp_path: Path) -> None:
    """If they were not, a training would silently see renders alone."""
    workshop = Workshop(folder=tmp_path, config=smallest_config())
    with pytest.raises(TrainingError, match="scenes"):
        list(workshop.composites())


def test_what_never_fits_is_said(composer: Composer, tmp_path: Path) -> None:
    """If it were not, the command would try for ever."""
    nothing = replace(composer, products=[])
    with pytest.raises(TrainingError, match="fits"):
        list(write_composites(tmp_path, nothing, count=1, seed=0))
