"""How a creative was made and where its measures failed, as pictures for the person who decides."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.buckets import crop_box
from kirakat.pipeline.compose import decode_pixels
from kirakat.pipeline.finish import draw_whole
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.step2_place import layout_for
from kirakat.pipeline.step5_cut_back import place_alpha
from kirakat.pipeline.steps import shrunk
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject
from kirakat.quality.expansion import expansion_map
from kirakat.quality.halo import halo_map
from kirakat.types import RGB, Alpha, Box, Creative, Defect

# By name: a step (h, w, 3), or an overlay (h, w) of the finished picture's size, 0 to 255.
Evidence = Mapping[str, NDArray[np.uint8]]

# CIE76 at which a rim is drawn at full strength.
_HALO_FULL = 30.0


def draw_evidence(
    creative: Creative, rendered: Rendered, subject: Subject, studio: Studio
) -> Evidence:
    """The steps, the product's coverage, and a picture of each measure that failed.

    Steps are named "source", "mask", "edges", "scene" and "generated"; overlays "coverage",
    "expansion" and "halo".
    """
    prepared, placement = rendered.prepared, creative.key.placement
    layout = layout_for(prepared.layout, prepared.job.bucket, placement)
    alpha = place_alpha(prepared.cutout, layout)
    found: dict[str, NDArray[np.uint8]] = {
        "source": shrunk(subject.image.pixels),
        "mask": shrunk(np.stack([_grey(subject.cutout.alpha)] * 3, axis=-1)),
        "edges": shrunk(rendered.render.control),
        "generated": shrunk(rendered.render.pixels),
        "coverage": _grey(alpha),
    }
    if prepared.request.init is not None:
        found["scene"] = shrunk(prepared.request.init)
    if Defect.HALO in creative.gate.defects:
        found["halo"] = _grey(halo_map(decode_pixels(creative.data), alpha) / _HALO_FULL)
    if Defect.VIRTUAL_EXTENSION in creative.gate.defects:
        box = crop_box(prepared.job.bucket, placement)
        found["expansion"] = _expansion(rendered, subject, studio, box, alpha.shape)
    return found


def _expansion(
    rendered: Rendered, subject: Subject, studio: Studio, box: Box, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """The added object as the placement's crop of the render shows it."""
    prepared = rendered.prepared
    whole = draw_whole(rendered, subject.image)
    added = expansion_map(
        whole, prepared.product, studio.segmenter, untouched=prepared.request.init
    )
    top, left = round(box.y), round(box.x)
    crop = added[top : top + round(box.height), left : left + round(box.width)]
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(crop.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR))


def _grey(values: Alpha) -> RGB:
    return np.asarray(np.clip(np.round(values * 255.0), 0, 255), np.uint8)
