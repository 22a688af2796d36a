"""What merchants' endpoints are owed, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.ask import ask
from kirakat.store.callbacks import (
    claim_callbacks,
    list_callbacks,
    record_callbacks,
    replay_callbacks,
)
from kirakat.store.database import Database
from kirakat.store.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    rotate_secret,
)
from kirakat.store.records import CallbackRecord, Endpoint, Move
from kirakat.store.transitions import publish, transition
from tests.support.asks import NOW, SHOP, claim, enter_shop, later, some_ask, some_image


def _endpoint(database: Database) -> Endpoint:
    enter_shop(database)
    with database.writing() as connection:
        return create_endpoint(connection, SHOP, "https://r.example/hook", now=NOW)


def _publish(database: Database, *numbers: int) -> list[str]:
    """Publish the keys of offers; gives the keys."""
    with database.writing() as connection:
        asks = [some_ask(number) for number in numbers]
        keys = [item.key for item in ask(connection, asks, "online", now=NOW)]
    for number in numbers:
        claim(database, ticket=f"t{number}")
    for key in keys:
        with database.writing() as connection:
            publish(connection, _ready(key), some_image(), now=NOW)
    return keys


def _ready(key: str) -> Move:
    return Move(
        merchant_id=SHOP, key=key, revision=0, origin="rendering", target="ready",
        reason="", actor="e1",
    )  # fmt: skip


def _claim(database: Database, seconds: float = 0) -> list[CallbackRecord]:
    with database.writing() as connection:
        return claim_callbacks(connection, now=later(seconds), lease_until=later(seconds + 60))


def test_each_endpoint_is_told_once(database: Database) -> None:
    """If it were not, a recommender would never learn that a picture is ready."""
    endpoints = {_endpoint(database).endpoint_id, _endpoint(database).endpoint_id}
    (key,) = _publish(database, 1)
    told = _claim(database)
    assert {item.endpoint_id for item in told} == endpoints
    assert {(item.event, item.key, item.revision) for item in told} == {("creative.ready", key, 0)}
    assert len({item.webhook_id for item in told}) == 2


def test_the_message_names_the_picture(database: Database) -> None:
    """If it did not, the recommender would have to ask what it was told about."""
    _endpoint(database)
    (key,) = _publish(database, 1)
    payload = _claim(database)[0].payload
    assert payload["type"] == "creative.ready"
    assert payload["data"]["key"] == key
    assert payload["data"]["sha256"] == some_image().sha256


def test_a_lost_publication_tells_nobody(database: Database) -> None:
    """If it did, a recommender would be told of a picture that was never published."""
    _endpoint(database)
    (key,) = _publish(database, 1)
    with pytest.raises(ConflictError), database.writing() as connection:
        publish(connection, _ready(key), some_image("b"), now=NOW)
    assert len(_claim(database)) == 1


def test_an_endpoints_numbers_have_no_gaps(database: Database) -> None:
    """If they had, a receiver could not know whether it had missed a message."""
    endpoint = _endpoint(database)
    _publish(database, *range(5))
    assert [item.sequence for item in _claim(database)] == [1, 2, 3, 4, 5]
    with database.reading() as connection:
        rest = list_callbacks(connection, SHOP, endpoint_id=endpoint.endpoint_id, after=3)
    assert [item.sequence for item in rest] == [4, 5]


def test_senders_at_once_get_different_messages(database: Database) -> None:
    """If they did not, every message would be sent several times."""
    _endpoint(database)
    _publish(database, *range(4))
    with ThreadPoolExecutor(3) as pool:
        claims = list(pool.map(lambda _: _claim(database), range(3)))
    assert sorted(item.sequence for part in claims for item in part) == [1, 2, 3, 4]


def test_what_a_dead_sender_held_is_due_again(database: Database) -> None:
    """If it were not, a crash would lose messages."""
    _endpoint(database)
    _publish(database, 1)
    first = _claim(database)
    assert _claim(database, seconds=30) == []
    second = _claim(database, seconds=61)
    assert [item.attempts for item in first + second] == [1, 2]
    assert first[0].webhook_id == second[0].webhook_id


def test_a_late_sender_records_nothing(database: Database) -> None:
    """If it did, its old failure would hide the new delivery."""
    _endpoint(database)
    _publish(database, 1)
    (first,) = _claim(database)
    _claim(database, seconds=61)
    with database.writing() as connection:
        held = record_callbacks(
            connection, [first], state="dead", code=500, error="", now=later(62)
        )
    assert held == 0


def test_a_failure_is_tried_again_at_its_time(database: Database) -> None:
    """If it were not, one bad minute at the receiver would lose a message."""
    _endpoint(database)
    _publish(database, 1)
    (first,) = _claim(database)
    with database.writing() as connection:
        record_callbacks(
            connection, [first], state="failed", code=503, error="busy", now=NOW,
            next_at={first.webhook_id: later(300)},
        )  # fmt: skip
    assert _claim(database, seconds=299) == []
    (second,) = _claim(database, seconds=300)
    assert (second.attempts, second.last_code, second.error) == (2, 503, "busy")


def test_what_was_delivered_is_done_until_it_is_replayed(database: Database) -> None:
    """If it were not, receivers would be flooded, or could not catch up."""
    _endpoint(database)
    _publish(database, 1)
    (first,) = _claim(database)
    with database.writing() as connection:
        held = record_callbacks(connection, [first], state="delivered", code=204, error="", now=NOW)
    assert held == 1
    assert _claim(database, seconds=999) == []
    with database.writing() as connection:
        assert replay_callbacks(connection, "other", [first.webhook_id], now=NOW) == 0
        assert replay_callbacks(connection, SHOP, [first.webhook_id], now=NOW) == 1
    (again,) = _claim(database)
    assert (again.webhook_id, again.attempts) == (first.webhook_id, 1)


def test_a_disabled_endpoint_is_left_alone(database: Database) -> None:
    """If it were not, a receiver that said 410 would be called for ever."""
    endpoint = _endpoint(database)
    _publish(database, 1)
    with database.writing() as connection:
        disable_endpoint(connection, SHOP, endpoint.endpoint_id, reason="410", now=NOW)
    _publish(database, 2)
    with database.writing() as connection:
        enable_endpoint(connection, SHOP, endpoint.endpoint_id)
    assert _claim(database) == []
    with database.reading() as connection:
        kept = list_callbacks(connection, SHOP, states=("disabled",))
    assert [item.sequence for item in kept] == [1]


def test_a_rejection_is_told(database: Database) -> None:
    """If it were not, a recommender would go on showing a rejected picture."""
    _endpoint(database)
    (key,) = _publish(database, 1)
    move = Move(
        merchant_id=SHOP, key=key, revision=0, origin="ready", target="rejected",
        reason="wrong shadow", actor="Ann",
    )  # fmt: skip
    with database.writing() as connection:
        transition(connection, move, now=NOW)
    last = _claim(database)[-1]
    assert (last.event, last.payload["data"]["reason"]) == ("creative.rejected", "wrong shadow")


def test_a_rotated_secret_keeps_the_old_one_for_a_while(database: Database) -> None:
    """If it did not, receivers would refuse every message while they change over."""
    endpoint = _endpoint(database)
    with database.writing() as connection:
        rotated = rotate_secret(connection, SHOP, endpoint.endpoint_id, old_until=later(3600))
    assert rotated.old_secret == endpoint.secret
    assert rotated.secret != endpoint.secret
    assert rotated.old_until == later(3600)


def test_another_merchants_endpoint_is_not_found(database: Database) -> None:
    """If it were, one merchant could read another's signing secret."""
    endpoint = _endpoint(database)
    with database.reading() as connection:
        assert list_endpoints(connection, "other") == []
        with pytest.raises(NotFoundError):
            get_endpoint(connection, "other", endpoint.endpoint_id)


def test_a_secret_is_not_shown_by_accident(database: Database) -> None:
    """If it were, a log line could let anybody forge callbacks."""
    endpoint = _endpoint(database)
    assert endpoint.secret not in repr(endpoint)
