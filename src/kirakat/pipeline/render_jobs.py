"""The main job as a queue has it: many single renders of many offers, made together.

A worker hands in what it claimed; renders of equal recipe and size share the generator's calls
whatever offers they belong to. What fails fails alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kirakat.errors import KirakatError
from kirakat.pipeline.evidence import Evidence, draw_evidence
from kirakat.pipeline.generated import Generation, list_jobs, make_generated
from kirakat.pipeline.kept import load_creative, save_creative
from kirakat.pipeline.original import make_original
from kirakat.pipeline.positioned import make_positioned
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import cut_out, known_photo
from kirakat.pipeline.wanted import Wanted, want
from kirakat.prompts.category import category_of
from kirakat.quality.retry import MAX_RETRIES
from kirakat.types import (
    Alpha,
    Creative,
    Offer,
    PhotoFacts,
    Placement,
    Recipe,
    RenderedPrompt,
    SourceImage,
    Treatment,
)


@dataclass(frozen=True, kw_only=True)
class RenderJob:
    """One background of one offer, for all placements that wait for it."""

    offer: Offer
    placements: tuple[Placement, ...]
    treatment: Treatment
    # None for treatments without a prompt.
    prompt: RenderedPrompt | None
    recipe: Recipe
    # How often these keys were made before and sent back.
    revision: int = 0
    # A person's mask (H, W) of the photo's size, instead of the segmenter's.
    object_mask: Alpha | None = None

    @property
    def is_usual(self) -> bool:
        """Whether it makes what everybody who asks for these keys would get."""
        return not self.revision and self.object_mask is None


@dataclass
class JobResult:
    """What came of a job."""

    job: RenderJob
    # The photo that was used; None when it could not be read.
    image: SourceImage | None = None
    # What was measured on it; None while its product was never cut out.
    photo: PhotoFacts | None = None
    # By the placement's name.
    creatives: dict[str, Creative] = field(default_factory=dict)
    failures: dict[str, KirakatError] = field(default_factory=dict)
    # How those that people will look at were made, by the placement's name.
    evidence: dict[str, Evidence] = field(default_factory=dict)

    def fail(self, error: KirakatError) -> None:
        """Record why nothing more can be made."""
        for placement in self.job.placements:
            if placement.name not in self.creatives:
                self.failures[placement.name] = error


def render_jobs(jobs: Sequence[RenderJob], studio: Studio) -> list[JobResult]:
    """One result a job, in order.

    A placement whose creative cannot be made (an unreadable photo, no product found, a byte cap)
    is among its job's failures. A `ModelError` of the generator itself is raised.
    """
    results = [JobResult(job=job) for job in jobs]
    generations: list[tuple[JobResult, Generation]] = []
    for result in results:
        try:
            generation = _start(result, studio)
        except KirakatError as error:
            result.fail(error)
            continue
        if generation is not None:
            generations.append((result, generation))
    make_generated([made for _, made in generations], studio, retries=MAX_RETRIES)
    for result, made in generations:
        _take(result, made.creatives.values(), studio)
        _take_evidence(result, made, studio)
        for wanted, failure in made.failures:
            result.failures.setdefault(wanted.placement.name, failure)
    return results


def _start(result: JobResult, studio: Studio) -> Generation | None:
    """Make what needs no generator; what does need it is returned, not yet made."""
    job = result.job
    image = result.image = studio.images.load(job.offer.image_link)
    wanted = [
        want(
            job.offer,
            image,
            job.prompt,
            placement,
            job.treatment,
            job.recipe,
            revision=job.revision,
        )
        for placement in job.placements
    ]
    missing = [item for item in wanted if not _take_kept(result, item, studio)]
    if not missing or job.treatment == "original":
        result.photo = known_photo(image, studio, object_mask=job.object_mask)
    if not missing:
        return None
    if job.treatment == "original":

        def original(item: Wanted) -> Creative:
            return make_original(item, job.offer, image, clock=studio.clock)

        _make_each(result, missing, original, studio)
        return None
    category = category_of(job.offer, studio.pools.categories).category
    subject = cut_out(job.offer, image, category, studio, object_mask=job.object_mask)
    result.photo = subject.photo
    if job.treatment == "positioned":
        _make_each(result, missing, lambda item: make_positioned(item, subject, studio), studio)
        return None
    return Generation(subject=subject, jobs=list_jobs(missing, job.recipe, studio))


def _take_kept(result: JobResult, wanted: Wanted, studio: Studio) -> bool:
    """Whether a creative that was never sent back lies in the cache; it is taken if so."""
    kept = load_creative(wanted, result.job.offer, studio) if result.job.is_usual else None
    if kept is not None:
        result.creatives[wanted.placement.name] = kept
    return kept is not None


def _make_each(
    result: JobResult,
    missing: Sequence[Wanted],
    make: Callable[[Wanted], Creative],
    studio: Studio,
) -> None:
    for item in missing:
        try:
            _take(result, [make(item)], studio)
        except KirakatError as error:
            result.failures[item.placement.name] = error


def _take(result: JobResult, creatives: Iterable[Creative], studio: Studio) -> None:
    for creative in creatives:
        if result.job.is_usual:
            save_creative(creative, studio)
        result.creatives[creative.key.placement.name] = creative


def _take_evidence(result: JobResult, made: Generation, studio: Studio) -> None:
    for key, creative in made.creatives.items():
        if creative.gate.verdict == "review":
            name = creative.key.placement.name
            result.evidence[name] = draw_evidence(
                creative, made.rendered[key], made.subject, studio
            )
