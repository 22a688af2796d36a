"""What surrounds the product in a finished picture: background and shadow at any size."""

from __future__ import annotations

from kirakat.imaging.resample import resample_alpha
from kirakat.imaging.shadow import Shadow, shadow
from kirakat.pipeline.background import finish_background
from kirakat.pipeline.prepare import Prepared
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.types import RGB, Box, Layout, Render, SourceImage


def finish(prepared: Prepared, render: Render, layout: Layout, box: Box) -> tuple[RGB, Shadow]:
    """Background (h, w, 3) and shadow of `layout`, which shows `box` of the render."""
    recipe = prepared.job.recipe
    pixels = finish_background(
        render,
        prepared.fit,
        prepared.product,
        box,
        (layout.width, layout.height),
        detail=recipe.detail,
        smoothing=recipe.smoothing,
    )
    cast = shadow(
        resample_alpha(prepared.cutout.alpha, layout),
        layout,
        prepared.light,
        recipe.shadow,
        camera_elevation=prepared.camera_elevation,
        reach=_support(prepared, layout.width / box.width),
    )
    return pixels, cast


def draw_whole(prepared: Prepared, render: Render, image: SourceImage) -> RGB:
    """The finished picture at the render's own size, nothing cropped."""
    bucket = prepared.job.bucket
    box = Box(x=0.0, y=0.0, width=bucket.width, height=bucket.height)
    pixels, cast = finish(prepared, render, prepared.layout, box)
    return cut_back(image.pixels, prepared.cutout, prepared.layout, pixels, shadow=cast)


def _support(prepared: Prepared, factor: float) -> float | None:
    return prepared.fit.support_half_width * factor if prepared.fit else None
