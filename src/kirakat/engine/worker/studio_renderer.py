"""Pictures from the pipeline: one studio at a time, opened for the generator that is wanted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

from kirakat.catalog.image_cache import ImageCache
from kirakat.catalog.links import is_remote
from kirakat.engine.worker.memory import give_memory_back
from kirakat.engine.worker.renderer import Claim, Failure, Outcome, Picture
from kirakat.errors import (
    ImageError,
    ImageFetchError,
    KirakatError,
    ModelError,
    RenderError,
    StoreError,
)
from kirakat.pipeline.codecs import certificate_to_json, encode_png, gate_to_json
from kirakat.pipeline.evidence import Evidence
from kirakat.pipeline.recipes import PIPELINE_VERSION
from kirakat.pipeline.render_jobs import JobResult, RenderJob, render_jobs
from kirakat.pipeline.studio import Studio
from kirakat.prompts.pool import Pools
from kirakat.store.records import CreativeRecord, FetchedImage
from kirakat.types import Alpha, Creative, Placement, Recipe, Scene

_log = logging.getLogger(__name__)

# What may pass by itself; every other error is in the inputs and stays.
_PASSING = (ImageFetchError, ModelError, RenderError, StoreError)


class StudioRenderer:
    """The production `Renderer`.

    Each merchant's photos come from a cache of its own; the generator is shared. `pools` gives
    a merchant's prompt pools from the shipped ones; None: all merchants have those. `scenes`
    gives the scenes that a merchant has beside the installation's.
    `object_mask` gives a person's mask of a source image by its id, or None; without it none is
    looked for. May be shared by threads: they take turns.
    """

    def __init__(
        self,
        open_studio: Callable[[str], AbstractContextManager[Studio]],
        image_cache: Callable[[str], ImageCache],
        *,
        pools: Callable[[str, Pools], Pools] | None = None,
        scenes: Callable[[str], tuple[Scene, ...]] | None = None,
        object_mask: Callable[[str, str], Alpha | None] | None = None,
    ) -> None:
        self._open_studio = open_studio
        self._image_cache = image_cache
        self._pools = pools
        self._scenes = scenes
        self._object_mask = object_mask
        self._turn = threading.RLock()
        self._stack = ExitStack()
        self._generator = ""
        self._base: Studio | None = None

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """One outcome for each claim; raises `ModelError` when the generator itself fails.

        What this installation cannot make, another may: such claims are unfit, and not failures.
        """
        with self._turn:
            return self._render(claims)

    @contextmanager
    def borrow(self, generator: str, merchant_id: str) -> Iterator[Studio]:
        """A merchant's studio for something that is no render; renders wait meanwhile.

        Raises `ModelError` as `warm_up` does.
        """
        with self._turn:
            yield self._for_merchant(self._studio(generator), merchant_id)

    def _render(self, claims: Sequence[Claim]) -> list[Outcome]:
        recipe = claims[0].render.recipe
        try:
            base = self._studio(recipe.generator)
        except KirakatError as error:
            return [Outcome(unfit=f"{recipe.label}: {error}")] * len(claims)
        misfit = _misfit(recipe, base)
        if misfit:
            return [Outcome(unfit=misfit)] * len(claims)
        studio = self._for_merchant(base, claims[0].render.merchant_id)
        plans = [_plan(claim, self._mask_of(claim)) for claim in claims]
        results = render_jobs([job for job, _ in plans], studio)
        return [
            _outcome(result, names, studio)
            for result, (_, names) in zip(results, plans, strict=True)
        ]

    def warm_up(self, generator: str) -> None:
        """Load a generator before it is asked for."""
        with self._turn:
            _ = self._studio(generator).generator

    def unload(self) -> None:
        """Drop the studio and its models."""
        with self._turn:
            self._unload()

    def _mask_of(self, claim: Claim) -> Alpha | None:
        if self._object_mask is None:
            return None
        return self._object_mask(claim.render.merchant_id, claim.render.image_id)

    def _unload(self) -> None:
        self._stack.close()
        had_models, self._base = self._base is not None, None
        self._generator = ""
        if had_models:
            give_memory_back()

    def _studio(self, generator: str) -> Studio:
        if self._base is None or self._generator != generator:
            self._unload()
            _log.info("loading %s", generator)
            self._base = self._stack.enter_context(self._open_studio(generator))
            self._generator = generator
        return self._base

    def _for_merchant(self, base: Studio, merchant_id: str) -> Studio:
        cache = self._image_cache(merchant_id)
        return replace(
            base,
            images=replace(base.images, cache=cache),
            pools=self._pools(merchant_id, base.pools) if self._pools else base.pools,
            scenes=(*base.scenes, *self._scenes(merchant_id)) if self._scenes else base.scenes,
            make_generator=lambda: base.generator,
        )


def _misfit(recipe: Recipe, studio: Studio) -> str:
    """Why this installation cannot make a recipe; empty when it can."""
    if recipe.pipeline_version != PIPELINE_VERSION:
        return f"{recipe.label} needs pipeline {recipe.pipeline_version}, not {PIPELINE_VERSION}"
    present = studio.generator_info.revision
    if recipe.model_revision != present:
        return f"{recipe.label} needs model revision {recipe.model_revision}, not {present}"
    return ""


def _plan(claim: Claim, object_mask: Alpha | None = None) -> tuple[RenderJob, dict[str, str]]:
    """The pipeline's job, and the key of each placement name in it.

    Two keys may want placements of one name that differ otherwise; the later one is renamed.
    """
    names: dict[str, str] = {}
    placements: list[Placement] = []
    for record in claim.keys:
        name = _free_name(record, names)
        names[name] = record.key
        placements.append(replace(record.placement, name=name))
    render = claim.render
    job = RenderJob(
        offer=render.offer,
        placements=tuple(placements),
        treatment=render.treatment,
        prompt=render.prompt,
        recipe=render.recipe,
        revision=render.draw,
        object_mask=object_mask,
    )
    return job, names


def _free_name(record: CreativeRecord, taken: dict[str, str]) -> str:
    name = record.placement.name
    return name if name not in taken else f"{name} {record.key[:8]}"


def _outcome(result: JobResult, names: dict[str, str], studio: Studio) -> Outcome:
    failures = {names[name]: _failure(error) for name, error in result.failures.items()}
    return Outcome(
        pictures={
            names[name]: _picture(made, result.evidence.get(name, {}))
            for name, made in result.creatives.items()
        },
        failures=failures,
        source=_source(result, studio),
        source_error=_source_error(result),
    )


def _failure(error: KirakatError) -> Failure:
    return Failure(reason=str(error), permanent=not isinstance(error, _PASSING))


def _picture(creative: Creative, evidence: Evidence) -> Picture:
    placement = creative.key.placement
    return Picture(
        data=creative.data,
        format=placement.format,
        width=placement.width,
        height=placement.height,
        verdict=creative.gate.verdict,
        reason="; ".join(creative.gate.reasons),
        certificate=certificate_to_json(creative.certificate),
        gate=gate_to_json(creative.gate),
        attempt=creative.attempt,
        evidence={name: encode_png(pixels) for name, pixels in evidence.items()},
    )


def _source(result: JobResult, studio: Studio) -> FetchedImage | None:
    image = result.image
    if image is None:
        return None
    cache = studio.images.cache
    kept = cache.load(image.uri) if cache is not None and is_remote(image.uri) else None
    validators = kept.validators if kept else {}
    photo = result.photo
    return FetchedImage(
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        etag=validators.get("If-None-Match", ""),
        last_modified=validators.get("If-Modified-Since", ""),
        photo_quality=photo.quality if photo else None,
        photo_composition=photo.composition if photo else "",
    )


def _source_error(result: JobResult) -> str:
    errors = [error for error in result.failures.values() if isinstance(error, ImageError)]
    return str(errors[0]) if errors and result.image is None else ""
