"""Renders of several offers made together, with the shipped model and samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from kirakat.catalog.read_feed import read_feed
from kirakat.cli.open_studio import assets_folder, open_studio, recipe_for
from kirakat.imaging.placements import load_placements
from kirakat.pipeline.compose import decode_pixels
from kirakat.pipeline.render_jobs import RenderJob, render_jobs
from kirakat.pipeline.studio import Studio
from kirakat.prompts.category import category_of
from kirakat.prompts.render import render_prompt
from kirakat.settings import Settings
from kirakat.store.stage_cache import memory_cache
from kirakat.types import Offer, Treatment

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

# diffusers' schedulers hand torch tensors to numpy functions, which numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The shipped model over the sample catalogue."""
    settings = Settings(cache_dir=tmp_path_factory.mktemp("cache"))
    with open_studio(settings, base=assets_folder() / "catalog", generator="tiny") as studio:
        yield studio


@pytest.fixture(scope="module")
def offers() -> list[Offer]:
    """The first two samples."""
    feed = assets_folder() / "catalog" / "feed.tsv"
    found = read_feed(feed, merchant_id="m", reject=lambda _: None)
    return [next(found), next(found)]


def _job(offer: Offer, studio: Studio, treatment: Treatment = "generated") -> RenderJob:
    category, _ = category_of(offer, studio.pools.categories)
    prompt = render_prompt(studio.pools.for_category(category)[0], offer)
    placements = load_placements()
    return RenderJob(
        offer=offer,
        placements=(placements["250x250"], placements["300x250"]),
        treatment=treatment,
        prompt=prompt if treatment == "generated" else None,
        recipe=recipe_for(studio, "tiny"),
    )


def test_products_of_one_batch_look_as_if_made_alone(studio: Studio, offers: list[Offer]) -> None:
    """If they did not, a creative would depend on what else was in the queue."""
    jobs = [_job(offer, studio) for offer in offers]
    together = render_jobs(jobs, replace(studio, cache=memory_cache(), batch_size=2))
    for job, result in zip(jobs, together, strict=True):
        (alone,) = render_jobs([job], replace(studio, cache=memory_cache()))
        assert result.creatives.keys() == alone.creatives.keys() == {"250x250", "300x250"}
        for name, creative in result.creatives.items():
            difference = decode_pixels(creative.data).astype(int)
            difference -= decode_pixels(alone.creatives[name].data)
            assert np.abs(difference).mean() < 0.5
            assert creative.certificate.product_difference == 0


def test_what_fails_fails_alone(studio: Studio, offers: list[Offer]) -> None:
    """If it did not, one broken photo would block every product in its batch."""
    lost = replace(offers[0], image_link="images/nowhere.jpg")
    treatments: list[Treatment] = ["original", "positioned"]
    for treatment in treatments:
        broken, whole = render_jobs(
            [_job(lost, studio, treatment), _job(offers[1], studio, treatment)],
            replace(studio, cache=memory_cache()),
        )
        assert set(broken.failures) == {"250x250", "300x250"}
        assert set(whole.creatives) == {"250x250", "300x250"}


def test_a_key_that_was_sent_back_gets_another_picture(studio: Studio, offers: list[Offer]) -> None:
    """If it did not, a reviewer who rejects a creative would be shown the same again."""
    cached = replace(studio, cache=memory_cache())
    job = _job(offers[0], studio)
    (first,) = render_jobs([job], cached)
    (again,) = render_jobs([replace(job, revision=1)], cached)
    assert first.creatives["250x250"].sha256 != again.creatives["250x250"].sha256


def test_a_persons_mask_decides_what_the_product_is(studio: Studio, offers: list[Offer]) -> None:
    """If it did not, a mask mended in the review pages would change nothing."""
    fresh = replace(studio, cache=memory_cache())
    job = _job(offers[0], studio, "positioned")
    (usual,) = render_jobs([job], fresh)
    assert usual.image is not None
    half = np.zeros(usual.image.pixels.shape[:2], np.float32)
    half[: len(half) // 2] = 1.0
    (mended,) = render_jobs([replace(job, object_mask=half)], fresh)
    (again,) = render_jobs([job], fresh)
    name = "300x250"
    assert mended.creatives[name].sha256 != usual.creatives[name].sha256
    assert again.creatives[name].sha256 == usual.creatives[name].sha256


def test_the_photo_is_judged_once_and_kept(studio: Studio, offers: list[Offer]) -> None:
    """If it were not, a second run would not know what the first one measured."""
    cache = memory_cache()
    job = _job(offers[0], studio, "positioned")
    (first,) = render_jobs([job], replace(studio, cache=cache))
    (again,) = render_jobs([job], replace(studio, cache=cache))
    assert first.photo is not None
    assert 0.0 < first.photo.quality <= 1.0
    assert again.photo == first.photo
    assert cache.misses["photo"] == 1


def test_a_photo_whose_product_was_never_cut_out_is_not_judged(
    studio: Studio, offers: list[Offer]
) -> None:
    """If it were, showing an original would cost as much as making a picture."""
    cached = replace(studio, cache=memory_cache())
    (result,) = render_jobs([_job(offers[0], studio, "original")], cached)
    assert result.photo is None
    render_jobs([_job(offers[0], studio, "positioned")], cached)
    (known,) = render_jobs([_job(offers[0], studio, "original")], cached)
    assert known.photo is not None


def test_a_persons_mask_is_what_the_photo_is_judged_by(studio: Studio, offers: list[Offer]) -> None:
    """If it were not, a photo would be judged by a product that the matte missed."""
    cached = replace(studio, cache=memory_cache())
    job = _job(offers[0], studio, "positioned")
    (usual,) = render_jobs([job], cached)
    assert usual.image is not None
    half = np.zeros(usual.image.pixels.shape[:2], np.float32)
    half[: len(half) // 2] = 1.0
    (mended,) = render_jobs([replace(job, object_mask=half)], cached)
    assert mended.photo is not None
    assert mended.photo.composition == "cut off"
    assert usual.photo != mended.photo


def test_what_people_decide_about_comes_with_its_evidence(
    studio: Studio, offers: list[Offer]
) -> None:
    """If it did not, a reviewer would see that something is wrong and not where."""
    strict = replace(
        studio, cache=memory_cache(), thresholds=replace(studio.thresholds, halo_review=0.0)
    )
    (result,) = render_jobs([_job(offers[0], studio)], strict)
    assert result.creatives["300x250"].gate.verdict == "review"
    evidence = result.evidence["300x250"]
    steps = {"source", "mask", "edges", "scene", "generated"}
    assert steps | {"coverage", "halo"} <= evidence.keys()
    assert evidence["halo"].shape == evidence["coverage"].shape == (250, 300)
    assert evidence["halo"].max() > 0


def test_what_passes_has_no_evidence(studio: Studio, offers: list[Offer]) -> None:
    """If it had, every creative would store five more pictures that nobody looks at."""
    (result,) = render_jobs([_job(offers[0], studio)], replace(studio, cache=memory_cache()))
    assert {one.gate.verdict for one in result.creatives.values()} == {"pass"}
    assert not result.evidence
