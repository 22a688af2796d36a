"""All sets by name."""

from __future__ import annotations

from collections.abc import Callable

from kirakat.training.render import sets_hanging as hanging
from kirakat.training.render import sets_lying as lying
from kirakat.training.render import sets_nature as nature
from kirakat.training.render import sets_studio as studio
from kirakat.training.render import sets_table as tables
from kirakat.training.render.scene_spec import Kit
from kirakat.training.render.set_design import SetDesign

BUILDERS: dict[str, Callable[[Kit], SetDesign]] = {
    "podium": studio.podium, "pedestal": studio.pedestal, "stairs": studio.stairs,
    "passage": studio.passage, "room": studio.room, "seamless": studio.seamless,
    "ground": studio.ground, "tabletop": tables.tabletop, "terrace": tables.terrace,
    "rock": nature.rock, "pond": nature.pond, "mossy": nature.mossy, "dunes": nature.dunes,
    "flatlay": lying.flatlay, "bare-wall": hanging.bare_wall, "clothes-rail": hanging.clothes_rail,
}  # fmt: skip
