"""The pipeline of one product as pictures (the paper's Figure 3)."""

from __future__ import annotations

import numpy as np
from PIL import Image

from kirakat.pipeline.finish import draw_whole
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.subject import Subject
from kirakat.types import RGB, StepPicture

# Longest sides in pixels.
_STEP_SIZE = 320
_THUMBNAIL_SIZE = 512


def draw_steps(subject: Subject, rendered: Rendered) -> tuple[StepPicture, ...]:
    """Photo, matte, edges, starting picture, what the model drew, product cut back."""
    prepared, render = rendered.prepared, rendered.render
    matte = np.round(subject.cutout.alpha * 255.0).astype(np.uint8)
    pictures: list[tuple[str, RGB | None]] = [
        ("photo", subject.image.pixels),
        ("1 mask", np.stack([matte] * 3, axis=-1)),
        ("2 place", prepared.request.init),
        ("3 edges", render.control),
        ("4 generate", render.pixels),
        ("5 cut back", draw_whole(rendered, subject.image)),
    ]
    return tuple(
        StepPicture(name=name, pixels=shrunk(pixels))
        for name, pixels in pictures
        if pixels is not None
    )


def thumbnail_of(pixels: RGB) -> RGB:
    """The picture with its longer side at most 512 px."""
    return shrunk(pixels, _THUMBNAIL_SIZE)


def shrunk(pixels: RGB, longest: int = _STEP_SIZE) -> RGB:
    """The picture with its longer side at most `longest` pixels."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return np.asarray(picture)
