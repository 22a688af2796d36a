"""Seconds by step and peak memory of one product, each beside the plainest way to do the same.

Run: python benchmarks/steps.py [--photo FILE] [--repeats N]

The peer of a step does what one would write without Kirakat: Pillow's resize and paste for a
further size, one U²-Netp call for the checks, the stock diffusers pipeline for a render. The
ratio is what machines have in common; the seconds are this machine's.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from rich.console import Console
from rich.table import Table

from kirakat.cli.open_studio import open_studio, recipe_for
from kirakat.imaging.buckets import crop_box
from kirakat.pipeline.compose import Backdrop, compose
from kirakat.pipeline.expansion import measure_expansion
from kirakat.pipeline.finish import finish
from kirakat.pipeline.generated import list_jobs
from kirakat.pipeline.orders import Order
from kirakat.pipeline.prepare import Prepared, prepare
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.renders import render_all
from kirakat.pipeline.step1_mask import mask
from kirakat.pipeline.step2_place import layout_for
from kirakat.pipeline.step5_cut_back import cut_back, place_alpha
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject, cut_out
from kirakat.pipeline.wanted import list_wanted
from kirakat.prompts.category import category_of
from kirakat.prompts.render import render_prompt
from kirakat.settings import Settings
from kirakat.store.stage_cache import memory_cache
from kirakat.types import Offer, Placement, SourceImage

SIZE = Placement(name="1200x1200", width=1200, height=1200, max_bytes=600_000)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    step: str
    # Median seconds.
    ours: float
    peer: float | None
    peer_name: str
    goal: str


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        photo = options.photo or _draw_photo(Path(folder) / "photo.jpg")
        settings = Settings(cache_dir=Path(folder) / "cache")
        with open_studio(settings, base=photo.parent, generator="tiny") as studio:
            rows = _measure(replace(studio, cache=memory_cache()), photo, options.repeats)
    table = Table("step", "seconds", "peer", "peer's seconds", "ratio", "goal")
    for row in rows:
        peer = f"{row.peer:.3f}" if row.peer else "-"
        ratio = f"{row.ours / row.peer:.2f}" if row.peer else "-"
        table.add_row(row.step, f"{row.ours:.3f}", row.peer_name, peer, ratio, row.goal)
    console = Console()
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory {peak:,.0f} MB, with every model loaded")


def _measure(studio: Studio, photo: Path, repeats: int) -> list[Row]:
    offer = Offer(offer_id="1", merchant_id="m", title="Ceramic mug", image_link=photo.name)
    image = studio.images.load(photo.name)
    subject = cut_out(offer, image, category_of(offer).category, studio)
    order = Order(
        placements=(SIZE,),
        treatments=frozenset({"generated"}),
        prompts_per_offer=1,
        recipe=recipe_for(studio, "tiny"),
    )
    prompt = render_prompt(studio.pools.for_category(subject.category)[0], offer)
    wanted = list(list_wanted(offer, image, [prompt], order))
    (job,) = list_jobs(wanted, order.recipe, studio)
    prepared = prepare(job, subject, studio)
    (render,) = render_all([prepared], studio)
    rendered = Rendered(prepared=prepared, render=render)
    return [
        Row(
            step="1 mask (source to matte)",
            ours=_median(lambda: mask(image, segmenter=studio.segmenter), repeats),
            peer=_median(lambda: studio.segmenter.segment(image.pixels), repeats),
            peer_name="one U²-Netp call, no matting",
            goal="1.5",
        ),
        Row(
            step="2, 3 place, edges, starting picture",
            ours=_median(lambda: prepare(job, subject, studio), repeats),
            peer=None,
            peer_name="-",
            goal="-",
        ),
        Row(
            step="4 generate one picture",
            ours=_median(lambda: _render(prepared, studio), repeats),
            peer=None,
            peer_name="-",
            goal="-",
        ),
        Row(
            step="a further size, 1200x1200",
            ours=_median(lambda: _further_size(rendered, image), repeats * 3),
            peer=_median(lambda: _paste(rendered, image), repeats * 3),
            peer_name="Pillow resize and paste, no shadow",
            goal="0.080",
        ),
        Row(
            step="a further render's checks",
            ours=_median(lambda: _checks(rendered, subject, studio), repeats),
            peer=_median(lambda: studio.segmenter.segment(render.pixels), repeats),
            peer_name="one U²-Netp call",
            goal="1.0",
        ),
        Row(
            step="cut back, encode, certificate, gate",
            ours=_median(lambda: _compose(rendered, subject, studio), repeats),
            peer=None,
            peer_name="-",
            goal="-",
        ),
    ]


def _render(prepared: Prepared, studio: Studio) -> None:
    render_all([prepared], replace(studio, cache=memory_cache()))


def _further_size(rendered: Rendered, image: SourceImage) -> None:
    prepared = rendered.prepared
    layout = layout_for(prepared.layout, prepared.job.bucket, SIZE)
    alpha = place_alpha(prepared.cutout, layout)
    pixels, cast = finish(rendered, layout, crop_box(prepared.job.bucket, SIZE), alpha)
    cut_back(image.pixels, prepared.cutout, layout, pixels, shadow=cast, alpha=alpha)


def _paste(rendered: Rendered, image: SourceImage) -> None:
    prepared = rendered.prepared
    layout = layout_for(prepared.layout, prepared.job.bucket, SIZE)
    canvas = Image.fromarray(rendered.render.pixels).resize((SIZE.width, SIZE.height))
    size = (round(image.width * layout.scale), round(image.height * layout.scale))
    product = Image.fromarray(image.pixels).resize(size, Image.Resampling.LANCZOS)
    matte = Image.fromarray(np.round(prepared.cutout.alpha * 255).astype(np.uint8)).resize(size)
    canvas.paste(product, (round(layout.offset_x), round(layout.offset_y)), matte)


def _checks(rendered: Rendered, subject: Subject, studio: Studio) -> None:
    measure_expansion(rendered, subject, replace(studio, cache=memory_cache()))


def _compose(rendered: Rendered, subject: Subject, studio: Studio) -> None:
    prepared = rendered.prepared
    layout = layout_for(prepared.layout, prepared.job.bucket, SIZE)
    alpha = place_alpha(prepared.cutout, layout)
    pixels, cast = finish(rendered, layout, crop_box(prepared.job.bucket, SIZE), alpha)
    compose(
        prepared.job.wanted[0],
        subject,
        Backdrop(pixels=pixels, layout=layout, alpha=alpha, shadow=cast),
        thresholds=studio.thresholds,
        clock=studio.clock,
    )


def _median(work: Callable[[], object], repeats: int) -> float:
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _draw_photo(path: Path) -> Path:
    """A mug of 1600 px on a light ground with a soft shadow."""
    picture = Image.new("RGB", (1600, 1600), (244, 244, 242))
    shadow = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shadow).ellipse((380, 1180, 1180, 1330), fill=120)
    picture.paste((80, 80, 80), mask=shadow.filter(ImageFilter.GaussianBlur(30)))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((960, 560, 1330, 1050), outline=(190, 80, 40), width=80)
    draw.rounded_rectangle((420, 400, 1080, 1280), 90, fill=(200, 90, 45))
    draw.ellipse((430, 360, 1070, 500), fill=(120, 50, 25))
    picture.save(path, quality=95)
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", type=Path, help="a product photo instead of the drawn one")
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
