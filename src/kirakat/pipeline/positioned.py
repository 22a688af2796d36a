"""The treatment `positioned`: the product cut out and placed on plain ground, without a model.

On an ordinary placement the ground is white (the paper's group 2a). An elongated placement
shows the product in a tile on a quiet ground tinted with the product's colour.
"""

from __future__ import annotations

from kirakat.imaging.shadow import shadow
from kirakat.pipeline.compose import Backdrop, compose
from kirakat.pipeline.grounds import plain_ground, quiet_ground
from kirakat.pipeline.step2_place import place_positioned, place_tile
from kirakat.pipeline.step5_cut_back import place_alpha
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject
from kirakat.pipeline.wanted import Wanted
from kirakat.types import Creative, Light

# Degrees above horizontal of the camera that a plain ground suggests.
_ELEVATION = 20.0
_LIGHT = Light(softness=0.8)


def make_positioned(wanted: Wanted, subject: Subject, studio: Studio) -> Creative:
    """One creative. Raises `LayoutError` and `EncodeError`."""
    make = _tile if wanted.placement.is_tile else _plain
    backdrop = make(wanted, subject)
    return compose(wanted, subject, backdrop, thresholds=studio.thresholds, clock=studio.clock)


def _plain(wanted: Wanted, subject: Subject) -> Backdrop:
    placement = wanted.placement
    layout = place_positioned(
        subject.cutout,
        width=placement.width,
        height=placement.height,
        safe_area=placement.safe_area,
        category=subject.category,
    )
    ground = plain_ground(placement.width, placement.height, wanted.key.recipe.ground)
    alpha = place_alpha(subject.cutout, layout)
    return Backdrop(pixels=ground, layout=layout, alpha=alpha, shadow=None)


def _tile(wanted: Wanted, subject: Subject) -> Backdrop:
    layout = place_tile(
        subject.cutout, wanted.placement, category=subject.category, view=subject.view
    )
    alpha = place_alpha(subject.cutout, layout)
    cast = shadow(alpha, layout, _LIGHT, "soft", camera_elevation=_ELEVATION)
    ground = quiet_ground(subject.cutout, layout)
    return Backdrop(pixels=ground, layout=layout, alpha=alpha, shadow=cast)
