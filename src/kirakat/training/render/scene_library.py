"""The scenes that ship with Kirakat, as parameter records."""

from __future__ import annotations

from typing import Final

from kirakat.training.render.scene_spec import SceneSpec
from kirakat.training.render.scenes_flat import FLAT
from kirakat.training.render.scenes_hanging import HANGING
from kirakat.training.render.scenes_outdoor import OUTDOOR
from kirakat.training.render.scenes_plain import PLAIN
from kirakat.training.render.scenes_rooms import ROOMS
from kirakat.training.render.scenes_standing import STANDING
from kirakat.training.render.scenes_tables import TABLES

LIBRARY: Final[tuple[SceneSpec, ...]] = STANDING + PLAIN + OUTDOOR + TABLES + ROOMS + FLAT + HANGING
