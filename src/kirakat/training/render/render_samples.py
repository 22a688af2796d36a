"""The sample catalogue: product photographs on a light studio sweep, mattes and a feed."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.build_stage import build_stage
from kirakat.training.render.light import Key
from kirakat.training.render.mitsuba_backend import render_coverage, render_light
from kirakat.training.render.products import KINDS, Product, fitted, make_product
from kirakat.training.render.progress import Progress, save_picture
from kirakat.training.render.sample_products import SAMPLES, Sample
from kirakat.training.render.scene_spec import SceneSpec
from kirakat.training.render.stage import Stage
from kirakat.training.render.tone import exposure_gain, tone_map

_SIZE = 1200
# Most bytes of a photograph.
_BYTES = 150_000
COLUMNS: Final = (
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "price",
    "availability",
    "brand",
    "color",
    "material",
    "product_type",
    "google_product_category",
    "product_view",
)


LICENCES: Final = """# Licences of the sample catalogue
- `images/coffee.jpg`: photograph by Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0
  (public domain), as shipped by scikit-image (`skimage.data.coffee()`).
- Every other picture and all mattes: rendered with Mitsuba 3 by `kirakat train render`,
  Apache-2.0. Brands and products are invented.
"""


def render_samples(out: Path, *, spp: int = 32) -> Iterator[Progress]:
    """Render the catalogue into `out`: images/, mattes/, feed.tsv, LICENCES.md.

    Pictures already there are kept. Raises RendererMissingError without Mitsuba or LLVM.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "mattes").mkdir(exist_ok=True)
    for done, sample in enumerate(SAMPLES, 1):
        start = time.monotonic()
        if not (out / "images" / f"{sample.id}.jpg").exists():
            _save_sample(sample, out, spp)
        seconds = time.monotonic() - start
        yield Progress(done=done, total=len(SAMPLES), name=sample.id, seconds=seconds)
    (out / "feed.tsv").write_text(feed_text(), encoding="utf-8")
    (out / "LICENCES.md").write_text(LICENCES, encoding="utf-8")


def feed_text() -> str:
    """The catalogue as a Merchant Center feed, tab-separated with a header row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for s in SAMPLES:
        material = s.material or KINDS[s.kind].material
        writer.writerow(
            [
                s.id,
                s.title,
                s.description,
                f"https://shop.example/p/{s.id}",
                f"images/{s.id}.jpg",
                s.price,
                "in_stock",
                s.brand,
                s.colour,
                material,
                s.product_type,
                s.category,
                s.view,
            ]
        )
    return buffer.getvalue()


def _save_sample(sample: Sample, out: Path, spp: int) -> None:
    image = out / "images" / f"{sample.id}.jpg"
    if not sample.kind:
        save_picture(_coffee(), image, quality=92)
        return
    stage = studio(sample)
    light = render_light(stage, size=_SIZE, spp=spp, seed=sample.seed, depth=10)
    coverage = render_coverage(stage, size=_SIZE, spp=64)
    save_picture(np.rint(coverage * 255).astype(np.uint8), out / "mattes" / f"{sample.id}.png")
    empty = render_light(replace(stage, product=()), size=128, spp=32, seed=1)
    _save_small(tone_map(light, exposure_gain(empty, 1.12), saturation=0.92), image)


def _save_small(picture: NDArray[np.uint8], path: Path) -> None:
    """The best of a few JPEG qualities that keeps the catalogue light."""
    for quality in (90, 85, 80, 74):
        save_picture(picture, path, quality=quality)
        if path.stat().st_size <= _BYTES:
            return


def studio(sample: Sample) -> Stage:
    """A sample's product, large in the frame on a white sweep under a big soft key."""
    spec = SceneSpec(
        scene_id=sample.id,
        seed=3,
        setting="seamless",
        surface="paper",
        lighting="softbox",
        palette="white",
        backdrop="paper",
        camera_elevation=sample.elevation,
        key=Key(azimuth=315.0, elevation=50.0, softness=0.45, temperature="neutral"),
        support_at=(0.5, sample.base),
        frame=7.0,
        aperture=0.03,
    )
    stage = build_stage(spec).stage
    product = fitted(_product(sample), width=4.3, height=5.0)
    return replace(stage, product=product.parts)


def _product(sample: Sample) -> Product:
    return make_product(sample.kind, sample.colour, sample.seed)


def _coffee() -> NDArray[np.uint8]:
    from skimage import data

    photograph: NDArray[np.uint8] = data.coffee()  # type: ignore[no-untyped-call]
    return photograph
