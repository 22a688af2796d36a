"""From a scene's parameters to a stage: set, light, camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.training.render.camera import aim_camera
from kirakat.training.render.light import (
    TEMPERATURES,
    direction,
    key_lamp,
    mask,
    rim_lamps,
    surroundings,
)
from kirakat.training.render.palettes import PALETTES, Rgb, linear
from kirakat.training.render.scene_spec import Kit, SceneSpec
from kirakat.training.render.set_design import SetDesign
from kirakat.training.render.sets import BUILDERS
from kirakat.training.render.stage import Lamp, Stage

# Level of the surroundings for each lighting, relative to a key irradiance of 3.
_FILL: dict[str, float] = {
    "softbox": 0.36, "window-blind": 0.4, "foliage-shadow": 0.44, "sun": 0.5,
    "golden-hour": 0.34, "spotlight": 0.3, "overcast": 0.95, "rim": 0.16,
}  # fmt: skip
_FILL_COLOUR: dict[str, Rgb] = {
    "golden-hour": (0.82, 0.86, 1.0), "sun": (0.88, 0.94, 1.0), "overcast": (0.95, 0.98, 1.0),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class BuiltScene:
    """A stage with the set design it came from."""

    stage: Stage
    design: SetDesign


def build_stage(spec: SceneSpec, *, texture_size: int = 1024) -> BuiltScene:
    """Set, light and camera of a spec; the same spec always gives the same stage."""
    kit = Kit(spec, np.random.default_rng([spec.seed, 11]), texture_size)
    design = BUILDERS[spec.setting](kit)
    support = np.asarray(design.support, dtype=np.float64)
    light_rng = np.random.default_rng([spec.seed, 12])
    masks = mask(spec.lighting, spec.key, support, light_rng, scale=design.scale)
    camera = aim_camera(
        support, elevation=spec.camera_elevation, at=spec.support_at,
        frame_width=spec.frame, aperture=spec.aperture,
    )  # fmt: skip
    fill = surroundings(
        _FILL[spec.lighting], _FILL_COLOUR.get(spec.lighting, (1.0, 0.97, 0.94)), light_rng
    )
    stage = Stage(
        parts=(*design.parts, *masks), lamps=_lamps(spec, support, design.scale), environment=fill,
        camera=camera, support=support, exposure=_exposure(spec),
    )  # fmt: skip
    return BuiltScene(stage=stage, design=design)


def _lamps(spec: SceneSpec, support: np.ndarray, scale: float) -> tuple[Lamp, ...]:
    lamps: tuple[Lamp, ...] = (key_lamp(spec.key, support, strength=3.0, scale=scale),)
    if spec.lighting == "rim":
        lamps += rim_lamps(support, TEMPERATURES[spec.key.temperature], strength=25.0)
    if spec.lighting in ("softbox", "overcast"):
        top = support + direction(spec.key.azimuth + 170, 68) * 30 * scale
        side = 22 * scale
        lamps += (
            Lamp(position=top, target=support, width=side, height=side, radiance=np.full(3, 0.8)),
        )
    return lamps


def _exposure(spec: SceneSpec) -> float:
    """Display level (linear) that suits the palette: pale sets bright, dark sets dark."""
    tone = float(linear(PALETTES[spec.palette].wall) @ np.array([0.2126, 0.7152, 0.0722]))
    level = 0.2 + 0.85 * tone
    if spec.lighting in ("window-blind", "foliage-shadow", "sun", "golden-hour", "spotlight"):
        # Sunlit patches are the top of the range; the shade between them must stay readable.
        level *= 1.16
    return min(level, 0.86) * spec.brightness
