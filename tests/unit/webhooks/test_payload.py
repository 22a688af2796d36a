"""What callbacks say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from kirakat.client.events import CreativeEvent, read_event
from kirakat.engine.worker.webhooks.payload import (
    MAX_EVENTS,
    build_message,
    event_id,
    event_json,
)
from kirakat.errors import KirakatError


def test_one_event_is_read_back_as_it_was(ready: CreativeEvent) -> None:
    """If it were not, service and client would speak of different creatives."""
    assert read_event(json.loads(build_message([ready]).body)) == ready


def test_bytes_are_canonical(ready: CreativeEvent) -> None:
    """If they were not, a retry after a restart could carry another body under the same id."""
    body = build_message([ready]).body
    again = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body == again.encode()


def test_the_standard_s_three_members_are_there(ready: CreativeEvent) -> None:
    """If one were missing, a generic Standard Webhooks receiver could not route the callback."""
    value = json.loads(build_message([ready]).body)
    assert (value["type"], value["timestamp"]) == ("creative.ready", "2026-11-21T08:30:00.000Z")
    assert set(value["data"]) == {
        *("key", "revision", "sequence", "change", "merchant_id", "offer_id", "placement"),
        *("treatment", "arm", "image_url", "width", "height", "format", "verdict", "reason"),
    }


def test_a_batch_keeps_each_event_s_id(ready: CreativeEvent) -> None:
    """If ids were lost, a receiver could not tell an event sent alone from one in a batch."""
    second = replace(ready, event_id="e2", key="k2", sequence=8, change=41)
    message = build_message([ready, second])
    events = json.loads(message.body)["data"]["events"]
    assert [event["id"] for event in events] == ["e1", "e2"]
    assert message.webhook_id not in {"e1", "e2"}


def test_the_same_batch_has_the_same_id(ready: CreativeEvent) -> None:
    """If it had another at each attempt, a receiver would take a retry for something new."""
    second = replace(ready, event_id="e2", sequence=8, change=41)
    assert build_message([ready, second]) == build_message([ready, second])


def test_ids_tell_endpoints_revisions_and_events_apart() -> None:
    """If two shared an id, the second would be dropped as a duplicate."""
    asked = [
        ("k", 1, "creative.ready", "a"),
        ("k", 2, "creative.ready", "a"),
        ("k", 1, "creative.retired", "a"),
        ("k", 1, "creative.ready", "b"),
    ]
    assert len({event_id(*one) for one in asked}) == len(asked)


@pytest.mark.parametrize("count", [0, MAX_EVENTS + 1])
def test_a_batch_has_bounds(ready: CreativeEvent, count: int) -> None:
    """If it had none, a receiver's size limit would refuse the batch for ever."""
    events = [replace(ready, event_id=f"e{n}", sequence=n + 1) for n in range(count)]
    with pytest.raises(KirakatError, match="1 to 100"):
        build_message(events)


def test_a_batch_out_of_sequence_is_refused(ready: CreativeEvent) -> None:
    """If it went out, receivers that apply events in order would end with the older one."""
    with pytest.raises(KirakatError, match="sequence"):
        build_message([ready, replace(ready, event_id="e0", sequence=6)])


def test_ready_without_an_address_is_refused(ready: CreativeEvent) -> None:
    """If it went out, a recommender would cache nothing under the key and show a gap."""
    with pytest.raises(KirakatError, match="image_url"):
        event_json(replace(ready, image_url=None))


def test_a_time_without_a_zone_is_refused(ready: CreativeEvent) -> None:
    """If it were guessed, events of a machine in another zone would be hours off."""
    with pytest.raises(KirakatError, match="zone"):
        event_json(replace(ready, at=datetime(2026, 11, 21)))
