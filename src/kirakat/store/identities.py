"""The hashes that name source images, keys and jobs.

None of them needs the image's bytes, so the request path can compute them without fetching.
"""

from __future__ import annotations

from kirakat.hashing import digest
from kirakat.store.records import Ask
from kirakat.types import Offer, Placement, Recipe, RenderedPrompt, Treatment


def image_id_of(merchant_id: str, uri: str, revision: int) -> str:
    """The source image at an address after `revision` changes of its content."""
    return digest("image", merchant_id, uri, revision)


def make_ask(
    *,
    offer: Offer,
    image_id: str,
    prompt: RenderedPrompt | None,
    placement: Placement,
    treatment: Treatment,
    recipe: Recipe,
    bucket: str,
) -> Ask:
    """The ask for one creative, with its key and the job that it waits on.

    `bucket` is the name of the placement's bucket (`imaging.buckets.assign_buckets`); it and
    `prompt` count for the treatment `generated` alone: of the others, one job makes all
    placements of an image.
    """
    generated = treatment == "generated"
    prompt = prompt if generated else None
    bucket = bucket if generated else ""
    texts = (prompt.text, prompt.negative) if prompt else ("", "")
    made_of = (offer.merchant_id, image_id, *texts)
    return Ask(
        key=digest("ask", *made_of, placement, treatment, recipe),
        render_id=digest("job", *made_of, bucket, treatment, recipe),
        merchant_id=offer.merchant_id,
        offer=offer,
        image_id=image_id,
        prompt=prompt,
        placement=placement,
        treatment=treatment,
        recipe=recipe,
        recipe_digest=recipe_digest(recipe),
        bucket=bucket,
    )


def recipe_digest(recipe: Recipe) -> str:
    """The recipe's hexadecimal hash."""
    return digest("recipe", recipe)


def webhook_id_of(key: str, revision: int, event: str, endpoint_id: str) -> str:
    """The id of one callback: the same event gives the same id however often it is sent."""
    return digest("callback", key, revision, event, endpoint_id)
