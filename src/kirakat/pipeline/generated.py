"""The treatment `generated`: prepare, render, compose, and make again what the gate rejects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from kirakat.errors import KirakatError
from kirakat.imaging.buckets import assign_buckets, crop_box, crop_loss
from kirakat.pipeline.compose import Backdrop, compose
from kirakat.pipeline.expansion import Expansion, measure_expansion
from kirakat.pipeline.finish import finish
from kirakat.pipeline.prepare import Job, Prepared, prepare
from kirakat.pipeline.rendered import Rendered
from kirakat.pipeline.renders import render_all
from kirakat.pipeline.step2_place import DEFAULT_FILL, FILL, layout_for
from kirakat.pipeline.step5_cut_back import place_alpha
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject
from kirakat.pipeline.wanted import Wanted
from kirakat.quality.certificate import Provenance
from kirakat.quality.retry import Retry, retry_for
from kirakat.types import Creative, Recipe, Verdict

_ORDER: dict[Verdict, int] = {"pass": 0, "review": 1, "reject": 2}


@dataclass
class Generation:
    """The generated treatment of one product: what is still to be made and what came of it."""

    subject: Subject
    # Renders that are to be made next.
    jobs: list[Job]
    # The best creative so far, by the digest of its key.
    creatives: dict[str, Creative] = field(default_factory=dict)
    # Why the others could not be made.
    failures: list[tuple[Wanted, KirakatError]] = field(default_factory=list)
    # The first render, for the report's steps.
    first: Rendered | None = None
    # What each kept creative was made from, by the digest of its key.
    rendered: dict[str, Rendered] = field(default_factory=dict)

    def offer(self, creative: Creative, rendered: Rendered) -> None:
        """Keep a creative unless an earlier attempt at it got a better verdict."""
        digest = creative.key.digest
        kept = self.creatives.get(digest)
        if kept is None or _rank(creative) < _rank(kept):
            self.creatives[digest] = creative
            self.rendered[digest] = rendered

    def fail(self, job: Job, error: KirakatError) -> None:
        """Record why a render could not be made, for each creative that waited for it."""
        self.failures += [(wanted, error) for wanted in job.wanted]


def make_generated(generations: Sequence[Generation], studio: Studio, *, retries: int) -> None:
    """All jobs of all products, retried where the gate rejects and a retry suits.

    Renders of equal sampling go to the generator together, whosesoever product they show. What
    fails for one product is recorded there and leaves the others alone; a `ModelError` of the
    generator itself is raised.
    """
    while any(generation.jobs for generation in generations):
        pending = _prepare_all(generations, studio)
        for generation in generations:
            generation.jobs = []
        for generation, rendered in _render_all(pending, studio):
            generation.first = generation.first or rendered
            finished = _compose_all(rendered, generation, studio)
            category = generation.subject.category
            generation.jobs += _retries(rendered.prepared.job, finished, retries, category)


def list_jobs(wanted: Sequence[Wanted], recipe: Recipe, studio: Studio) -> list[Job]:
    """One job a prompt and bucket, for all creatives that share the render."""
    placements = tuple(dict.fromkeys(item.placement for item in wanted))
    buckets = assign_buckets(placements, native_size=studio.generator_info.native_size)
    jobs = []
    for prompt in dict.fromkeys(item.key.prompt_text for item in wanted):
        for bucket, served in buckets.items():
            share = tuple(
                item
                for item in wanted
                if item.key.prompt_text == prompt and item.placement in served
            )
            if share and share[0].prompt:
                jobs.append(
                    Job(
                        prompt=share[0].prompt,
                        bucket=bucket,
                        wanted=share,
                        recipe=recipe,
                        scene_turn=share[0].revision,
                    )
                )
    return jobs


def _prepare_all(
    generations: Iterable[Generation], studio: Studio
) -> list[tuple[Generation, Prepared]]:
    ready = []
    for generation in generations:
        for job in generation.jobs:
            try:
                ready.append((generation, prepare(job, generation.subject, studio)))
            except KirakatError as error:
                generation.fail(job, error)
    return ready


def _render_all(
    pending: Sequence[tuple[Generation, Prepared]], studio: Studio
) -> Iterable[tuple[Generation, Rendered]]:
    """Jobs of equal sampling go to the generator together."""

    def sampling(item: tuple[Generation, Prepared]) -> str:
        return repr(item[1].job.recipe.sampling)

    for _, group in groupby(sorted(pending, key=sampling), key=sampling):
        items = list(group)
        renders = render_all([prepared for _, prepared in items], studio)
        for (generation, prepared), render in zip(items, renders, strict=True):
            yield generation, Rendered(prepared=prepared, render=render)


def _compose_all(rendered: Rendered, generation: Generation, studio: Studio) -> list[Creative]:
    subject = generation.subject
    started = studio.clock.monotonic()
    expansion = measure_expansion(rendered, subject, studio)
    wanted = rendered.prepared.job.wanted
    seconds = {
        "generate": rendered.render.seconds / len(wanted),
        "measure expansion": (studio.clock.monotonic() - started) / len(wanted),
    }
    finished = []
    for item in wanted:
        try:
            backdrop = _backdrop(item, rendered, expansion)
            creative = compose(
                item,
                subject,
                replace(backdrop, seconds=seconds),
                thresholds=studio.thresholds,
                clock=studio.clock,
            )
        except KirakatError as error:
            generation.failures.append((item, error))
            continue
        generation.offer(creative, rendered)
        finished.append(creative)
    return finished


def _backdrop(wanted: Wanted, rendered: Rendered, expansion: Expansion) -> Backdrop:
    """The backdrop of one placement from the render that it shares with others."""
    prepared, render = rendered.prepared, rendered.render
    placement, bucket = wanted.placement, prepared.job.bucket
    layout = layout_for(prepared.layout, bucket, placement)
    alpha = place_alpha(prepared.cutout, layout)
    pixels, cast = finish(rendered, layout, crop_box(bucket, placement), alpha)
    provenance = Provenance(
        model=f"{render.model.name}@{render.model.revision}",
        model_licence=render.model.licence,
        prompt=prepared.job.prompt.prompt.arm,
        seed=render.seed,
        render_key=render.key,
        scene_id=render.scene_id,
        expansion=expansion.measured,
        expansion_noise=expansion.noise,
        crop_loss=crop_loss(bucket, placement),
    )
    return Backdrop(
        pixels=pixels,
        layout=layout,
        alpha=alpha,
        shadow=cast,
        provenance=provenance,
        attempt=render.attempt,
    )


def _retries(job: Job, finished: Sequence[Creative], retries: int, category: str) -> list[Job]:
    """The job again for its first rejected creative, changed as the defect asks; or nothing."""
    rejected = [item for item in finished if item.gate.verdict == "reject" and item.gate.defects]
    if not rejected or job.attempt >= retries:
        return []
    retry = retry_for(rejected[0].gate.defects[0], job.attempt, job.recipe)
    return [again(job, retry, category)] if retry else []


def again(job: Job, retry: Retry, category: str) -> Job:
    """The job as its retry changes it; `category` tells the usual fill."""
    usual = job.fill if job.fill is not None else FILL.get(category, DEFAULT_FILL)
    return replace(
        job,
        attempt=retry.attempt,
        recipe=retry.recipe,
        scene_turn=job.scene_turn + retry.other_scene,
        fill=job.fill if retry.fill == 1.0 else min(usual * retry.fill, 1.0),
    )


def _rank(creative: Creative) -> tuple[int, int]:
    return _ORDER[creative.gate.verdict], len(creative.gate.defects)
