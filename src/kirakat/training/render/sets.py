"""All sets by name."""

from __future__ import annotations

from collections.abc import Callable

from kirakat.training.render import sets_hanging as hanging
from kirakat.training.render import sets_lying as lying
from kirakat.training.render import sets_nature as nature
from kirakat.training.render import sets_rooms as rooms
from kirakat.training.render import sets_studio as studio
from kirakat.training.render import sets_table as tables
from kirakat.training.render.scene_spec import Kit
from kirakat.training.render.set_design import SetDesign

BUILDERS: dict[str, Callable[[Kit], SetDesign]] = {
    "podium": studio.podium, "pedestal": studio.pedestal, "stairs": studio.stairs,
    "passage": studio.passage, "room": studio.room, "seamless": studio.seamless,
    "ground": studio.ground, "tabletop": tables.tabletop, "terrace": tables.terrace,
    "counter": tables.counter, "evening": tables.evening,
    "rock": nature.rock, "pond": nature.pond, "mossy": nature.mossy,
    "pool": nature.pool, "snowy": nature.snowy, "draped": nature.draped,
    "court": studio.court, "dunes": nature.dunes,
    "parlour": rooms.parlour, "loft": rooms.loft, "villa": rooms.villa,
    "board-room": rooms.board_room, "bright-room": rooms.bright_room,
    "flatlay": lying.flatlay, "bare-wall": hanging.bare_wall, "clothes-rail": hanging.clothes_rail,
    "board-wall": hanging.board_wall, "cast-wall": hanging.cast_wall,
    "window-wall": hanging.window_wall, "arch-wall": hanging.arch_wall,
}  # fmt: skip
