"""The client that a recommender holds: `resolve` in the request path, the rest beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from kirakat.client.breaker import Breaker
from kirakat.client.cache import CreativeCache
from kirakat.client.errors import CallbackRefusedError, ServiceError
from kirakat.client.events import read_event
from kirakat.client.records import ChangePage, Item, Operation, Resolved
from kirakat.client.resolve_wire import (
    MAX_ITEMS,
    answer_locally,
    read_response,
    write_item,
    write_request,
)
from kirakat.client.send_events import SentEvents, ShopperEvent, send_all

# Bytes of an answer to 100 items several times over; more is not the service.
_MAX_ANSWER = 1_000_000


class Kirakat:
    """One merchant's catalogue at one service; safe to share between threads.

    Close it, or use it as a context manager.
    """

    def __init__(
        self,
        address: str,
        *,
        api_key: str,
        catalog: str = "default",
        budget: float = 0.05,
        timeout: float = 10.0,
        cache: CreativeCache | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """`address` is the service's, such as "https://images.shop.example".

        `budget` is the seconds that `resolve` waits for a connection, and again for the answer;
        `timeout` is the same for every other call.
        What `resolve` finds ready goes into `cache`.
        """
        self._catalog, self._budget, self._cache = catalog, budget, cache
        self._breaker = breaker or Breaker()
        self._timeout = httpx.Timeout(timeout)
        self._http = httpx.Client(
            base_url=address,
            timeout=httpx.Timeout(budget),
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
            follow_redirects=False,
        )

    def __enter__(self) -> Kirakat:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def resolve(
        self,
        items: Sequence[Item],
        *,
        context: Mapping[str, object] | None = None,
        user: str | Mapping[str, object] | None = None,
    ) -> Resolved:
        """What to show for each of up to 100 items; it is quick, and never raises.

        Whatever goes wrong, the offers' own `image_link` is answered, `reason` and `failure`
        say why, and `logged` is False: such an impression is shown, and not learned from.
        `user` is the shopper's id (a pseudonym, never a name or an address), or an object with
        `id`, `consent` and `features`.
        """
        if len(items) > MAX_ITEMS:
            return answer_locally(items, f"more than {MAX_ITEMS} items in one call")
        try:
            body = write_request(self._catalog, items, context, user)
        except (TypeError, ValueError, RecursionError) as error:
            return answer_locally(items, f"request: {error}")
        if not self._breaker.lets_through():
            return answer_locally(items, "the service failed repeatedly; asking again soon")
        mark = self._cache.mark() if self._cache is not None else 0
        resolved = self._ask(items, body)
        self._keep_ready(resolved, mark)
        return resolved

    def generate(self, item: Item) -> Operation:
        """Have one creative made without showing anything: `POST /v1/generations`.

        Raises `ServiceError`, as all calls beside `resolve` do.
        """
        body = {"catalog": self._catalog, **write_item(item)}
        return _operation(self._call("POST", "/v1/generations", json=body))

    def operation(self, key: str) -> Operation:
        """How far the work on `key` is."""
        return _operation(self._call("GET", f"/v1/operations/{quote(key, safe='')}"))

    def cancel(self, key: str) -> Operation:
        """Stop the work on `key`, unless it is done."""
        return _operation(self._call("POST", f"/v1/operations/{quote(key, safe='')}:cancel"))

    def changes(self, since: int | None = None, limit: int = 1000) -> ChangePage:
        """What became ready, was rejected or retired after `since`, oldest first.

        Without `since` there is nothing but the feed's end in `next`, to start from.
        """
        asked = {"limit": limit} if since is None else {"since": since, "limit": limit}
        return _change_page(self._call("GET", "/v1/changes", params=asked))

    def send_events(self, events: Sequence[ShopperEvent], *, patience: float = 60.0) -> SentEvents:
        """Report impressions, clicks, conversions and costs: `POST /v1/events`.

        In batches, each tried again for `patience` seconds while the service is away. Sending an
        event twice counts it once. Raises `EventsNotSentError` with what is left to send.
        """
        return send_all(events, self._post_events, patience=patience)

    def _post_events(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._call("POST", "/v1/events", json=body)

    def _ask(self, items: Sequence[Item], body: bytes) -> Resolved:
        try:
            resolved = read_response(items, self._post_within_budget(body))
        # RuntimeError: the client was closed.
        except (httpx.HTTPError, httpx.InvalidURL, ServiceError, RuntimeError) as error:
            return self._failed(items, error)
        except (ValueError, RecursionError) as error:
            return self._failed(items, error)
        self._breaker.succeeded()
        return resolved

    def _failed(self, items: Sequence[Item], error: Exception) -> Resolved:
        self._breaker.failed()
        if isinstance(error, httpx.TimeoutException):
            return answer_locally(items, f"no answer within {self._budget * 1000:g} ms")
        return answer_locally(items, f"{type(error).__name__}: {error}")

    def _post_within_budget(self, body: bytes) -> bytes:
        end = time.monotonic() + self._budget
        kept = bytearray()
        with self._http.stream(
            "POST",
            "/v1/creatives:resolve",
            content=body,
            headers={"Content-Type": "application/json"},
        ) as response:
            if response.status_code != 200:
                raise ServiceError(f"answered {response.status_code}")
            for piece in response.iter_bytes():
                kept += piece
                if len(kept) > _MAX_ANSWER:
                    raise ServiceError(f"answered more than {_MAX_ANSWER} bytes")
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("the answer trickles")
        return bytes(kept)

    def _keep_ready(self, resolved: Resolved, mark: int) -> None:
        if self._cache is None:
            return
        for answer in resolved.items:
            if answer.status == "ready" and answer.key:
                self._cache.put(answer.key, answer.image_url, mark=mark)

    def _call(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        try:
            response = self._http.request(method, path, timeout=self._timeout, **options)
            value = json.loads(response.content) if response.content else None
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise ServiceError(f"{method} {path}: {type(error).__name__} {error}") from error
        if not response.is_success:
            title = value.get("title", "") if isinstance(value, dict) else ""
            raise ServiceError(
                f"{method} {path}: answered {response.status_code} {title}".strip(),
                status=response.status_code,
                problem=value,
            )
        if not isinstance(value, dict):
            raise ServiceError(f"{method} {path}: answered no JSON object")
        return value


def _operation(value: Mapping[str, Any]) -> Operation:
    name, done = value.get("name"), value.get("done")
    if not isinstance(name, str) or not isinstance(done, bool):
        raise ServiceError("the answer is no operation")
    return Operation(
        name=name,
        done=done,
        metadata=value.get("metadata") or {},
        response=value.get("response"),
        error=value.get("error"),
    )


def _change_page(value: Mapping[str, Any]) -> ChangePage:
    changes, following = value.get("changes"), value.get("next")
    if not isinstance(changes, list) or not isinstance(following, int):
        raise ServiceError("the answer is no page of changes")
    try:
        events = [read_event(change) for change in changes]
    except CallbackRefusedError as error:
        raise ServiceError(f"the answer is no page of changes: {error}") from error
    return ChangePage(
        changes=tuple(event for event in events if event is not None),
        next=following,
        more=value.get("more") is True,
    )
