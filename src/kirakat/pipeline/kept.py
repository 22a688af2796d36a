"""Finished creatives and step pictures in the cache."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kirakat.hashing import digest
from kirakat.pipeline.codecs import (
    certificate_from_json,
    certificate_to_json,
    decode_png,
    encode_png,
    gate_from_json,
    gate_to_json,
    pack,
    unpack,
)
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.wanted import Wanted
from kirakat.store.stage_cache import StageCache
from kirakat.types import Creative, CreativeKey, Offer, StepPicture


def load_creative(wanted: Wanted, offer: Offer, studio: Studio) -> Creative | None:
    """The creative kept under a key, now for `offer`; None when it was never made.

    It has no seconds: nothing was done. A changed library of scenes may give a generated
    creative another scene, so it is composed again; its render is found where the scene stayed.
    """
    data = studio.cache.load("creative", _address(wanted.key, studio))
    if data is None:
        return None
    header, (body,) = unpack(data)
    return Creative(
        key=wanted.key,
        offer_id=offer.offer_id,
        prompt=wanted.prompt.prompt if wanted.prompt else None,
        attempt=header["attempt"],
        data=body,
        sha256=header["sha256"],
        certificate=certificate_from_json(header["certificate"]),
        gate=gate_from_json(header["gate"]),
        seconds={},
    )


def save_creative(creative: Creative, studio: Studio) -> None:
    """Keep a creative under its key."""
    header = {
        "attempt": creative.attempt,
        "sha256": creative.sha256,
        "certificate": certificate_to_json(creative.certificate),
        "gate": gate_to_json(creative.gate),
    }
    studio.cache.save("creative", _address(creative.key, studio), pack(header, creative.data))


def load_steps(creatives: Iterable[Creative], cache: StageCache) -> tuple[StepPicture, ...]:
    """The step pictures kept for the first generated creative, or none."""
    key = _steps_key(creatives)
    data = cache.load("steps", key) if key else None
    if data is None:
        return ()
    header, bodies = unpack(data)
    return tuple(
        StepPicture(name=name, pixels=decode_png(body))
        for name, body in zip(header["names"], bodies, strict=True)
    )


def save_steps(
    steps: Sequence[StepPicture], creatives: Iterable[Creative], cache: StageCache
) -> None:
    """Keep step pictures for the first generated creative."""
    key = _steps_key(creatives)
    if key:
        names = [step.name for step in steps]
        cache.save("steps", key, pack({"names": names}, *[encode_png(s.pixels) for s in steps]))


def _address(key: CreativeKey, studio: Studio) -> str:
    scenes = studio.scenes_revision if key.treatment == "generated" else ""
    return digest("creative", key.digest, scenes)


def _steps_key(creatives: Iterable[Creative]) -> str | None:
    """Of the source and recipe: any prompt of a product shows the same steps."""
    for creative in creatives:
        if creative.key.treatment == "generated":
            return digest("steps", creative.key.source_sha256, creative.key.recipe)
    return None
