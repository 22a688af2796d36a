"""The hashes that name source images, keys and jobs.

None of them needs the image's bytes, so the request path can compute them without fetching. Keys
and jobs are hashed a hundred times as fast as by `digest`, with the same result: the canonical
texts of placements and recipes, which thousands of them share, are written once.
"""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring_ascii as _quoted

from kirakat.hashing import digest, plain
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
    return Ask(
        key=ask_key(offer.merchant_id, image_id, texts, placement, treatment, recipe),
        render_id=_render_id(offer.merchant_id, image_id, texts, bucket, treatment, recipe),
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


def ask_key(
    merchant_id: str,
    image_id: str,
    texts: tuple[str, str],
    placement: Placement,
    treatment: Treatment,
    recipe: Recipe,
) -> str:
    """The key of one creative; `texts` are the prompt's text and negative text, or empty."""
    made_of = ("ask", merchant_id, image_id, *texts)
    return _hash(made_of, _text_of(placement), treatment, recipe)


def _render_id(
    merchant_id: str,
    image_id: str,
    texts: tuple[str, str],
    bucket: str,
    treatment: Treatment,
    recipe: Recipe,
) -> str:
    return _hash(("job", merchant_id, image_id, *texts), _quoted(bucket), treatment, recipe)


def _hash(made_of: tuple[str, ...], size: str, treatment: Treatment, recipe: Recipe) -> str:
    """As `digest` of all of it; `size` is canonical JSON."""
    head = ",".join(map(_quoted, made_of))
    text = f"[{head},{size},{_quoted(treatment)},{_text_of(recipe)}]"
    return hashlib.sha256(text.encode()).hexdigest()


# By identity: equal records may have different texts, since 0 == 0.0. The record is kept with
# its text, so that its id is nobody else's.
_texts: dict[int, tuple[object, str]] = {}
_MOST_TEXTS = 4096


def _text_of(record: Placement | Recipe) -> str:
    """The canonical JSON of a record, written once for each object."""
    found = _texts.get(id(record))
    if found is not None and found[0] is record:
        return found[1]
    text = json.dumps(plain(record), sort_keys=True, separators=(",", ":"))
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    _texts[id(record)] = (record, text)
    return text


def recipe_digest(recipe: Recipe) -> str:
    """The recipe's hexadecimal hash."""
    return hashlib.sha256(f'["recipe",{_text_of(recipe)}]'.encode()).hexdigest()


def webhook_id_of(key: str, revision: int, event: str, endpoint_id: str) -> str:
    """The id of one callback: the same event gives the same id however often it is sent."""
    return digest("callback", key, revision, event, endpoint_id)
