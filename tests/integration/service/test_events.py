"""`POST /v1/events`, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from kirakat.clock import SystemClock
from kirakat.errors import StoreError
from kirakat.service.decision_log import Logged
from kirakat.service.decision_token import TokenWriter
from kirakat.store.database import Database
from kirakat.store.decision_contexts import (
    WrittenContext,
    append_written_contexts,
    read_contexts,
)
from kirakat.store.ledger import append_decisions, read_decisions, read_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.merchants import ensure_merchant
from kirakat.store.quick_decisions import WrittenDecision
from tests.integration.service.case import Case, open_case

NOW = SystemClock().now()


def _decide(
    case: Case, *names: str, merchant_id: str = "shop", at: datetime = NOW, unit: str = ""
) -> None:
    record = {"category": "mugs", "served": "oak@1", "chosen": "oak@1"}
    rows = [
        DecisionRecord(decision_id=name, merchant_id=merchant_id, record=record, at=at)
        for name in names
    ]
    contexts = [WrittenContext(name, merchant_id, unit, "[[0,1.0]]", "{}", at) for name in names]
    with case.parts.database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=at)
        append_decisions(connection, rows)
        append_written_contexts(connection, contexts)


def _event(
    name: str, kind: str = "impression", decision: str = "d1", **rest: Any
) -> dict[str, Any]:
    if isinstance(rest.get("at"), datetime):
        rest["at"] = rest["at"].isoformat()
    return {"event_id": name, "kind": kind, "decision_id": decision, **rest}


def _send(case: Case, *events: object, token: str | None = None) -> Any:
    return case.ask("POST", "/v1/events", json={"events": list(events)}, token=token)


def _kept(case: Case, merchant_id: str = "shop") -> Sequence[EventRecord]:
    with case.parts.database.reading() as connection:
        return read_events(
            connection, merchant_id, start=NOW - timedelta(days=9), end=NOW + timedelta(days=9)
        )


def _reasons(answer: Any) -> dict[int, str]:
    return {item["index"]: item["reason"] for item in answer.json()["errors"]}


def test_a_batch_is_written_down(case: Case) -> None:
    """If it were not, nothing could be learned."""
    _decide(case, "d1")
    answer = _send(
        case,
        _event("e1", at=NOW),
        _event("e2", "click", at=NOW + timedelta(seconds=20)),
        _event("e3", "conversion", value=49.9),
        _event("e4", "cost", value=0.02, placement="300x250"),
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["accepted"], answer.json()["errors"]) == (4, [])
    kept = {event.event_id: event for event in _kept(case)}
    assert kept["shop:e3"].record["value"] == 49.9
    assert kept["shop:e4"].record["placement"] == "300x250"
    assert not any(event.record["late"] or event.record["bot"] for event in kept.values())


def test_a_batch_sent_twice_counts_once(case: Case) -> None:
    """If it did not, a client that retries would double the clicks."""
    _decide(case, "d1")
    _send(case, _event("e1"), _event("e1"))
    answer = _send(case, _event("e1"), _event("e2", "click")).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert len(_kept(case)) == 2


def test_one_wrong_event_stops_no_other(case: Case) -> None:
    """If it did, one broken tracker would cost a merchant a thousand events."""
    _decide(case, "d1")
    wrong: list[object] = [
        7,
        _event("a", "glance"),
        _event("b", value="NaN"),
        _event("c", "cost", value=-1),
        _event("d", at="2026-01-01T00:00:00"),
        _event("e", at="yesterday"),
        _event("f", colour="red"),
        {"event_id": "g", "kind": "click"},
        _event("", "click"),
        _event("h", value=1e300),
        _event("i", decision="d9"),
        _event("j", decision=4),  # type: ignore[arg-type]
    ]
    answer = _send(case, *wrong, _event("good"))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1
    assert set(_reasons(answer)) == set(range(12))
    assert "unknown decision" in _reasons(answer)[10]


def test_events_from_the_future_are_refused(case: Case) -> None:
    """If they were not, a wrong clock would hold reward windows open for years."""
    _decide(case, "d1")
    now = SystemClock().now()
    soon, late = now + timedelta(minutes=4), now + timedelta(minutes=7)
    answer = _send(case, _event("e1", at=soon), _event("e2", "click", at=late))
    assert _reasons(answer) == {1: "lies in the future"}


def test_events_may_come_a_week_late_and_no_later(case: Case) -> None:
    """If they could, nothing in the ledger would ever be final."""
    long_ago = NOW - timedelta(days=6, hours=23)
    _decide(case, "d1", at=long_ago)
    answer = _send(case, _event("e1", at=long_ago), _event("e2", at=NOW - timedelta(days=8)))
    assert answer.json()["accepted"] == 1
    assert "7 days" in _reasons(answer)[1]


def test_an_event_before_its_decision_is_refused(case: Case) -> None:
    """If it were not, a click could be credited to what had not been shown."""
    _decide(case, "d1")
    answer = _send(case, _event("e1", "click", at=NOW - timedelta(hours=1)))
    assert _reasons(answer) == {0: "lies before its decision"}


def test_another_merchants_decision_is_unknown(case: Case) -> None:
    """If it were not, one merchant could bend what another's policy learns."""
    _decide(case, "theirs", merchant_id="other")
    assert _reasons(_send(case, _event("e1", decision="theirs"))) == {0: "unknown decision"}


def test_two_merchants_may_use_the_same_ids(case: Case) -> None:
    """If they could not, one merchant's events would make another's vanish."""
    _decide(case, "d1")
    _decide(case, "d2", merchant_id="other")
    _send(case, _event("e1"))
    answer = _send(case, _event("e1", decision="d2"), token=case.key("other"))
    assert answer.json()["accepted"] == 1


