"""What a worker saw of a source image, and what follows when it is another picture now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.errors import NotFoundError
from kirakat.store.images import get_image, record_fetch, record_fetch_error
from kirakat.store.records import ImageRecord
from kirakat.store.transitions import retire_creatives

if TYPE_CHECKING:
    from sqlalchemy import Connection


def record_source(connection: Connection, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Write the source image's facts, or why it could not be fetched.

    Other content than before makes a new image: everything of the old one, this claim's keys
    too, is taken back. An image that the store does not know (its catalogue went away) is left.
    """
    render = claim.render
    if outcome.source is None and not outcome.source_error:
        return
    try:
        known = get_image(connection, render.image_id)
    except NotFoundError:
        return
    if outcome.source is None:
        record_fetch_error(connection, render.image_id, outcome.source_error, now=now)
        return
    if _is_recorded(known, outcome):
        return
    shown = record_fetch(connection, render.image_id, outcome.source, now=now)
    if shown.image_id != render.image_id:
        retire_creatives(
            connection,
            merchant_id=render.merchant_id,
            image_ids=[render.image_id],
            reason="the picture at its address has changed",
            actor=render.executor_id,
            now=now,
        )


def _is_recorded(known: ImageRecord, outcome: Outcome) -> bool:
    """Whether nothing is new: renders of one image need not take turns on its row."""
    seen = outcome.source
    if seen is None or not known.current:
        return False
    if (known.sha256, known.etag, known.error) != (seen.sha256, seen.etag, ""):
        return False
    photo = known.photo_quality, known.photo_composition
    return not seen.is_measured or photo == (seen.photo_quality, seen.photo_composition)
