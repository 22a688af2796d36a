"""How much a render adds to the product, measured once for all placements that share it."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.hashing import digest
from kirakat.pipeline.codecs import pack, unpack
from kirakat.pipeline.finish import draw_whole
from kirakat.pipeline.grounds import white_ground
from kirakat.pipeline.prepare import Prepared
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject
from kirakat.quality.expansion import expansion


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """Shares of the product's area; see `quality.expansion`."""

    measured: float
    # What the segmenter reports of the product on white: its own error.
    noise: float


def measure_expansion(rendered: Rendered, subject: Subject, studio: Studio) -> Expansion:
    """The expansion of the picture that people will see, at the render's size, cached."""
    key = digest(
        "expansion", rendered.render.key, subject.matte_sha256, studio.segmenter.info.revision
    )
    kept = studio.cache.load("expansion", key)
    if kept is not None:
        return Expansion(**unpack(kept)[0])
    made = Expansion(
        measured=_measure(rendered, subject, studio),
        noise=_measure_noise(rendered.prepared, subject, studio),
    )
    studio.cache.save("expansion", key, pack({"measured": made.measured, "noise": made.noise}))
    return made


def _measure(rendered: Rendered, subject: Subject, studio: Studio) -> float:
    prepared = rendered.prepared
    picture = draw_whole(rendered, subject.image)
    return expansion(picture, prepared.product, studio.segmenter, untouched=prepared.request.init)


def _measure_noise(prepared: Prepared, subject: Subject, studio: Studio) -> float:
    """Once a product and bucket: every prompt's picture is compared with the same noise."""
    layout = prepared.layout
    key = digest("noise", subject.matte_sha256, layout, studio.segmenter.info.revision)
    kept = studio.cache.load("expansion", key)
    if kept is not None:
        return float(unpack(kept)[0]["noise"])
    ground = white_ground(layout.width, layout.height)
    picture = cut_back(subject.image.pixels, subject.cutout, layout, ground, shadow=None)
    noise = expansion(picture, prepared.product, studio.segmenter)
    studio.cache.save("expansion", key, pack({"noise": noise}))
    return noise