SECRET = "sixteen characters or more"  # noqa: S105  of the tests


def _token(merchant_id: str = "shop", at: datetime = NOW, name: str = "t1") -> str:
    record = '{"category":"mugs","served":"oak@1"}'
    decision = WrittenDecision(name, merchant_id, record, at)
    context = WrittenContext(name, merchant_id, "aa", "[[0,1.0]]", "{}", at)
    return TokenWriter(SECRET).write(Logged(decision, context))


@pytest.fixture
def sealed(database: Database) -> Iterator[Case]:
    """A service that reads tokens."""
    opened = open_case(database, token_secret=SECRET)
    with opened.client:
        yield opened


def test_a_tokens_decision_is_written_with_its_event(sealed: Case) -> None:
    """If it were not, decisions that the caller carries would never be learned."""
    events = [
        {"event_id": f"e{number}", "kind": kind, "token": _token()}
        for number, kind in enumerate(("impression", "click"))
    ]
    assert _send(sealed, *events).json()["accepted"] == 2
    with sealed.parts.database.reading() as connection:
        rows = read_decisions(connection, "shop", start=NOW, end=NOW + timedelta(seconds=1))
        contexts = read_contexts(connection, "shop", ["t1"])
    assert [row.record["served"] for row in rows] == ["oak@1"]
    assert contexts["t1"].unit == "aa"


def test_tokens_that_are_not_good_are_refused(sealed: Case) -> None:
    """If they were not, anybody could write decisions into a merchant's ledger."""
    wrong = [
        "t1.AAAA",
        _token()[:-2],
        _token(merchant_id="other"),
        _token(at=NOW - timedelta(days=40)),
    ]
    events: list[dict[str, Any]] = [
        {"event_id": f"e{number}", "kind": "click", "token": token}
        for number, token in enumerate(wrong)
    ]
    events.append(_event("e9", decision="d1", token=_token()))
    answer = _send(sealed, *events)
    assert answer.json()["accepted"] == 0
    assert _reasons(answer) == {
        0: "token is not good",
        1: "token is not good",
        2: "unknown decision",
        3: "token is too old",
        4: "token is of another decision",
    }


def test_a_click_within_300_milliseconds_is_a_bots(case: Case) -> None:
    """If it were not flagged, crawlers would choose the pictures."""
    _decide(case, "d1", "d2")
    quick = _event("e2", "click", at=NOW + timedelta(milliseconds=100))
    slow = _event("e4", "click", "d2", at=NOW + timedelta(milliseconds=400))
    _send(case, _event("e1", at=NOW), quick, _event("e3", decision="d2", at=NOW), slow)
    flags = {event.event_id: event.record["bot"] for event in _kept(case)}
    assert flags == {"shop:e1": False, "shop:e2": True, "shop:e3": False, "shop:e4": False}


def test_times_that_the_service_stamped_make_no_bot(case: Case) -> None:
    """If they did, a sender without clocks would have all its clicks thrown away."""
    _decide(case, "d1")
    _send(case, _event("e1"), _event("e2", "click"))
    assert not any(event.record["bot"] for event in _kept(case))


def test_more_clicks_an_hour_than_a_person_makes_are_a_bots(case: Case) -> None:
    """If they were not flagged, one machine would outvote all shoppers."""
    names = [f"d{number}" for number in range(35)]
    _decide(case, *names, unit="aa")
    for part in (names[:20], names[20:]):
        _send(case, *(_event(f"c-{name}", "click", name, at=NOW) for name in part))
    flagged = [event.event_id for event in _kept(case) if event.record["bot"]]
    assert 0 < len(flagged) <= 15


def test_a_click_after_its_window_is_late(case: Case) -> None:
    """If it were not flagged, nobody would see that the window is too short."""
    shown = NOW - timedelta(hours=3)
    _decide(case, "d1", at=shown)
    _send(case, _event("e1", at=shown), _event("e2", "click", at=NOW))
    assert [event.record["late"] for event in _kept(case)] == [False, True]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"events": []}', 400),
        (b'{"events": [], "more": 1}', 400),
        (
            b'{"events": [{"event_id": "e", "kind": "cost", "decision_id": "d1", "value": NaN}]}',
            400,
        ),
        (b'{"events": [' + b"1," * 1000 + b"1]}", 413),
    ],
)
def test_what_is_no_batch_is_a_problem(case: Case, body: bytes, status: int) -> None:
    """If it were not, a client with a bug would believe that its events were taken."""
    answer = case.ask("POST", "/v1/events", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_scope_is_needed(case: Case) -> None:
    """If it were not, a key that may only look could bend what is learned."""
    assert _send(case, _event("e1"), token=case.key("shop", "read")).status_code == 403


def test_while_the_database_is_down_the_sender_is_told_to_come_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it were not, events would be lost without anybody knowing."""

    def down(*_: object) -> None:
        raise StoreError("the database is gone")

    monkeypatch.setattr(case.parts.intake, "take", down)
    answer = _send(case, _event("e1"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_too_many_batches_at_once_wait(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """If they did not, a flood of events would keep resolve from answering."""
    monkeypatch.setattr(case.parts.intake, "_in_flight", 32)
    assert _send(case, _event("e1")).status_code == 503


def test_events_are_counted(case: Case) -> None:
    """If they were not, a sender whose events are all refused would go unseen."""
    _decide(case, "d1")
    _send(case, _event("e1"), _event("e2", decision="d9"))
    text = case.client.get("/metrics").text
    assert 'kirakat_events_total{kind="impression",outcome="accepted"} 1.0' in text
    assert 'kirakat_events_total{kind="any",outcome="refused"} 1.0' in text
