"""Making again what the gate rejects."""

from __future__ import annotations

import pytest

from kirakat.pipeline.generated import again
from kirakat.pipeline.prepare import Job
from kirakat.quality.retry import retry_for
from kirakat.types import Bucket, Defect, Prompt, Recipe, RenderedPrompt

_JOB = Job(
    prompt=RenderedPrompt(
        prompt=Prompt(
            prompt_id="p", version=1, category="home", template="", negative="", tags=(), why=""
        ),
        text="t",
        negative="",
    ),
    bucket=Bucket(width=512, height=512),
    wanted=(),
    recipe=Recipe(name="r", version=1, pipeline_version=1, generator="tiny"),
)


def _again(defect: Defect, job: Job = _JOB) -> Job:
    retry = retry_for(defect, job.attempt, job.recipe)
    assert retry is not None
    return again(job, retry, "home")


def test_a_retry_is_a_new_attempt() -> None:
    """If it were not, it would find the rejected render in the cache."""
    assert _again(Defect.HALO).attempt == 1


def test_a_product_that_is_too_small_grows() -> None:
    """If it did not, the second attempt would fail like the first."""
    first = _again(Defect.TOO_SMALL)
    second = _again(Defect.TOO_SMALL, first)
    assert first.fill is not None
    assert second.fill is not None
    assert first.fill < second.fill <= 1.0


def test_an_extension_gets_more_control() -> None:
    """If it did not, the model would add the same blob again."""
    sampling = _again(Defect.VIRTUAL_EXTENSION).recipe.sampling
    assert sampling.control_scale > _JOB.recipe.sampling.control_scale


def test_a_floating_product_gets_another_scene() -> None:
    """If it did not, it would float over the same ground again."""
    assert _again(Defect.FLOATING).scene_turn == 1


@pytest.mark.parametrize("defect", [Defect.BAD_MASK, Defect.PRODUCT_ALTERED])
def test_what_would_come_out_the_same_is_not_retried(defect: Defect) -> None:
    """If it were, every bad matte would cost three renders."""
    assert retry_for(defect, 0, _JOB.recipe) is None
