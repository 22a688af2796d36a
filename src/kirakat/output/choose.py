"""Which of an offer's creatives to show where there is room for few."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kirakat.types import Creative, OfferResult, Placement, Verdict

# (prompt's number among the offer's prompts, placement's name)
Slot = tuple[int, str]

_VERDICT_ORDER: Final[Mapping[Verdict, int]] = {"pass": 0, "review": 1, "reject": 2}
_MOST_PROMPTS: Final = 4


def best_creative(result: OfferResult) -> Creative | None:
    """The generated creative that shows the offer best, beside its source photo.

    The gate's verdict comes first, then likeness of shape to the photo, so that the two
    compare, then size.
    """
    generated = [item for item in result.creatives if item.key.treatment == "generated"]
    ratio = _source_ratio(result)

    def rank(creative: Creative) -> tuple[int, float, int]:
        placement = creative.key.placement
        shape = round(abs(math.log(placement.ratio / ratio)), 1)
        size = -placement.width * placement.height
        return _VERDICT_ORDER[creative.gate.verdict], shape, size

    return min(generated, key=rank, default=None)


def _source_ratio(result: OfferResult) -> float:
    if result.thumbnail is None:
        return 1.0
    return float(result.thumbnail.shape[1] / result.thumbnail.shape[0])


def positioned_creative(result: OfferResult) -> Creative | None:
    """The squarest positioned creative."""
    positioned = (item for item in result.creatives if item.key.treatment == "positioned")
    return min(positioned, key=lambda item: _skew(item.key.placement), default=None)


def varied_creatives(result: OfferResult) -> dict[Slot, Creative]:
    """Generated creatives for one row: every prompt in one shape, then every other shape once.

    The slots depend on how many prompts and which placements there are, not on what they are
    called, so that the rows of different categories line up.
    """
    slots = _slots(result.creatives)
    placements = _placements(result.creatives)
    if not placements:
        return {}
    first = min(placements, key=_skew)
    prompts = 1 + max(number for number, _ in slots)
    wanted = [(number, first.name) for number in range(min(prompts, _MOST_PROMPTS))]
    others = [placement for placement in placements if placement is not first]
    wanted += [(turn % prompts, other.name) for turn, other in enumerate(others)]
    return {slot: slots[slot] for slot in wanted if slot in slots}


def _slots(creatives: Iterable[Creative]) -> dict[Slot, Creative]:
    numbers: dict[str, int] = {}
    slots: dict[Slot, Creative] = {}
    for creative in creatives:
        if creative.key.treatment == "generated":
            arm = creative.prompt.arm if creative.prompt else ""
            number = numbers.setdefault(arm, len(numbers))
            slots[number, creative.key.placement.name] = creative
    return slots


def _placements(creatives: Sequence[Creative]) -> list[Placement]:
    """Placements of generated creatives in order of appearance, one a name."""
    found: dict[str, Placement] = {}
    for creative in creatives:
        if creative.key.treatment == "generated":
            found.setdefault(creative.key.placement.name, creative.key.placement)
    return list(found.values())


def _skew(placement: Placement) -> float:
    return abs(math.log(placement.ratio))
