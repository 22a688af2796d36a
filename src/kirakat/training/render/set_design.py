"""The result of laying out a set."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.training.render.stage import Part


@dataclass(frozen=True, kw_only=True)
class SetDesign:
    """Parts, the support point (world), usable width there, and the wall's distance (or None).

    `scale` is the set's size against a tabletop one: the key light and its shadow masks grow
    with it. `is_floor`: the support goes on to the bottom of the picture.
    """

    parts: list[Part]
    support: tuple[float, float, float]
    width: float
    wall_y: float | None
    scale: float = 1.0
    is_floor: bool = False
