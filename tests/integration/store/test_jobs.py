"""Renders and keys as people handle them, on both databases."""

from __future__ import annotations

import pytest

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.store.ask import ask
from kirakat.store.claims import bury_render, finish_render
from kirakat.store.creatives import get_creative, list_creatives
from kirakat.store.database import Database
from kirakat.store.jobs import (
    cancel_creative,
    cancel_render,
    get_render,
    list_renders,
    queue_lengths,
    remake_creative,
    revive_render,
)
from kirakat.store.records import AskOutcome, Move
from kirakat.store.transitions import transition
from tests.support.asks import NOW, SHOP, SMALL, claim, enter_shop, some_ask


def _enter(database: Database) -> list[AskOutcome]:
    """Two keys of one render."""
    enter_shop(database)
    with database.writing() as connection:
        asks = [some_ask(), some_ask(placement=SMALL)]
        return ask(connection, asks, "online", now=NOW)


def _states(database: Database) -> set[str]:
    with database.reading() as connection:
        return {item.state for item in list_creatives(connection, SHOP)}


def test_cancelling_a_render_cancels_its_keys(database: Database) -> None:
    """If it did not, an operation would stay pending for ever."""
    render_id = _enter(database)[0].render_id
    claim(database)
    with database.writing() as connection:
        cancel_render(connection, render_id=render_id, reason="", actor="me", now=NOW)
    assert _states(database) == {"cancelled"}
    with pytest.raises(ConflictError), database.writing() as connection:
        finish_render(connection, render_id=render_id, ticket="t1", now=NOW)


def test_an_ended_render_cannot_be_cancelled(database: Database) -> None:
    """If it could, a finished picture would be reported as cancelled."""
    render_id = _enter(database)[0].render_id
    with database.writing() as connection:
        cancel_render(connection, render_id=render_id, reason="", actor="", now=NOW)
    with pytest.raises(ConflictError), database.writing() as connection:
        cancel_render(connection, render_id=render_id, reason="", actor="", now=NOW)


def test_the_last_cancelled_key_cancels_its_render(database: Database) -> None:
    """If it did not, a worker would compute what nobody waits for."""
    first, second = _enter(database)
    states = []
    for outcome in (first, second):
        with database.writing() as connection:
            cancel_creative(
                connection, merchant_id=SHOP, key=outcome.key, reason="", actor="", now=NOW
            )
            states.append(get_render(connection, first.render_id).state)
    assert states == ["queued", "cancelled"]


def test_nobody_cancels_another_merchants_key(database: Database) -> None:
    """If one could, a competitor could empty a shop's ads."""
    key = _enter(database)[0].key
    with pytest.raises(NotFoundError), database.writing() as connection:
        cancel_creative(connection, merchant_id="other", key=key, reason="", actor="", now=NOW)


def test_a_revived_render_begins_a_new_round(database: Database) -> None:
    """If it did not, a dead letter could not be tried again once its cause is mended."""
    render_id = _enter(database)[0].render_id
    claim(database)
    with database.writing() as connection:
        bury_render(connection, render_id=render_id, ticket="t1", error="x", now=NOW)
    with database.writing() as connection:
        number = revive_render(connection, render_id=render_id, reason="", actor="", now=NOW)
    assert number == 1
    assert _states(database) == {"requested"}
    claimed = claim(database, ticket="t2")
    assert claimed is not None
    assert (claimed.attempts, claimed.round, claimed.error) == (1, 1, "")


def test_making_again_draws_another_picture(database: Database) -> None:
    """If it did not, a rejected picture would come back pixel by pixel."""
    first, second = _enter(database)
    claim(database)
    with database.writing() as connection:
        for key in (first.key, second.key):
            move = Move(
                merchant_id=SHOP, key=key, revision=0, origin="rendering", target="rejected",
                reason="", actor="gate",
            )  # fmt: skip
            transition(connection, move, now=NOW)
        finish_render(connection, render_id=first.render_id, ticket="t1", now=NOW)
    with database.writing() as connection:
        outcome = remake_creative(
            connection, merchant_id=SHOP, key=first.key, revision=0, reason="", actor="me",
            now=NOW,
        )  # fmt: skip
    assert (outcome.revision, outcome.enqueue, outcome.round) == (1, True, 1)
    claimed = claim(database, ticket="t2")
    assert claimed is not None
    assert claimed.draw == 1
    with database.reading() as connection:
        assert get_creative(connection, SHOP, second.key).state == "rejected"


def test_a_ready_creative_is_not_made_again_behind_its_back(database: Database) -> None:
    """If it were, a recommender would go on showing what it was never told has gone."""
    first, _ = _enter(database)
    claim(database)
    with database.writing() as connection:
        move = Move(
            merchant_id=SHOP, key=first.key, revision=0, origin="rendering", target="ready",
            reason="", actor="",
        )  # fmt: skip
        transition(connection, move, now=NOW)
    with pytest.raises(StoreError), database.writing() as connection:
        remake_creative(
            connection, merchant_id=SHOP, key=first.key, revision=0, reason="", actor="",
            now=NOW,
        )  # fmt: skip


def test_the_queue_can_be_measured(database: Database) -> None:
    """If it could not, nobody would see that work piles up."""
    _enter(database)
    with database.reading() as connection:
        (length,) = queue_lengths(connection)
        listed = list_renders(connection, merchant_id=SHOP, states=("queued",))
    assert (length.lane, length.state, length.renders, length.oldest) == (
        "online", "queued", 1, NOW,
    )  # fmt: skip
    assert len(listed) == 1
