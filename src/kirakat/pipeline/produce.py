"""The main job: one offer becomes creatives.

    offer - photo - 1 mask - 2 place - 3 edges - 4 generate - 5 cut back - gate - creatives

Every result is kept under the hash of its inputs; what a cache holds is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kirakat.errors import ImageError, KirakatError
from kirakat.pipeline.generated import Generation, list_jobs, make_generated
from kirakat.pipeline.kept import load_creative, load_steps, save_creative, save_steps
from kirakat.pipeline.orders import Order
from kirakat.pipeline.original import make_original
from kirakat.pipeline.positioned import make_positioned
from kirakat.pipeline.steps import draw_steps, thumbnail_of
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject, cut_out, known_photo
from kirakat.pipeline.wanted import Wanted, list_wanted
from kirakat.pipeline.work import Work
from kirakat.prompts.category import category_of
from kirakat.prompts.render import render_prompt
from kirakat.types import Creative, Offer, OfferResult, SourceImage


def produce(offer: Offer, order: Order, studio: Studio) -> OfferResult:
    """Everything that `order` wants of one offer.

    What cannot be made (an unreadable photo, a product that was not found, a picture over its
    byte cap) is a rejection in the result; the rest is made all the same.
    """
    started = studio.clock.monotonic()
    category, how = category_of(offer, studio.pools.categories)
    work = Work(offer=offer, category=category, category_from=how)
    wanted: list[Wanted] = []
    try:
        image = studio.images.load(offer.image_link)
        work.thumbnail = thumbnail_of(image.pixels)
        wanted = _list(offer, image, category, order, studio)
        _take_kept(work, wanted, studio)
        _make_missing(work, image, wanted, order, studio)
    except ImageError as error:
        work.reject("image_link", offer.image_link, error)
    except KirakatError as error:
        work.reject("offer", offer.title, error)
    return work.result(wanted, studio.clock.monotonic() - started)


def _list(
    offer: Offer, image: SourceImage, category: str, order: Order, studio: Studio
) -> list[Wanted]:
    pool = studio.pools.for_category(category)[: order.prompts_per_offer]
    prompts = [render_prompt(prompt, offer) for prompt in pool]
    return list(list_wanted(offer, image, prompts, order))


def _take_kept(work: Work, wanted: Sequence[Wanted], studio: Studio) -> None:
    for item in wanted:
        kept = load_creative(item, work.offer, studio)
        if kept is not None:
            work.keep([kept])
            work.cached += 1
    work.steps = load_steps(work.creatives.values(), studio.cache)


def _make_missing(
    work: Work, image: SourceImage, wanted: Sequence[Wanted], order: Order, studio: Studio
) -> None:
    missing = work.missing(wanted)
    originals = [item for item in missing if item.treatment == "original"]
    _make_each(
        work,
        originals,
        lambda item: make_original(item, work.offer, image, clock=studio.clock),
        studio,
    )
    others = [item for item in missing if item.treatment != "original"]
    if others:
        subject = cut_out(work.offer, image, work.category, studio)
        work.photo = subject.photo
        _make_others(work, subject, others, order, studio)
    else:
        work.photo = known_photo(image, studio)


def _make_others(
    work: Work, subject: Subject, missing: Sequence[Wanted], order: Order, studio: Studio
) -> None:
    positioned = [item for item in missing if item.treatment == "positioned"]
    _make_each(work, positioned, lambda item: make_positioned(item, subject, studio), studio)
    generated = [item for item in missing if item.treatment == "generated"]
    if not generated:
        return
    made = Generation(subject=subject, jobs=list_jobs(generated, order.recipe, studio))
    make_generated([made], studio, retries=order.retries)
    for item, error in made.failures:
        work.reject(f"{item.treatment} {item.placement.name}", item.key.prompt_text, error)
    _keep(work, made.creatives.values(), studio)
    if made.first:
        work.steps = draw_steps(subject, made.first)
        save_steps(work.steps, work.creatives.values(), studio.cache)


def _make_each(
    work: Work, wanted: Sequence[Wanted], make: Callable[[Wanted], Creative], studio: Studio
) -> None:
    for item in wanted:
        try:
            _keep(work, [make(item)], studio)
        except KirakatError as error:
            work.reject(f"{item.treatment} {item.placement.name}", "", error)


def _keep(work: Work, creatives: Iterable[Creative], studio: Studio) -> None:
    for creative in creatives:
        save_creative(creative, studio)
        work.keep([creative])
