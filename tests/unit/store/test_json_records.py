"""Records as JSON."""

from __future__ import annotations

import json

import pytest

from kirakat.errors import StoreError
from kirakat.store.json_records import from_json, to_json
from kirakat.types import Offer, Placement, Prompt, Recipe, RenderedPrompt, SceneQuery
from tests.support.asks import PROMPT, RECIPE, SQUARE, some_offer


@pytest.mark.parametrize(
    "record",
    [
        some_offer(),
        SQUARE,
        RECIPE,
        RenderedPrompt(prompt=PROMPT, text="a", negative="b"),
        Prompt(
            prompt_id="p", version=1, category="c", template="t", negative="", tags=("x", "y"),
            why="", scene=SceneQuery(surfaces=frozenset({"oak", "ash"})),
        ),
    ],
    ids=lambda record: type(record).__name__,
)  # fmt: skip
def test_a_record_survives_its_column(
    record: Offer | Placement | Recipe | RenderedPrompt | Prompt,
) -> None:
    """If one did not, a worker would draw something else than was asked for."""
    assert from_json(type(record), json.loads(json.dumps(to_json(record)))) == record


def test_a_row_of_another_kind_is_a_store_error() -> None:
    """If it were not, a damaged row would surface far away as something else."""
    with pytest.raises(StoreError, match="Placement"):
        from_json(Placement, {"name": "x"})
