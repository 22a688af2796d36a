"""Step 4 through the cache: what was rendered once is never rendered again."""

from __future__ import annotations

from collections.abc import Sequence

from kirakat.pipeline.codecs import decode_png, encode_png, pack, unpack
from kirakat.pipeline.prepare import Prepared
from kirakat.pipeline.step4_generate import generate
from kirakat.pipeline.studio import Studio
from kirakat.types import Render


def render_all(prepared: Sequence[Prepared], studio: Studio) -> list[Render]:
    """One render each, in order; only those that no cache holds reach the generator.

    All must share one recipe's sampling; sizes may differ.
    """
    kept = [(item.request.key, _load(item, studio)) for item in prepared]
    found = {key: render for key, render in kept if render is not None}
    missing = [item for item in prepared if item.request.key not in found]
    if missing:
        made = generate(
            [item.request for item in missing],
            generator=studio.generator,
            sampling=missing[0].job.recipe.sampling,
            batch_size=studio.batch_size,
        )
        for render in made:
            _save(render, studio)
            found[render.key] = render
    return [found[item.request.key] for item in prepared]


def _load(item: Prepared, studio: Studio) -> Render | None:
    data = studio.cache.load("render", item.request.key)
    if data is None:
        return None
    header, bodies = unpack(data)
    request = item.request
    return Render(
        key=request.key,
        bucket=request.bucket,
        layout=request.layout,
        pixels=decode_png(bodies[0]),
        reconstruction=decode_png(bodies[1]) if header["reconstruction"] else None,
        control=request.control,
        scene_id=request.scene_id,
        light=request.light,
        seed=request.seed,
        attempt=request.attempt,
        model=studio.generator_info,
        seconds=0.0,
    )


def _save(render: Render, studio: Studio) -> None:
    bodies = [encode_png(render.pixels)]
    if render.reconstruction is not None:
        bodies.append(encode_png(render.reconstruction))
    header = {"reconstruction": render.reconstruction is not None}
    studio.cache.save("render", render.key, pack(header, *bodies))
