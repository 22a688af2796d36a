"""What surrounds the product in a finished picture: background and shadow at any size."""

from __future__ import annotations

from kirakat.imaging.shadow import Shadow, shadow
from kirakat.pipeline.background import finish_background
from kirakat.pipeline.prepare import Prepared
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.types import RGB, Alpha, Box, Layout, SourceImage


def finish(rendered: Rendered, layout: Layout, box: Box, alpha: Alpha) -> tuple[RGB, Shadow]:
    """Background (h, w, 3) and shadow of `layout`, which shows `box` of the render.

    `alpha` (h, w) is the product's coverage there.
    """
    prepared = rendered.prepared
    pixels = finish_background(
        rendered.render,
        prepared.fit,
        rendered.change,
        box,
        (layout.width, layout.height),
        detail=prepared.job.recipe.detail,
    )
    cast = shadow(
        alpha,
        layout,
        prepared.light,
        prepared.job.recipe.shadow,
        camera_elevation=prepared.camera_elevation,
        reach=_support(prepared, layout.width / box.width),
    )
    return pixels, cast


def draw_whole(rendered: Rendered, image: SourceImage) -> RGB:
    """The finished picture at the render's own size, nothing cropped."""
    prepared = rendered.prepared
    bucket, alpha = prepared.job.bucket, prepared.product
    box = Box(x=0.0, y=0.0, width=bucket.width, height=bucket.height)
    pixels, cast = finish(rendered, prepared.layout, box, alpha)
    return cut_back(
        image.pixels, prepared.cutout, prepared.layout, pixels, shadow=cast, alpha=alpha
    )


def _support(prepared: Prepared, factor: float) -> float | None:
    return prepared.fit.support_half_width * factor if prepared.fit else None
