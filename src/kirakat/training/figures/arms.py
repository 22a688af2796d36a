"""Ways to draw a background: what the figures and the ablation compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kirakat.hashing import digest, seed_from
from kirakat.pipeline.finish import draw_whole
from kirakat.pipeline.generated import list_jobs
from kirakat.pipeline.grounds import white_ground
from kirakat.pipeline.prepare import Prepared, prepare
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.renders import render_all
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.wanted import want
from kirakat.training.figures.products import SQUARE, Product
from kirakat.types import RGB, Recipe, RenderedPrompt, Sampling, ShadowMode

# Steps and guidance from noise of a generator whose table of settings is made for scenes.
_NOISE_STEPS, _NOISE_GUIDANCE = 8, 2.0


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to draw a background around the same product."""

    name: str
    start: Literal["noise", "scene"]
    sampling: Sampling
    # Naive inpainting: no edges, no product image, the product kept by a mask.
    inpaint: bool = False
    contour: bool = True
    shadow: ShadowMode = "soft"
    # None: the recipe's own.
    smoothing: float | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """A product with one of its prompts, and which of the seeds."""

    product: Product
    prompt: RenderedPrompt
    turn: int = 0


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What an arm drew for a case."""

    case: Case
    arm: Arm
    rendered: Rendered
    # (h, w, 3) at the bucket's size: product cut back, the arm's shadow drawn.
    finished: RGB

    @property
    def drawn(self) -> RGB:
        """The generator's picture before the product is cut back, (h, w, 3)."""
        return self.rendered.render.pixels


@dataclass(frozen=True, kw_only=True)
class Studios:
    """The same parts around a generator and around its inpainting baseline."""

    main: Studio
    inpaint: Studio
    recipe: Recipe


def noise_sampling(generator: str, table: Sampling) -> Sampling:
    """How a generator draws from noise; the tables of known full-size models serve already."""
    if generator == "tiny" or table == Sampling():
        table = replace(table, steps=_NOISE_STEPS, guidance=_NOISE_GUIDANCE, image_scale=0.5)
    return replace(table, strength=1.0)


def cases_of(products: Sequence[Product], *, prompts: int, seeds: int = 1) -> list[Case]:
    """The first `prompts` of every product's pool, each with `seeds` seeds."""
    return [
        Case(product=product, prompt=prompt, turn=turn)
        for product in products
        for prompt in product.prompts[:prompts]
        for turn in range(seeds)
    ]


def draw(cases: Sequence[Case], arm: Arm, studios: Studios) -> Iterator[Picture]:
    """One picture a case.

    All arms give a case the same seed, so that they are comparable; another prompt or turn has
    another seed.
    """
    studio = studios.inpaint if arm.inpaint else studios.main
    for case in cases:
        prepared = prepare_case(case, arm, studios)
        (render,) = render_all([prepared], studio)
        rendered = Rendered(prepared=prepared, render=render)
        yield Picture(
            case=case,
            arm=arm,
            rendered=rendered,
            finished=draw_whole(rendered, case.product.subject.image),
        )


def on_white(prepared: Prepared, product: Product) -> RGB:
    """The placed product on white, (h, w, 3): an untouched picture."""
    layout = prepared.layout
    ground = white_ground(layout.width, layout.height)
    image = product.subject.image
    return cut_back(image.pixels, prepared.cutout, layout, ground, shadow=None)


def prepare_case(case: Case, arm: Arm, studios: Studios) -> Prepared:
    """Everything that the arm's render needs, with the seed that all arms share."""
    recipe = _recipe(arm, studios.recipe)
    subject, studio = case.product.subject, studios.main
    wanted = want(subject.offer, subject.image, case.prompt, SQUARE, "generated", recipe)
    (job,) = list_jobs([wanted], recipe, studio)
    made = prepare(job, subject, studio)
    shared = digest("figure", subject.image.sha256, subject.matte_sha256, case.prompt.text)
    request = replace(
        made.request,
        key=digest("figure", made.request.key, case.turn, arm.inpaint),
        seed=seed_from(shared, case.turn),
    )
    if arm.inpaint:
        request = replace(
            request,
            init=on_white(made, case.product),
            paintable=np.asarray(made.product < 0.5, np.float32),
        )
    return replace(made, request=request)


def _recipe(arm: Arm, base: Recipe) -> Recipe:
    return replace(
        base,
        start=arm.start,
        sampling=arm.sampling,
        contour=arm.contour,
        shadow=arm.shadow,
        smoothing=base.smoothing if arm.smoothing is None else arm.smoothing,
    )
