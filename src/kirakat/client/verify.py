"""Callbacks in: verified, read, and each event taken once."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kirakat.client.cache import CreativeCache
from kirakat.client.errors import CallbackRefusedError
from kirakat.client.events import CreativeEvent, read_event

# The type of a callback that holds several events.
_BATCH_TYPE = "creative.batch"


@dataclass(frozen=True, kw_only=True)
class Callback:
    """One verified POST."""

    webhook_id: str
    # Without those of a type that this version does not know.
    events: tuple[CreativeEvent, ...]


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Callback:
    """The callback, if any of `secrets` ("whsec_...") signed it within five minutes of now.

    `body` is the request's bytes as they came: parsing and writing them again changes them.
    Raises `CallbackRefusedError` for everything else; answer such a request with 400.
    """
    _check_signature(headers, body, secrets)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CallbackRefusedError("the body is no JSON") from error
    if not isinstance(value, dict):
        raise CallbackRefusedError("the body is no JSON object")
    webhook_id = {name.lower(): text for name, text in headers.items()}["webhook-id"]
    read = (read_event(one) for one in _events_of(value))
    return Callback(
        webhook_id=webhook_id, events=tuple(event for event in read if event is not None)
    )


def _check_signature(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
    from standardwebhooks import Webhook, WebhookVerificationError

    reason: Exception | None = None
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        # The package raises ValueError for a signature or body that it cannot even read.
        except (WebhookVerificationError, ValueError) as error:
            reason = error
        else:
            return
    raise CallbackRefusedError(
        f"the signature is not good: {reason or 'no secret given'}"
    ) from reason


def _events_of(value: Mapping[str, object]) -> list[object]:
    if value.get("type") != _BATCH_TYPE:
        return [value]
    data = value.get("data")
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list):
        raise CallbackRefusedError("a batch without events", field="events")
    return events


class Inbox:
    """What a callback endpoint calls: verifies, drops duplicates, keeps the cache right."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        cache: CreativeCache | None = None,
        remember: int = 100_000,
    ) -> None:
        self._secrets, self._cache, self._remember = tuple(secrets), cache, remember
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def receive(self, headers: Mapping[str, str], body: bytes) -> tuple[CreativeEvent, ...]:
        """The events that are new, already in the cache; answer 204 once they are dealt with.

        When dealing with them fails, `forget` them and answer 500: they are sent again.
        Raises `CallbackRefusedError` as `verify` does.
        """
        callback = verify(headers, body, self._secrets)
        with self._lock:
            fresh = tuple(
                event
                for event in {event.event_id: event for event in callback.events}.values()
                if event.event_id not in self._seen
            )
            if self._cache is not None:
                self._cache.apply(fresh)
            self._seen.update((event.event_id, None) for event in fresh)
            while len(self._seen) > self._remember:
                self._seen.popitem(last=False)
        return fresh

    def forget(self, events: Iterable[CreativeEvent]) -> None:
        """Take these events again when they are sent again."""
        with self._lock:
            for event in events:
                self._seen.pop(event.event_id, None)
