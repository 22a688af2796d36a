"""Figure 1: naive inpainting, edges, and edges with conditioning, all from noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kirakat.pipeline.step5_cut_back import paste, place_colours
from kirakat.quality.contact import contact_score
from kirakat.quality.halo import halo
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.sufficient import Proportion
from kirakat.training.figures.arms import Arm, Case, Picture, Studios, draw, on_white
from kirakat.training.figures.intervals import by_product, mean_of, paired_ratio
from kirakat.training.figures.measures import FoundObject, find_object, rim_contrast
from kirakat.types import RGB, Sampling

# Expansion from which a picture counts as extended.
EXTENDED = 0.05
# Share of the product that a segmenter must find for its picture of the object to mean much.
RECOGNISED = 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one picture measures."""

    product: str
    arm: str
    exact: bool
    # Of the generator's picture, before the product is cut back.
    found: FoundObject
    # Of the product on white: the segmenter's own error.
    noise: FoundObject
    # Of the picture with the product cut back and no shadow drawn.
    halo: float
    rim_contrast: float
    contact: float | None
    # Of the generator alone; 0 where a cache answered.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ArmRow:
    """One line of the table; means over products with 95 % intervals."""

    arm: str
    pictures: int
    products: int
    expansion: Interval | None
    union: Interval | None
    product_found: Interval | None
    # Shares of pictures with `RECOGNISED` of the product found, and with more than `EXTENDED`.
    recognised: Interval
    extended: Interval
    halo: Interval | None
    rim_contrast: Interval | None
    # Share of standing products under which the generator drew no contact shadow of its own.
    floating: Interval
    standing: int
    seconds: float


def figure1_arms(sampling: Sampling) -> tuple[Arm, ...]:
    """The paper's three, in its order. `sampling` is the generator's from noise."""
    plain = replace(sampling, image_scale=0.0)
    return (
        Arm(name="inpainting", start="noise", sampling=plain, inpaint=True, shadow="none"),
        Arm(name="edges", start="noise", sampling=plain, shadow="none"),
        Arm(name="edges + conditioning", start="noise", sampling=sampling, shadow="none"),
    )


def measure_arms(
    cases: Sequence[Case], arms: Sequence[Arm], studios: Studios
) -> Iterator[tuple[Picture, Measured]]:
    """Every picture of every arm with its measures, case by case."""
    for case in cases:
        noise: FoundObject | None = None
        for arm in arms:
            (picture,) = draw([case], arm, studios)
            noise = noise or _noise(picture, studios)
            yield picture, _measure(picture, noise, studios)


def table_of(measured: Sequence[Measured], arm: str, *, floating_below: float) -> ArmRow:
    """An arm's line; `floating_below` is the gate's limit of the contact score."""
    rows = [row for row in measured if row.arm == arm]
    standing = [row.contact for row in rows if row.contact is not None]
    floating = sum(score < floating_below for score in standing)
    extended = sum(row.found.expansion > EXTENDED for row in rows)
    drawn = [row.seconds for row in rows if row.seconds > 0.0]
    return ArmRow(
        arm=arm,
        pictures=len(rows),
        products=len({row.product for row in rows}),
        expansion=_mean(rows, [row.found.expansion for row in rows]),
        union=_mean(rows, [row.found.union for row in rows]),
        product_found=_mean(rows, [row.found.product_found for row in rows]),
        recognised=_recognised([row.found for row in rows]),
        extended=wilson(Proportion(successes=extended, trials=len(rows))),
        halo=_mean(rows, [row.halo for row in rows]),
        rim_contrast=_mean(rows, [row.rim_contrast for row in rows]),
        floating=wilson(Proportion(successes=floating, trials=len(standing))),
        standing=len(standing),
        seconds=float(np.median(drawn)) if drawn else 0.0,
    )


def noise_row(measured: Sequence[Measured]) -> ArmRow:
    """The segmenter's own error on untouched pictures, as a line of the same table."""
    first = {row.product: row for row in measured}
    rows = list(first.values())
    extended = sum(row.noise.expansion > EXTENDED for row in rows)
    return ArmRow(
        arm="untouched, on white",
        pictures=len(rows),
        products=len(rows),
        expansion=_mean(rows, [row.noise.expansion for row in rows]),
        union=_mean(rows, [row.noise.union for row in rows]),
        product_found=_mean(rows, [row.noise.product_found for row in rows]),
        recognised=_recognised([row.noise for row in rows]),
        extended=wilson(Proportion(successes=extended, trials=len(rows))),
        halo=None,
        rim_contrast=None,
        floating=wilson(Proportion()),
        standing=0,
        seconds=0.0,
    )


def ratio_of(
    measured: Sequence[Measured],
    treated: str,
    control: str,
    *,
    union: bool = False,
    least_found: float = 0.0,
) -> Interval | None:
    """How many times the expansion of `control` that of `treated` is, paired by product.

    Only pictures in which at least `least_found` of the product is found count: of an object
    that a segmenter does not see, it sees no extension either.
    """

    def means(arm: str) -> dict[str, float]:
        return by_product(
            [
                (row.product, row.found.union if union else row.found.expansion)
                for row in measured
                if row.arm == arm and row.found.product_found >= least_found
            ]
        )

    return paired_ratio(means(treated), means(control))


def without_shadow(picture: Picture) -> RGB:
    """The product cut back over the generator's own picture, (h, w, 3), nothing else drawn."""
    prepared = picture.rendered.prepared
    image = picture.case.product.subject.image
    colours = place_colours(image.pixels, prepared.cutout, prepared.layout)
    return paste(colours, prepared.product, picture.drawn)


def _measure(picture: Picture, noise: FoundObject, studios: Studios) -> Measured:
    prepared = picture.rendered.prepared
    pasted = without_shadow(picture)
    return Measured(
        product=picture.case.product.name,
        arm=picture.arm.name,
        exact=picture.case.product.exact,
        found=find_object(picture.drawn, prepared.product, studios.main.segmenter),
        noise=noise,
        halo=halo(pasted, prepared.product),
        rim_contrast=rim_contrast(pasted, prepared.product),
        contact=contact_score(pasted, prepared.product, prepared.layout),
        seconds=picture.rendered.render.seconds,
    )


def _noise(picture: Picture, studios: Studios) -> FoundObject:
    prepared = picture.rendered.prepared
    untouched = on_white(prepared, picture.case.product)
    return find_object(untouched, prepared.product, studios.main.segmenter)


def _recognised(found: Sequence[FoundObject]) -> Interval:
    seen = sum(one.product_found >= RECOGNISED for one in found)
    return wilson(Proportion(successes=seen, trials=len(found)))


def _mean(rows: Sequence[Measured], values: Sequence[float]) -> Interval | None:
    pairs = [(row.product, value) for row, value in zip(rows, values, strict=True)]
    return mean_of(list(by_product(pairs).values()))
