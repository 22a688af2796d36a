"""Figure 2: whether conditioning moves the background's palette towards the product's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kirakat.stats.intervals import Interval
from kirakat.training.figures.arms import Arm, Case, Picture, Studios, draw
from kirakat.training.figures.intervals import by_product, mean_of, paired_difference, paired_ratio
from kirakat.training.figures.measures import (
    MainColours,
    background_colours,
    product_colours,
)
from kirakat.types import Sampling, ShadowMode


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The same prompt and seed drawn without and with the product as conditioning."""

    product: str
    # The product's palette, and those of the two backgrounds.
    own: MainColours
    plain: MainColours
    told: MainColours


@dataclass(frozen=True, kw_only=True)
class ShiftTable:
    """All pairs, CIE76 between palettes, means over products with 95 % intervals."""

    pairs: int
    products: int
    without: Interval | None
    conditioned: Interval | None
    # Conditioned less without: negative where conditioning brings the palettes together.
    difference: Interval | None
    ratio: Interval | None
    # The same difference against the palettes of all other products. What is found here is no
    # answer to the product: conditioning merely made the backgrounds duller, or greyer.
    elsewhere: Interval | None
    # `difference` less `elsewhere`: the part that answers to the product itself.
    own_part: Interval | None


def figure2_arms(sampling: Sampling, start: Literal["noise", "scene"] = "noise") -> tuple[Arm, Arm]:
    """Without and with the product image; all else equal."""
    plain = replace(sampling, image_scale=0.0)
    shadow: ShadowMode = "soft" if start == "scene" else "none"
    return (
        Arm(name="edges", start=start, sampling=plain, shadow=shadow),
        Arm(name="edges + conditioning", start=start, sampling=sampling, shadow=shadow),
    )


def measure_shift(
    cases: Sequence[Case], arms: tuple[Arm, Arm], studios: Studios
) -> Iterator[tuple[Picture, Picture, Shift]]:
    """Both pictures of every case, and their palettes."""
    for case in cases:
        (plain,), (conditioned,) = draw([case], arms[0], studios), draw([case], arms[1], studios)
        matte = plain.rendered.prepared.product
        yield (
            plain,
            conditioned,
            Shift(
                product=case.product.name,
                own=product_colours(plain.finished, matte),
                plain=background_colours(plain.finished, matte),
                told=background_colours(conditioned.finished, matte),
            ),
        )


def shift_table(shifts: Sequence[Shift]) -> ShiftTable:
    """The pairs summed up; each product counts once."""
    without = by_product([(one.product, one.plain.apart(one.own)) for one in shifts])
    conditioned = by_product([(one.product, one.told.apart(one.own)) for one in shifts])
    own = {name: conditioned[name] - without[name] for name in without}
    elsewhere = by_product([(one.product, _change_elsewhere(one, shifts)) for one in shifts])
    return ShiftTable(
        pairs=len(shifts),
        products=len(without),
        without=mean_of(list(without.values())),
        conditioned=mean_of(list(conditioned.values())),
        difference=paired_difference(conditioned, without),
        ratio=paired_ratio(conditioned, without),
        elsewhere=mean_of(list(elsewhere.values())),
        own_part=paired_difference(own, elsewhere),
    )


def _change_elsewhere(shift: Shift, shifts: Sequence[Shift]) -> float | None:
    """How much nearer (negative) conditioning brings a background to other products' palettes."""
    changes = [
        shift.told.apart(other.own) - shift.plain.apart(other.own)
        for other in shifts
        if other.product != shift.product
    ]
    return sum(changes) / len(changes) if changes else None
