"""The seeds' first experiment: many products, one prompt varied in one thing at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kirakat.pipeline.studio import Studio
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.training.figures.arms import Arm, Case, Picture, Studios
from kirakat.training.figures.products import Product
from kirakat.training.figures.strips import draw_strip
from kirakat.types import RGB, Prompt, SceneQuery

_CATEGORY = "controlled"
# Column, surface, lighting, palette: each line changes one of the first line's three. The shipped
# library has a scene for standing products that answers each line whole.
_VARIATIONS = (
    ("plaster, soft, white", "plaster", "softbox", "white"),
    ("surface: wood", "wood", "softbox", "white"),
    ("light: foliage", "plaster", "foliage-shadow", "white"),
    ("palette: lavender", "plaster", "softbox", "lavender"),
)
_WORDS = {
    "plaster": "on a smooth plaster surface",
    "wood": "on a pale oak wood table",
    "softbox": "soft even studio light",
    "foliage-shadow": "dappled foliage shadow",
    "white": "bright white background",
    "lavender": "pastel lavender background",
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """The plan of the page."""

    columns: tuple[str, ...]
    cases: tuple[Case, ...]
    arm: Arm
    # With the controlled prompts as a pool of their own.
    studios: Studios


def plan_page(products: Sequence[Product], studios: Studios) -> Page:
    """Every product with every variation, by the default recipe."""
    prompts = controlled_prompts()
    pools = Pools(by_category={_CATEGORY: prompts})
    recipe = studios.recipe
    cases = [
        Case(product=product, prompt=render_prompt(prompt, product.subject.offer))
        for product in products
        for prompt in prompts
    ]
    return Page(
        columns=("photo", *(name for name, *_ in _VARIATIONS)),
        cases=tuple(cases),
        arm=Arm(name="recipe", start=recipe.start, sampling=recipe.sampling, shadow=recipe.shadow),
        studios=replace(
            studios,
            main=_with_pools(studios.main, pools),
            inpaint=_with_pools(studios.inpaint, pools),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Given:
    """Shares of pictures whose scene has what the prompt asks for; nothing from noise."""

    pictures: int
    surface: float
    lighting: float
    palette: float
    # All three at once.
    whole: float


def given_by(pictures: Iterable[Picture]) -> Given:
    """How well the scene library answers the controlled prompts."""
    hits = []
    for picture in pictures:
        fit, wanted = picture.rendered.prepared.fit, picture.case.prompt.prompt.scene
        if fit is not None:
            scene = fit.scene
            hits.append(
                (
                    scene.surface in wanted.surfaces,
                    scene.lighting in wanted.lightings,
                    scene.palette in wanted.palettes,
                )
            )
    shares = [sum(column) / len(hits) for column in zip(*hits, strict=True)] if hits else [0.0] * 3
    whole = sum(all(hit) for hit in hits) / len(hits) if hits else 0.0
    surface, lighting, palette = shares
    return Given(
        pictures=len(hits), surface=surface, lighting=lighting, palette=palette, whole=whole
    )


def controlled_prompts() -> tuple[Prompt, ...]:
    """One prompt a column."""
    return tuple(
        Prompt(
            prompt_id=f"controlled-{number}",
            version=1,
            category=_CATEGORY,
            template="{title}, "
            + ", ".join(_WORDS[word] for word in (surface, lighting, palette))
            + ", product photography",
            negative="text, logo, people, clutter, blurry",
            tags=(),
            why=name,
            scene=SceneQuery(
                surfaces=frozenset({surface}),
                lightings=frozenset({lighting}),
                palettes=frozenset({palette}),
            ),
        )
        for number, (name, surface, lighting, palette) in enumerate(_VARIATIONS)
    )


def draw_page(page: Page, pictures: Iterable[Picture], *, cell: int = 110, across: int = 3) -> RGB:
    """The contact sheet (h, w, 3), `across` products side by side."""
    products: dict[str, list[RGB]] = {}
    for picture in pictures:
        subject = picture.case.product.subject
        row = products.setdefault(picture.case.product.name, [subject.image.pixels])
        row.append(picture.finished)
    width = len(page.columns)
    rows = [row for row in products.values() if len(row) == width]
    lines = [
        [cell for row in rows[start : start + across] for cell in row]
        for start in range(0, len(rows), across)
    ]
    return draw_strip(lines, page.columns * min(across, max(len(rows), 1)), cell=cell)


def _with_pools(studio: Studio, pools: Pools) -> Studio:
    return replace(studio, pools=pools)
