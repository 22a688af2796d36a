"""Steps 2 and 3 and the starting picture: everything a render needs, before any model runs."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.hashing import digest, seed_from, sha256_bytes
from kirakat.pipeline.on_scene import lay_on_scene
from kirakat.pipeline.step2_place import place_in_bucket
from kirakat.pipeline.step3_edges import draw_edges
from kirakat.pipeline.step4_generate import RenderRequest, conditioning_image
from kirakat.pipeline.step5_cut_back import place_alpha, place_colours
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject
from kirakat.pipeline.wanted import Wanted
from kirakat.prompts.pool import Pools
from kirakat.scenes.choose import choose_scenes
from kirakat.scenes.fit import SceneFit, draw_scene, fit_scene
from kirakat.types import RGB, Alpha, Bucket, Cutout, Layout, Light, Prompt, Recipe, RenderedPrompt

# Degrees above horizontal from which a generator draws without being told by a scene.
DEFAULT_ELEVATION = 20.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One render to be made: a prompt in a bucket, for all creatives that share it."""

    prompt: RenderedPrompt
    bucket: Bucket
    wanted: tuple[Wanted, ...]
    # The order's recipe, as a retry may have changed it.
    recipe: Recipe
    attempt: int = 0
    # Which of the suiting scenes, best first.
    scene_turn: int = 0
    # Share of the safe area that the product takes; None: the category's usual.
    fill: float | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A job with all its inputs drawn."""

    job: Job
    request: RenderRequest
    cutout: Cutout
    layout: Layout
    # The product's coverage at the bucket's size.
    product: Alpha
    fit: SceneFit | None

    @property
    def light(self) -> Light:
        """The light that shadows follow."""
        return self.fit.light if self.fit else Light()

    @property
    def camera_elevation(self) -> float:
        """Degrees above horizontal."""
        return self.fit.scene.camera_elevation if self.fit else DEFAULT_ELEVATION


def prepare(job: Job, subject: Subject, studio: Studio) -> Prepared:
    """Place the product, fit a scene, draw edges and the starting picture."""
    cutout, image = subject.cutout, subject.image
    placements = [wanted.placement for wanted in job.wanted]
    layout = place_in_bucket(
        cutout,
        job.bucket,
        placements,
        category=subject.category,
        view=subject.view,
        fill=job.fill,
    )
    fit = _fit(job, subject, layout, studio) if job.recipe.start == "scene" else None
    product = place_colours(image.pixels, cutout, layout)
    alpha = place_alpha(cutout, layout)
    key = _render_key(job, subject, layout, fit)
    request = RenderRequest(
        key=key,
        text=job.prompt.text,
        negative=job.prompt.negative,
        bucket=job.bucket,
        layout=layout,
        control=draw_edges(product, alpha, detector=studio.edges, contour=job.recipe.contour),
        conditioning=conditioning_image(cutout),
        init=_start(fit, job, subject, layout, alpha) if fit else None,
        scene_id=fit.scene.scene_id if fit else None,
        light=fit.light if fit else Light(),
        seed=seed_from(key, job.attempt),
        attempt=job.attempt,
    )
    return Prepared(job=job, request=request, cutout=cutout, layout=layout, product=alpha, fit=fit)


def _fit(job: Job, subject: Subject, layout: Layout, studio: Studio) -> SceneFit:
    chosen = choose_scenes(
        _pool(job.prompt.prompt, studio.pools),
        studio.scenes,
        view=layout.view,
        category=subject.category,
        product=subject.image.sha256,
        width=_footprint(subject, layout),
        attempt=job.scene_turn,
    )
    scene = chosen[job.prompt.prompt.prompt_id]
    turn = digest("mirror", subject.image.sha256, job.prompt.prompt.arm, scene.scene_id)
    return fit_scene(scene, layout, mirrored=int(turn[0], 16) % 2 == 1)


def _pool(prompt: Prompt, pools: Pools) -> tuple[Prompt, ...]:
    """The pool that shares out the scenes, with the job's own version of its prompt in it.

    Between asking and rendering a prompt may have got another version, or been paused.
    """
    pool = pools.for_category(prompt.category)
    others = tuple(prompt if one.prompt_id == prompt.prompt_id else one for one in pool)
    return others if prompt in others else (*others, prompt)


def _footprint(subject: Subject, layout: Layout) -> float:
    """Width that the product's base takes, as a share of the canvas' width.

    Several objects stand apart from each other, so all their width needs a support.
    """
    if layout.view == "standing" and subject.cutout.object_count == 1:
        return 2.0 * layout.base_half_width / layout.width
    return layout.product_box.width / layout.width


def _start(fit: SceneFit, job: Job, subject: Subject, layout: Layout, alpha: Alpha) -> RGB:
    """The fitted scene with product and shadow in it: what the model starts from."""
    return lay_on_scene(
        subject.image.pixels,
        subject.cutout,
        layout,
        alpha,
        fit=fit,
        background=draw_scene(fit, layout.width, layout.height),
        mode=job.recipe.shadow,
    )


def _render_key(job: Job, subject: Subject, layout: Layout, fit: SceneFit | None) -> str:
    """The hash of all inputs of a render but its seed, which follows from it."""
    scene = (
        (fit.scene.scene_id, sha256_bytes(fit.scene.path.read_bytes()), fit.zoom, fit.x, fit.y)
        if fit
        else None
    )
    return digest(
        "render",
        subject.image.sha256,
        subject.matte_sha256,
        layout,
        scene,
        fit.mirrored if fit else None,
        job.prompt.text,
        job.prompt.negative,
        job.bucket,
        job.recipe,
        job.attempt,
        job.wanted[0].revision,
    )
