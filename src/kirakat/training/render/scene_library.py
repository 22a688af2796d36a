"""The scenes that ship with Kirakat, as parameter records."""

from __future__ import annotations

from typing import Final

from kirakat.training.render.scene_spec import SceneSpec
from kirakat.training.render.scenes_flat import FLAT
from kirakat.training.render.scenes_standing import STANDING

LIBRARY: Final[tuple[SceneSpec, ...]] = STANDING + FLAT
