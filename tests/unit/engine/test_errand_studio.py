"""What a worker makes for a person who waits, and of whose scenes, where no model is needed."""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from kirakat.catalog.image_cache import ImageCache
from kirakat.catalog.images import ImageSource
from kirakat.engine.worker.errand_studio import ErrandStudio
from kirakat.engine.worker.studio_renderer import StudioRenderer
from kirakat.pipeline.studio import Studio
from kirakat.scenes.library import scene_from
from kirakat.types import Scene
from tests.support.asks import some_offer

_SCENE = scene_from(
    {"support": {"x": 0.5, "y": 0.7}, "support_width": 0.6, "camera_elevation": 10,
     "views": ["standing"], "scene_id": "common"},
    Path("common.jpg"), size=(800, 800),
)  # fmt: skip


def _studio(base: Path) -> Studio:
    """A studio that can load photos, and has no model."""
    nothing = cast("Any", None)
    return Studio(
        images=ImageSource(base=base), pools=nothing, scenes=(_SCENE,), cache=nothing,
        segmenter=nothing, edges=nothing, generator_info=nothing, make_generator=nothing,
        thresholds=nothing,
    )  # fmt: skip


def _renderer(base: Path) -> StudioRenderer:
    own: dict[str, tuple[Scene, ...]] = {"shop": (replace(_SCENE, scene_id="own"),)}
    return StudioRenderer(
        lambda _: nullcontext(_studio(base)),
        lambda merchant: ImageCache(base, merchant_id=merchant),
        scenes=lambda merchant: own.get(merchant, ()),
    )


def test_a_merchants_own_scenes_are_theirs_alone(tmp_path: Path) -> None:
    """If they were not, one shop's counter would stand in another shop's pictures."""
    renderer = _renderer(tmp_path)
    found = {}
    for merchant in ("shop", "rival"):
        with renderer.borrow("tiny", merchant) as studio:
            found[merchant] = [scene.scene_id for scene in studio.scenes]
    assert found == {"shop": ["common", "own"], "rival": ["common"]}


def test_a_photo_is_brought_as_the_pipeline_sees_it(tmp_path: Path) -> None:
    """If it were not, a mask drawn on a turned or clear photo would fit another picture."""
    clear = np.tile(np.arange(120, dtype=np.uint8), (80, 1))
    photo = Image.fromarray(np.dstack([np.full((80, 120, 3), 200, np.uint8), clear]))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(tmp_path / "photo.png", exif=exif)
    studio = ErrandStudio(
        _renderer(tmp_path), "tiny", recipe=cast("Any", None), segmenter=cast("Any", None)
    )
    made = studio.source(replace(some_offer(), image_link="photo.png"))
    with Image.open(io.BytesIO(made.data)) as brought:
        assert brought.size == (80, 120) == (made.words["width"], made.words["height"])
        # Where the file is clear, white: no product is to be seen there.
        assert min(cast("tuple[int, int, int]", brought.convert("RGB").getpixel((40, 2)))) > 245
