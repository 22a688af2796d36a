"""Why people reject a creative, and what is tried next for each reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# "redraw": the same key again, with another seed; "next_scene": likewise, from the next scene that
# suits (a further draw turns both); "remask": nothing before somebody has mended the matte;
# "none": nothing by itself.
Retry = Literal["redraw", "next_scene", "remask", "none"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One of the reasons, as it is stored and as people read it."""

    name: str
    label: str
    # What it looks like, for those who choose.
    meaning: str
    # The key that chooses it after R.
    key: str
    retry: Retry
    needs_note: bool = False


REASONS: tuple[Reason, ...] = (
    Reason(
        name="product_altered", label="Product altered", key="1", retry="remask",
        meaning="Shape, colour, label or a part differs from the photo.",
    ),
    Reason(
        name="virtual_extension", label="Virtual extension", key="2", retry="redraw",
        meaning="The background grew a handle, leg or strap onto the product.",
    ),
    Reason(
        name="floating_product", label="Floating product", key="3", retry="next_scene",
        meaning="Nothing carries it, or its shadow lies elsewhere.",
    ),
    Reason(
        name="halo_or_edge", label="Halo or edge", key="4", retry="remask",
        meaning="A light or dark rim, or a ragged outline.",
    ),
    Reason(
        name="bad_mask", label="Bad mask", key="5", retry="remask",
        meaning="A piece of the product is missing, or backdrop came along.",
    ),
    Reason(
        name="wrong_scale", label="Wrong scale", key="6", retry="next_scene",
        meaning="Too large or too small for what surrounds it.",
    ),
    Reason(
        name="implausible_scene", label="Implausible scene", key="7", retry="next_scene",
        meaning="Nobody would put the product there.",
    ),
    Reason(
        name="text_hallucinated", label="Text hallucinated", key="8", retry="redraw",
        meaning="Letters or marks that the photo does not have.",
    ),
    Reason(
        name="unsafe", label="Unsafe", key="9", retry="none",
        meaning="Offends, misleads, or shows what may not be shown.",
    ),
    Reason(
        name="low_quality", label="Low quality", key="0", retry="redraw",
        meaning="Blurred, blotchy or dull.",
    ),
    Reason(
        name="other", label="Other", key="n", retry="none", needs_note=True,
        meaning="Say what in a note.",
    ),
)  # fmt: skip
BY_NAME = {reason.name: reason for reason in REASONS}
RETRIES: dict[Retry, str] = {
    "redraw": "it is drawn again with another seed",
    "next_scene": "it is drawn again in the next scene",
    "remask": "it waits for a better mask",
    "none": "nothing is tried by itself",
}
