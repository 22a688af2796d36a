"""How an offer stands in a placement: the best that became of its creatives there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from sqlalchemy import ColumnElement, case

from kirakat.store.states import WAITING, CreativeState
from kirakat.store.tables import creatives

Standing = Literal["ready", "review", "waiting", "rejected", "dead", "none"]
# The best first.
STANDINGS: tuple[Standing, ...] = ("ready", "review", "waiting", "rejected", "dead", "none")
LABELS: Mapping[Standing, str] = MappingProxyType(
    {
        "ready": "ready",
        "review": "in review",
        "waiting": "waiting",
        "rejected": "rejected",
        "dead": "dead",
        "none": "none",
    }
)
_OF_STATE: Mapping[CreativeState, Standing] = MappingProxyType(
    {
        "ready": "ready",
        "in_review": "review",
        "requested": "waiting",
        "rendering": "waiting",
        "rejected": "rejected",
        "dead": "dead",
    }
)


def standing_of(state: CreativeState) -> Standing:
    """What a creative in a state is worth; taken back and cancelled ones are nothing."""
    return _OF_STATE.get(state, "none")


def rank_column() -> ColumnElement[int]:
    """SQL: the place in `STANDINGS` of a row of `creatives`; its minimum is the standing."""
    state = creatives.c.state
    return case(
        (state == "ready", 0),
        (state == "in_review", 1),
        (state.in_(WAITING), 2),
        (state == "rejected", 3),
        (state == "dead", 4),
        else_=5,
    )
