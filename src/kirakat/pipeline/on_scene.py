"""A product and its shadow laid on a fitted scene."""

from __future__ import annotations

from kirakat.imaging.shadow import shadow
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.scenes.fit import SceneFit
from kirakat.types import RGB, Alpha, Cutout, Layout, ShadowMode


def lay_on_scene(
    source_pixels: RGB,
    cutout: Cutout,
    layout: Layout,
    alpha: Alpha,
    *,
    fit: SceneFit,
    background: RGB,
    mode: ShadowMode,
) -> RGB:
    """The product over `background` (h, w, 3), which is the fitted scene, with its shadow.

    `alpha` (h, w) is the product's coverage where the layout puts it.
    """
    cast = shadow(
        alpha,
        layout,
        fit.light,
        mode,
        camera_elevation=fit.scene.camera_elevation,
        reach=fit.support_half_width,
    )
    return cut_back(source_pixels, cutout, layout, background, shadow=cast, alpha=alpha)
