"""Arms around a generator that draws nothing: what they ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kirakat.catalog.images import ImageSource
from kirakat.imaging.colour import rgb_to_lab
from kirakat.models.edges.canny import CannyEdgeDetector
from kirakat.models.protocols import Generated, GenerationItem
from kirakat.pipeline.recipes import default_recipe
from kirakat.pipeline.studio import Studio
from kirakat.prompts.pool import load_pools
from kirakat.quality.thresholds import Thresholds
from kirakat.store.stage_cache import memory_cache
from kirakat.training.figures.arms import Arm, Case, Studios, draw, noise_sampling
from kirakat.training.figures.expansion_by_arm import (
    figure1_arms,
    measure_arms,
    noise_row,
    table_of,
)
from kirakat.training.figures.first_experiment import (
    controlled_prompts,
    draw_page,
    given_by,
    plan_page,
)
from kirakat.training.figures.measures import MainColours
from kirakat.training.figures.palette_shift import (
    Shift,
    figure2_arms,
    measure_shift,
    shift_table,
)
from kirakat.training.figures.products import (
    Product,
    load_products,
    offers_of_folder,
    spread,
)
from kirakat.training.figures.strips import draw_strip
from kirakat.types import RGB, Alpha, ModelInfo, Sampling

SIZE = 128
INFO = ModelInfo(name="grey", revision="1", licence="-", native_size=SIZE)
NOISE = Sampling(steps=1, strength=1.0)


class Grey:
    """Draws grey, and keeps what it was asked for."""

    info = INFO

    def __init__(self) -> None:
        self.asked: list[tuple[GenerationItem, Sampling]] = []

    def generate(self, items: Sequence[GenerationItem], sampling: Sampling) -> list[Generated]:
        """One grey picture an item."""
        self.asked += [(item, sampling) for item in items]
        drawn = [np.full(item.control.shape, 128, np.uint8) for item in items]
        return [Generated(pixels=picture, reconstruction=None) for picture in drawn]


class Nothing:
    """A segmenter that finds nothing."""

    info = INFO

    def segment(self, pixels: RGB) -> Alpha:
        """Zeros (H, W)."""
        return np.zeros(pixels.shape[:2], np.float32)


@pytest.fixture
def generator() -> Grey:
    """The generator of both studios."""
    return Grey()


@pytest.fixture
def studios(tmp_path: Path, generator: Grey) -> Studios:
    """A studio without scenes over two photos with alpha."""
    for name, colour in (("red-mug", (180, 40, 30, 255)), ("oak_lamp", (160, 120, 60, 255))):
        photo = np.zeros((96, 96, 4), np.uint8)
        photo[20:80, 30:70] = colour
        Image.fromarray(photo).save(tmp_path / f"{name}.png")
    studio = Studio(
        images=ImageSource(base=tmp_path),
        pools=load_pools(),
        scenes=(),
        cache=memory_cache(),
        segmenter=Nothing(),
        edges=CannyEdgeDetector(),
        generator_info=INFO,
        make_generator=lambda: generator,
        thresholds=Thresholds.load(),
    )
    recipe = default_recipe("grey", INFO, segmenter=INFO)
    return Studios(main=studio, inpaint=replace(studio), recipe=recipe)


@pytest.fixture
def products(tmp_path: Path, studios: Studios) -> list[Product]:
    """Both products."""
    offers = [
        replace(offer, image_link=Path(offer.image_link).name)
        for offer in offers_of_folder(tmp_path)
    ]
    return list(load_products(offers, studios.main, mattes=None, skipped=[]))


def _case(products: list[Product], turn: int = 0) -> Case:
    return Case(product=products[0], prompt=products[0].prompts[0], turn=turn)


def test_a_photos_own_alpha_counts_as_exact(products: list[Product]) -> None:
    """Figure 1 would otherwise leave out products whose matte is known."""
    assert [(product.name, product.exact) for product in products] == [
        ("oak_lamp", True),
        ("red-mug", True),
    ]


def test_a_photo_that_cannot_be_used_is_named(tmp_path: Path, studios: Studios) -> None:
    """A silently smaller sample would look like the whole one."""
    (tmp_path / "broken.png").write_bytes(b"no picture")
    offers = [
        replace(offer, image_link=Path(offer.image_link).name)
        for offer in offers_of_folder(tmp_path)
    ]
    skipped: list[str] = []
    found = list(load_products(offers, studios.main, mattes=None, skipped=skipped))
    assert (len(found), skipped) == (2, ["broken"])


def test_a_product_that_finds_no_place_is_named(tmp_path: Path, studios: Studios) -> None:
    """One product cut off at two sides would otherwise end a whole experiment half-way."""
    rail = np.zeros((60, 200, 4), np.uint8)
    rail[25:30] = (120, 90, 60, 255)
    Image.fromarray(rail).save(tmp_path / "curtain-rail.png")
    offers = [
        replace(offer, image_link=Path(offer.image_link).name)
        for offer in offers_of_folder(tmp_path)
    ]
    skipped: list[str] = []
    found = list(load_products(offers, studios.main, mattes=None, skipped=skipped))
    assert (len(found), skipped) == (2, ["curtain-rail"])


def test_arms_share_prompt_and_seed(
    products: list[Product], studios: Studios, generator: Grey
) -> None:
    """Otherwise a difference between arms could be the draw of the noise."""
    for arm in figure1_arms(NOISE):
        list(draw([_case(products)], arm, studios))
    asked = [item for item, _ in generator.asked]
    assert len({(item.prompt, item.seed) for item in asked}) == 1


def test_another_turn_has_another_seed(
    products: list[Product], studios: Studios, generator: Grey
) -> None:
    """Else the distance between seeds would be 0 and every pool would look diverse."""
    arm = Arm(name="noise", start="noise", sampling=NOISE)
    list(draw([_case(products), _case(products, 1)], arm, studios))
    assert generator.asked[0][0].seed != generator.asked[1][0].seed


def test_only_inpainting_gets_a_mask(
    products: list[Product], studios: Studios, generator: Grey
) -> None:
    """The baseline must keep the product, the others must not be given it."""
    inpainting, edges, _ = figure1_arms(NOISE)
    list(draw([_case(products)], inpainting, studios))
    list(draw([_case(products)], edges, studios))
    masked, plain = (item for item, _ in generator.asked)
    assert masked.init is not None
    assert masked.paintable is not None
    assert 0.0 < float(masked.paintable.mean()) < 1.0
    assert (plain.init, plain.paintable) == (None, None)


def test_figure_1_says_when_no_product_is_found(products: list[Product], studios: Studios) -> None:
    """No extension of an unseen object must not read as a good picture."""
    arms = figure1_arms(NOISE)
    measured = [row for _, row in measure_arms([_case(products)], arms, studios)]
    row = table_of(measured, "edges", floating_below=0.3)
    assert (row.pictures, row.recognised.value, row.extended.value) == (1, 0.0, 0.0)
    assert noise_row(measured).pictures == 1


def test_equal_pictures_have_no_palette_shift(products: list[Product], studios: Studios) -> None:
    """Figure 2 must not find a shift where the generator ignores the product."""
    cases = [Case(product=product, prompt=product.prompts[0]) for product in products]
    made = measure_shift(cases, figure2_arms(NOISE), studios)
    table = shift_table([shift for *_, shift in made])
    assert table.difference is not None
    assert table.difference.value == 0.0
    assert table.products == 2


def test_backgrounds_that_only_turn_grey_answer_to_no_product() -> None:
    """Conditioning that dulls every picture alike must not pass for one that sees the product."""

    def colours(rgb: tuple[int, int, int]) -> MainColours:
        return MainColours(lab=rgb_to_lab(np.array([rgb], np.uint8)), shares=np.ones(1))

    shifts = [
        Shift(product=name, own=colours((120, 120, 120)), plain=colours(plain), told=colours(told))
        for name, plain, told in (
            ("a", (200, 60, 60), (150, 110, 110)),
            ("b", (60, 60, 200), (110, 110, 150)),
        )
    ]
    table = shift_table(shifts)
    assert table.difference is not None
    assert table.own_part is not None
    assert table.difference.value < -10.0
    assert table.own_part.value == pytest.approx(0.0)


def test_products_are_taken_category_by_category(products: list[Product]) -> None:
    """A small sample of mugs alone would say nothing of other goods."""
    mug = next(product for product in products if product.name == "red-mug")
    lamp = next(product for product in products if product.name == "oak_lamp")
    assert spread([mug, mug, lamp], 2) == [mug, lamp]


def test_from_noise_a_small_model_gets_settings_of_its_own() -> None:
    """Its table is for gentle changes of a scene; from noise four steps draw mud."""
    table = Sampling(steps=4, guidance=1.0, strength=0.35)
    assert noise_sampling("tiny", table).steps > 4
    assert noise_sampling("sd15", replace(table, steps=20)).steps == 20
    assert noise_sampling("sd15", table).strength == 1.0


def test_controlled_prompts_differ_from_the_first_in_one_thing() -> None:
    """If two things changed at once, nobody could say which one mattered."""
    first, *others = controlled_prompts()
    for prompt in others:
        ours, base = set(prompt.template.split(", ")), set(first.template.split(", "))
        assert len(ours - base) == 1


def test_the_page_shows_every_product_with_every_variation(
    products: list[Product], studios: Studios
) -> None:
    """A missing picture would shift the others under the wrong heading."""
    noise = replace(studios, recipe=replace(studios.recipe, start="noise", sampling=NOISE))
    page = plan_page(products, noise)
    made = list(draw(page.cases, page.arm, page.studios))
    assert len(made) == len(products) * (len(page.columns) - 1)
    assert given_by(made).pictures == 0
    assert draw_page(page, made, cell=20, across=1).shape[0] > 2 * 20


def test_a_strip_holds_every_picture() -> None:
    """A missing row would hide the arm that looks worst."""
    picture = np.zeros((40, 40, 3), np.uint8)
    strip = draw_strip([[picture, picture], [picture, picture]], ["a", "b"], cell=40)
    dark = (strip.reshape(-1, 3).sum(1) == 0).sum()
    assert dark == 4 * 40 * 40
