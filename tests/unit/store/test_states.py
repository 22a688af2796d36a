"""The moves between a creative's states."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import StoreError
from kirakat.store.states import CreativeState, revision_step, targets_of


@given(st.lists(st.integers(min_value=0, max_value=20), max_size=40))
def test_no_walk_becomes_ready_twice_in_a_revision(choices: list[int]) -> None:
    """If one did, a recommender could not tell two pictures of a key apart."""
    state: CreativeState = "requested"
    revision, ready = 0, []
    for choice in choices:
        targets = targets_of(state)
        target = targets[choice % len(targets)]
        revision += revision_step(state, target)
        state = target
        if state == "ready":
            ready.append(revision)
    assert len(ready) == len(set(ready))


@pytest.mark.parametrize("state", get_args(CreativeState))
def test_no_state_is_a_trap(state: CreativeState) -> None:
    """If one were, a key could never be made again."""
    reached = {state}
    while more := {target for item in reached for target in targets_of(item)} - reached:
        reached |= more
    assert "ready" in reached


def test_a_move_that_is_not_allowed_is_an_error() -> None:
    """If it were not, a retired picture could come back without being looked at."""
    with pytest.raises(StoreError, match="retired to ready"):
        revision_step("retired", "ready")
