"""The production renderer's plans, where no model is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kirakat.engine.worker.studio_renderer import _failure, _plan
from kirakat.errors import (
    ImageDecodeError,
    ImageFetchError,
    KirakatError,
    MaskError,
    ModelError,
)
from tests.support.asks import SMALL, SQUARE
from tests.support.claims import make_claim


def test_every_key_has_a_placement_of_its_own_name() -> None:
    """If two shared one, one of two formats of a size would never be made."""
    webp = replace(SQUARE, format="webp")
    claim = make_claim(0, placements=(SQUARE, SMALL, webp))
    job, names = _plan(claim)
    assert len({placement.name for placement in job.placements}) == 3
    assert [names[placement.name] for placement in job.placements] == [
        record.key for record in claim.keys
    ]
    assert {placement.format for placement in job.placements} == {"jpeg", "webp"}


def test_a_key_alone_keeps_its_placement() -> None:
    """If its name changed, what `kirakat run` has cached would be made again."""
    job, _ = _plan(make_claim(0, placements=(SQUARE,)))
    assert job.placements == (SQUARE,)


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (ImageFetchError("timeout"), False),
        (ModelError("no memory"), False),
        (ImageDecodeError("no image"), True),
        (MaskError("no product"), True),
    ],
)
def test_only_what_may_pass_is_tried_again(error: KirakatError, permanent: bool) -> None:
    """If all were, a broken photo would cost five renders; if none, a slow server a product."""
    assert _failure(error).permanent is permanent
