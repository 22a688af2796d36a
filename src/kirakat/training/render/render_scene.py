"""The scene library as files: one picture and one description each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kirakat.training.render.build_stage import BuiltScene, build_stage
from kirakat.training.render.mitsuba_backend import render_light
from kirakat.training.render.progress import Progress, save_json, save_picture
from kirakat.training.render.scene_library import LIBRARY
from kirakat.training.render.scene_spec import SceneSpec
from kirakat.training.render.tone import exposure_gain, tone_map


def render_library(
    out: Path, *, only: Sequence[str] = (), size: int = 1280, spp: int = 36
) -> Iterator[Progress]:
    """Render the library's scenes into `out`, skipping those already there.

    `only` narrows it to some scene ids. Raises RendererMissingError without Mitsuba or LLVM.
    """
    chosen = [spec for spec in LIBRARY if not only or spec.scene_id in only]
    out.mkdir(parents=True, exist_ok=True)
    for done, spec in enumerate(chosen, 1):
        start = time.monotonic()
        description = out / f"{spec.scene_id}.json"
        if not description.exists():
            render_one(spec, out, size=size, spp=spp)
        seconds = time.monotonic() - start
        yield Progress(done=done, total=len(chosen), name=spec.scene_id, seconds=seconds)


def render_one(spec: SceneSpec, out: Path, *, size: int, spp: int) -> None:
    """Render one scene; its description is written last and marks it complete."""
    built = build_stage(spec, texture_size=2048 if size >= 1024 else 1024)
    light = render_light(built.stage, size=size, spp=spp, seed=spec.seed)
    picture = tone_map(light, exposure_gain(light, built.stage.exposure))
    save_picture(picture, out / f"{spec.scene_id}.jpg", quality=91)
    save_json(describe(spec, built, size), out / f"{spec.scene_id}.json")


def describe(spec: SceneSpec, built: BuiltScene, size: int) -> dict[str, Any]:
    """The sidecar record: geometry as fractions of the picture, light in degrees, tags."""
    x, y = built.stage.camera.project(built.stage.support)
    key = spec.key
    record: dict[str, Any] = {
        "scene_id": spec.scene_id,
        "width": size,
        "height": size,
        "support": {"x": round(x, 4), "y": round(y, 4)},
        "support_width": round(min(built.design.width / spec.frame, 0.95), 4),
        "horizon": horizon(spec, built),
        "camera_elevation": spec.camera_elevation,
        "light": {
            "azimuth": key.azimuth,
            "elevation": key.elevation,
            "softness": key.softness,
            "temperature": key.temperature,
        },
        "views": [spec.view],
        "surface": spec.surface,
        "lighting": spec.lighting,
        "palette": spec.palette,
        "tags": list(spec.tags),
        "licence": "Apache-2.0",
        "origin": f"rendered with Mitsuba 3 by kirakat train render, seed {spec.seed}",
    }
    if built.design.is_floor:
        record["support_front"] = 1.0
    if spec.categories:
        record["categories"] = list(spec.categories)
    return record


def horizon(spec: SceneSpec, built: BuiltScene) -> float | None:
    """Where floor meets wall, else the vanishing line; None when neither is in the picture."""
    if spec.view != "standing":
        return None
    x, _, _ = built.stage.support
    wall_y = built.design.wall_y
    far = wall_y if wall_y is not None else 1e6
    _, y = built.stage.camera.project([x, far, 0.0])
    return round(y, 4) if 0.0 <= y <= 1.0 else None
