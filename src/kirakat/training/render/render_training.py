"""Training pictures: a product in a random scene, its exact matte, and the scene without it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kirakat.training.render.build_stage import BuiltScene, build_stage
from kirakat.training.render.captions import product_caption, scene_caption
from kirakat.training.render.mitsuba_backend import render_coverage, render_light
from kirakat.training.render.products import KINDS, Product, fitted, laid, make_product
from kirakat.training.render.progress import Progress, save_json, save_picture
from kirakat.training.render.random_spec import TrainingSpec, random_training_spec
from kirakat.training.render.stage import Stage
from kirakat.training.render.tone import exposure_gain, tone_map

_PICTURE_SPP, _TWIN_SPP, _MATTE_SPP = 6, 5, 8


def render_training(
    out: Path, *, count: int, seed: int, size: int = 512, first: int = 0, step: int = 1
) -> Iterator[Progress]:
    """Render training items `first`, `first + step`, ... below `count` into `out/<index>/`.

    Each folder holds picture.jpg, twin.jpg, matte.png, caption.txt and, written last,
    meta.json; a folder with meta.json is skipped. Several processes share the work by `first`
    and `step`. Raises RendererMissingError without Mitsuba or LLVM.
    """
    wanted = range(first, count, step)
    for done, index in enumerate(wanted, 1):
        start = time.monotonic()
        folder = out / f"{index:05d}"
        if not (folder / "meta.json").exists():
            _render_item(folder, random_training_spec(index, seed), size)
        seconds = time.monotonic() - start
        yield Progress(done=done, total=len(wanted), name=folder.name, seconds=seconds)


def _render_item(folder: Path, spec: TrainingSpec, size: int) -> None:
    built = build_stage(spec.scene, texture_size=512)
    product = place_product(spec, built)
    stage = replace(built.stage, product=product.parts)
    seed = spec.scene.seed
    depth = 9 if any(part.material.glass for part in product.parts) else 4
    twin = render_light(built.stage, size=size, spp=_TWIN_SPP, seed=seed, depth=4)
    picture = render_light(stage, size=size, spp=_PICTURE_SPP, seed=seed, depth=depth)
    coverage = render_coverage(stage, size=size, spp=_MATTE_SPP)
    # One exposure for both, so that they differ by the product and its shadow only.
    gain = exposure_gain(twin, built.stage.exposure)
    folder.mkdir(parents=True, exist_ok=True)
    save_picture(tone_map(twin, gain), folder / "twin.jpg", quality=95)
    save_picture(tone_map(picture, gain), folder / "picture.jpg", quality=95)
    save_picture(np.rint(coverage * 255).astype(np.uint8), folder / "matte.png")
    (folder / "caption.txt").write_text(scene_caption(spec.scene) + "\n", encoding="utf-8")
    save_json(_meta(spec, built.stage), folder / "meta.json")


def place_product(spec: TrainingSpec, built: BuiltScene) -> Product:
    """The spec's product at the support point, standing or lying."""
    product = make_product(spec.kind, spec.colour, spec.scene.seed)
    frame = spec.scene.frame
    if spec.scene.view == "lying":
        flat = laid(product, spec.turn)
        low, high = flat.bounds
        s = spec.size * 1.1 * frame / float((high - low)[:2].max())
        product = flat.mapped(lambda mesh: mesh.scaled(s, s, s))
    else:
        width = min(built.design.width * 0.85, 0.5 * frame)
        product = fitted(product, width=width, height=spec.size * frame)
    x, y, z = (float(c) for c in built.stage.support)
    return product.mapped(lambda mesh: mesh.moved(x=x, y=y, z=z))


def _meta(spec: TrainingSpec, stage: Stage) -> dict[str, Any]:
    scene, key = spec.scene, spec.scene.key
    x, y = stage.camera.project(stage.support)
    return {
        "surface": scene.surface,
        "lighting": scene.lighting,
        "palette": scene.palette,
        "setting": scene.setting,
        "props": list(scene.props),
        "view": scene.view,
        "camera_elevation": scene.camera_elevation,
        "support": {"x": round(x, 4), "y": round(y, 4)},
        "light": {
            "azimuth": key.azimuth,
            "elevation": key.elevation,
            "softness": key.softness,
            "temperature": key.temperature,
        },
        "product": {
            "kind": spec.kind,
            "colour": spec.colour,
            "material": KINDS[spec.kind].material,
            "caption": product_caption(spec.kind, spec.colour),
        },
        "matched": spec.matched,
        "caption": scene_caption(scene),
        "seed": scene.seed,
    }
