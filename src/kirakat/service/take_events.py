"""Take a batch of events: check each against its decision, flag it, write it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from kirakat.bandit.configuration import Policies
from kirakat.bandit.learner.bots import HOUR, clicks_too_often, is_too_quick
from kirakat.bandit.learner.timing import CLOCK_SKEW, Slicing, is_in_window
from kirakat.clock import Clock
from kirakat.errors import KirakatError
from kirakat.service.event_schemas import RefusedEvent, SentEvent, read_one
from kirakat.service.problems import ProblemError
from kirakat.store.database import Database
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.quick_decisions import WrittenDecision, append_written_decisions
from kirakat.store.quick_events import (
    KnownDecision,
    WrittenEvent,
    append_written_events,
    count_clicks,
    known_decisions,
)

UNKNOWN = "unknown decision"
# A decision that comes back in a token after longer than this may be past its retention.
_OLDEST_TOKEN = timedelta(days=30)
# Batches that one process takes at a time; the senders of others come again.
_AT_ONCE = 32
# Seconds after which a decision that is written soon after its answer is there.
_WRITTEN_SOON = 0.2

ReadToken = Callable[[str], tuple[WrittenDecision, WrittenContext]]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a batch."""

    # Kind and whether flagged ("", "late", "bot") of the events that were new.
    accepted: tuple[tuple[str, str], ...]
    duplicates: int
    refused: tuple[RefusedEvent, ...]


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """When a decision was shown, as far as it is known now."""

    at: datetime
    received_at: datetime
    is_stamped: bool


class EventIntake:
    """Events into the ledger; safe to share between threads."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policies: Policies,
        slicing: Slicing,
        *,
        read_token: ReadToken,
        bot_clicks: int,
        waits_for_decisions: bool,
    ) -> None:
        """`waits_for_decisions`: decisions may be written a moment after they were answered."""
        self._database, self._clock = database, clock
        self._policies, self._slicing = policies, slicing
        self._read_token, self._bot_clicks = read_token, bot_clicks
        self._waits = waits_for_decisions
        self._in_flight = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one batch; raises `ProblemError` 503 when there is none. Not for threads."""
        if self._in_flight >= _AT_ONCE:
            raise ProblemError(503, "Too many batches at once.", headers={"Retry-After": "1"})
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def take(self, merchant_id: str, items: Sequence[Any]) -> Taken:
        """Check, flag and append events. Raises `StoreError`; then nothing was written."""
        now = self._clock.now()
        sent, refused = _parted([read_one(index, item, now) for index, item in enumerate(items)])
        tokens, more = self._opened(merchant_id, sent)
        refused += more
        gone = {item.place for item in more}
        sent = [_named(event, tokens) for event in sent if event.place not in gone]
        known = self._known(merchant_id, sent, tokens)
        rows, more = self._rows(merchant_id, sent, known, now)
        with self._database.writing() as connection:
            opened = [tokens[name] for name in sorted(tokens)]
            append_written_decisions(connection, [decision for decision, _ in opened])
            append_written_contexts(connection, [context for _, context in opened])
            new = append_written_events(connection, [row for row, _ in rows])
        refused = sorted([*refused, *more])
        accepted = tuple(
            (row.kind, flag) for row, flag in _first_of_each(rows) if row.event_id in new
        )
        return Taken(
            accepted=accepted, duplicates=len(rows) - len(accepted), refused=tuple(refused)
        )

    def _opened(
        self, merchant_id: str, sent: Sequence[SentEvent]
    ) -> tuple[dict[str, tuple[WrittenDecision, WrittenContext]], list[RefusedEvent]]:
        """The decisions of the tokens, by token."""
        opened: dict[str, tuple[WrittenDecision, WrittenContext]] = {}
        refused = []
        for event in sent:
            if not event.token:
                continue
            try:
                decision, context = opened.get(event.token) or self._read_token(event.token)
            except KirakatError:
                refused.append(RefusedEvent(event.place, event.event_id, "token is not good"))
                continue
            if decision.merchant_id != merchant_id:
                refused.append(RefusedEvent(event.place, event.event_id, UNKNOWN))
            elif decision.at < self._clock.now() - _OLDEST_TOKEN:
                refused.append(RefusedEvent(event.place, event.event_id, "token is too old"))
            elif event.decision_id not in ("", decision.decision_id):
                reason = "token is of another decision"
                refused.append(RefusedEvent(event.place, event.event_id, reason))
            else:
                opened[event.token] = (decision, context)
        return opened, refused

    def _known(
        self,
        merchant_id: str,
        sent: Sequence[SentEvent],
        tokens: dict[str, tuple[WrittenDecision, WrittenContext]],
    ) -> dict[str, KnownDecision]:
        ids = sorted({event.decision_id for event in sent})
        with self._database.reading() as connection:
            known = known_decisions(connection, merchant_id, ids)
        for decision, context in tokens.values():
            known.setdefault(decision.decision_id, _known_from(decision, context))
        missing = [name for name in ids if name not in known]
        if missing and self._waits:
            time.sleep(_WRITTEN_SOON)
            with self._database.reading() as connection:
                known |= known_decisions(connection, merchant_id, missing)
        return known

    def _rows(
        self,
        merchant_id: str,
        sent: Sequence[SentEvent],
        known: dict[str, KnownDecision],
        now: datetime,
    ) -> tuple[list[tuple[WrittenEvent, str]], list[RefusedEvent]]:
        """The rows to write, each with its flag."""
        refused = [
            RefusedEvent(event.place, event.event_id, reason)
            for event in sent
            if (reason := _misfit(event, known.get(event.decision_id)))
        ]
        gone = {item.place for item in refused}
        fitting = [event for event in sent if event.place not in gone]
        shown = _first_shown(fitting, known, now)
        busy = self._busy_units(merchant_id, fitting, known)
        rows = []
        for event in fitting:
            decision = known[event.decision_id]
            times = busy.get(decision.unit, [])
            flag = self._flag(event, decision, shown.get(event.decision_id), times, now)
            rows.append((_row(merchant_id, event, flag, now), flag))
        return rows, refused

    def _busy_units(
        self, merchant_id: str, sent: Sequence[SentEvent], known: dict[str, KnownDecision]
    ) -> dict[str, list[datetime]]:
        """Times of all clicks, those of the batch too, of each unit that clicks in it."""
        clicks: dict[str, list[datetime]] = {}
        for event in sent:
            unit = known[event.decision_id].unit
            if event.kind == "click" and unit:
                clicks.setdefault(unit, []).append(event.at)
        if not clicks:
            return {}
        first = min(min(times) for times in clicks.values())
        last = max(max(times) for times in clicks.values())
        with self._database.reading() as connection:
            before = count_clicks(
                connection, merchant_id, sorted(clicks), start=first - HOUR, end=last
            )
        return {unit: sorted([*before.get(unit, []), *own]) for unit, own in clicks.items()}

    def _flag(
        self,
        event: SentEvent,
        decision: KnownDecision,
        shown: _Shown | None,
        clicks: Sequence[datetime],
        now: datetime,
    ) -> str:
        """ "bot", "late" or nothing; only clicks are flagged."""
        if event.kind != "click":
            return ""
        policy = self._policies.for_category(decision.category)
        if policy.learn_from == "decisions":
            shown = _Shown(at=decision.at, received_at=decision.at, is_stamped=False)
        is_timed = shown is not None and not (shown.is_stamped or event.is_stamped)
        if is_timed and shown and is_too_quick(event.at, shown.at):
            return "bot"
        if clicks_too_often(clicks, [event.at], self._bot_clicks):
            return "bot"
        if shown is None:
            return ""
        start = self._slicing.start_of(shown.received_at)
        is_over = now >= self._slicing.closes(start, policy.reward_window)
        in_window = is_in_window(event.at, shown.at, policy.reward_window)
        return "late" if is_over or not in_window else ""


