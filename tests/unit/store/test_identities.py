"""Keys and jobs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kirakat.store.identities import make_ask
from kirakat.store.records import Ask
from kirakat.types import Placement, Treatment
from tests.support.asks import SMALL, SQUARE, some_ask


def _again(item: Ask, **changes: object) -> Ask:
    values = {
        "offer": item.offer, "image_id": item.image_id, "prompt": item.prompt,
        "placement": item.placement, "treatment": item.treatment, "recipe": item.recipe,
        "bucket": item.bucket, **changes,
    }  # fmt: skip
    return make_ask(**values)  # type: ignore[arg-type]


def test_the_same_ask_has_the_same_key() -> None:
    """If it had not, nothing would ever be found again."""
    assert _again(some_ask()).key == some_ask().key


@pytest.mark.parametrize("treatment", ["original", "positioned"])
def test_ungenerated_placements_share_one_job(treatment: Treatment) -> None:
    """If they did not, a photo would be masked once for every size."""
    jobs = {
        some_ask(placement=size, treatment=treatment).render_id
        for size in (SQUARE, SMALL, Placement(name="wide", width=1200, height=628))
    }
    assert len(jobs) == 1


def test_buckets_are_separate_jobs() -> None:
    """If they were not, a wide ad would be cut from a square picture."""
    assert _again(some_ask(), bucket="512x256").render_id != some_ask().render_id


def test_a_title_alone_changes_no_key() -> None:
    """If it did, editing a feed's texts would have every picture made again."""
    item = some_ask()
    assert _again(item, offer=replace(item.offer, title="new")).key == item.key


def test_merchants_never_share_a_key() -> None:
    """If they did, one merchant's rejection would hide another's picture."""
    other = some_ask(merchant_id="other")
    assert other.key != some_ask().key
    assert other.render_id != some_ask().render_id