def _parted(
    read: Sequence[SentEvent | RefusedEvent],
) -> tuple[list[SentEvent], list[RefusedEvent]]:
    sent = [item for item in read if isinstance(item, SentEvent)]
    return sent, [item for item in read if isinstance(item, RefusedEvent)]


def _named(
    event: SentEvent, tokens: dict[str, tuple[WrittenDecision, WrittenContext]]
) -> SentEvent:
    """The event with the decision's id that its token holds."""
    if not event.token:
        return event
    return event._replace(decision_id=tokens[event.token][0].decision_id)


def _known_from(decision: WrittenDecision, context: WrittenContext) -> KnownDecision:
    category = orjson.loads(decision.record).get("category") or ""
    return KnownDecision(
        at=decision.at, category=category, unit=context.unit, shown_at=None,
        shown_received_at=None, is_stamped=False,
    )  # fmt: skip


def _misfit(event: SentEvent, decision: KnownDecision | None) -> str:
    """Why the event does not belong to its decision; empty when it does."""
    if decision is None:
        return UNKNOWN
    if event.at < decision.at - CLOCK_SKEW:
        return "lies before its decision"
    return ""


def _first_shown(
    sent: Sequence[SentEvent], known: dict[str, KnownDecision], now: datetime
) -> dict[str, _Shown]:
    """The impression of each decision that came in first, before this batch or in it."""
    shown: dict[str, _Shown] = {}
    for name in {event.decision_id for event in sent}:
        decision = known[name]
        if decision.shown_at and decision.shown_received_at:
            shown[name] = _Shown(
                at=decision.shown_at,
                received_at=decision.shown_received_at,
                is_stamped=decision.is_stamped,
            )
    for event in sorted(sent, key=lambda item: item.event_id):
        if event.kind == "impression" and event.decision_id not in shown:
            stamped = _Shown(at=event.at, received_at=now, is_stamped=event.is_stamped)
            shown[event.decision_id] = stamped
    return shown


def _row(merchant_id: str, event: SentEvent, flag: str, now: datetime) -> WrittenEvent:
    record: dict[str, Any] = {
        "value": event.value,
        "received_at": now.isoformat(),
        "late": flag == "late",
        "bot": flag == "bot",
    }
    if event.placement:
        record["placement"] = event.placement
    if event.is_stamped:
        record["stamped"] = True
    # Ids are the merchant's own: two merchants may use the same.
    name = f"{merchant_id}:{event.event_id}"
    text = orjson.dumps(record).decode()
    return WrittenEvent(name, merchant_id, event.decision_id, event.kind, text, event.at, now)


def _first_of_each(rows: Sequence[tuple[WrittenEvent, str]]) -> list[tuple[WrittenEvent, str]]:
    """One row of each id, as the database keeps the first."""
    first: dict[str, tuple[WrittenEvent, str]] = {}
    for row, flag in rows:
        first.setdefault(row.event_id, (row, flag))
    return list(first.values())
