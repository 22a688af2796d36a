"""Send the callbacks that are due, by the published schedule, beside whatever is rendered.

The rows are the queue: claiming one counts its try and leases it, so that what a dead sender
had claimed is due again by itself. What is due at one endpoint goes in one message. Every try
carries the same event ids, by which receivers drop what arrives twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kirakat import tracing
from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.callback_message import ImageUrl, endpoint_of, message_of
from kirakat.engine.worker.webhooks.deliver import (
    DeliveryLimits,
    DeliveryResult,
    deliver,
    open_callback_client,
)
from kirakat.engine.worker.webhooks.payload import MAX_EVENTS
from kirakat.engine.worker.webhooks.schedule import next_attempt
from kirakat.errors import KirakatError, StoreError
from kirakat.store.callback_changes import changes_of
from kirakat.store.callbacks import claim_callbacks, due_endpoints, record_callbacks
from kirakat.store.endpoints import disable_endpoint, get_endpoint
from kirakat.store.records import CallbackRecord
from kirakat.store.states import CallbackState
from kirakat.store.traces import traces_of

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from ssrfguard.httpx import Client

    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

# Endpoints that are called side by side.
_THREADS = 8
# Longer than a message can take, so that only what a dead sender held is sent again.
_LEASE_DEADLINES = 2.0


class CallbackSender:
    """A thread that claims what is due, and some that send it."""

    def __init__(
        self,
        database: Database,
        image_url: ImageUrl,
        *,
        limits: DeliveryLimits | None = None,
        poll: float = 0.5,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._image_url = image_url
        self._limits = limits or DeliveryLimits()
        self._poll = poll
        self._clock = clock or SystemClock()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        # Endpoints that are being called.
        self._called: set[str] = set()
        self._thread = threading.Thread(target=self.run, name="callbacks", daemon=True)

    def start(self, clock: Clock | None = None) -> None:
        """Begin, by a worker's `clock` where there is one."""
        self._clock = clock or self._clock
        self._thread.start()

    def stop(self) -> None:
        """End once what is being sent has been answered or given up."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._limits.deadline + 1.0)

    def run(self) -> None:
        """Send until `stop`; the body of the thread."""
        with open_callback_client(self._limits) as client, _threads() as pool:
            while not self._stopped.is_set():
                try:
                    begun = self._begin_due(client, pool)
                except StoreError as error:
                    _log.warning("the database is out of reach: %s", error)
                    begun = 0
                if not begun:
                    self._stopped.wait(self._poll)

    def send_due(self, client: Client) -> int:
        """Send what is due now, a message to each of some endpoints; gives how many events."""
        with _threads() as pool:
            return self._begin_due(client, pool)

    def _begin_due(self, client: Client, pool: ThreadPoolExecutor) -> int:
        """Claim what is due at endpoints that are not being called, and have it sent.

        One that answers slowly keeps its own callbacks waiting and nobody else's.
        """
        with self._lock:
            called = set(self._called)
        if len(called) >= _THREADS:
            return 0
        now = self._clock.now()
        with self._database.reading() as connection:
            waiting = due_endpoints(connection, now=now, limit=_THREADS - len(called), skip=called)
        if not waiting:
            return 0
        with self._database.writing() as connection:
            batches = [self._claim(connection, endpoint_id, now) for endpoint_id in waiting]
            claimed = [record for batch in batches for record in batch]
            changes = changes_of(connection, claimed)
        with self._lock:
            self._called |= set(waiting)
        for endpoint_id, batch in zip(waiting, batches, strict=True):
            pool.submit(self._send, client, endpoint_id, batch, changes)
        return len(claimed)

    def _claim(
        self, connection: Connection, endpoint_id: str, now: datetime
    ) -> list[CallbackRecord]:
        lease = timedelta(seconds=_LEASE_DEADLINES * self._limits.deadline)
        return claim_callbacks(
            connection, now=now, lease_until=now + lease, limit=MAX_EVENTS, endpoint_id=endpoint_id
        )

    def _send(
        self,
        client: Client,
        endpoint_id: str,
        batch: Sequence[CallbackRecord],
        changes: dict[str, int],
    ) -> None:
        try:
            if batch:
                begin = self._clock.monotonic()
                result = self._deliver(client, batch, changes)
                self._note(batch, result)
                self._trace(batch, result, self._clock.monotonic() - begin)
        except StoreError as error:
            # The lease brings them back.
            _log.warning("callbacks of %s are not noted: %s", endpoint_id, error)
        finally:
            with self._lock:
                self._called.discard(endpoint_id)

    def _deliver(
        self, client: Client, batch: Sequence[CallbackRecord], changes: dict[str, int]
    ) -> DeliveryResult:
        with self._database.reading() as connection:
            endpoint = get_endpoint(connection, batch[0].merchant_id, batch[0].endpoint_id)
        try:
            message = message_of(batch, changes, self._image_url)
            return deliver(
                client, endpoint_of(endpoint), message, limits=self._limits, clock=self._clock
            )
        except StoreError:
            raise
        except KirakatError as error:
            # A broken secret: a person mends it, and the schedule goes on meanwhile.
            return DeliveryResult(outcome="retry", status=None, detail=str(error))

    def _note(self, batch: Sequence[CallbackRecord], result: DeliveryResult) -> None:
        now = self._clock.now()
        with self._database.writing() as connection:
            held = _note_all(connection, batch, result, now)
            if result.outcome == "disabled":
                disable_endpoint(
                    connection, batch[0].merchant_id, batch[0].endpoint_id,
                    reason="it answered 410 Gone", now=now,
                )  # fmt: skip
        if held < len(batch):
            # Replayed, or the lease ran out: somebody else answers for those.
            _log.info("%d callbacks were taken over", len(batch) - held)

    def _trace(
        self, batch: Sequence[CallbackRecord], result: DeliveryResult, seconds: float
    ) -> None:
        """A span for each event, in the trace of whoever asked for it."""
        if not tracing.is_on():
            return
        with self._database.reading() as connection:
            keys = [record.key for record in batch]
            traces = traces_of(connection, batch[0].merchant_id, keys)
        for record in batch:
            attributes: dict[str, str | int] = {
                "kirakat.event": record.event,
                "kirakat.key": record.key,
                "http.response.status_code": result.status or 0,
            }
            tracing.record(
                "callback", parent=traces.get(record.key, ""), seconds=seconds, kind="CLIENT",
                attributes=attributes,
                error="" if result.outcome == "delivered" else _reason(result),
            )  # fmt: skip


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="callback")


def _note_all(
    connection: Connection, batch: Sequence[CallbackRecord], result: DeliveryResult, now: datetime
) -> int:
    """Write what came of a message to all its callbacks; gives how many were still held."""
    if result.outcome in ("delivered", "disabled"):
        state: CallbackState = "delivered" if result.outcome == "delivered" else "disabled"
        error = "" if state == "delivered" else _reason(result)
        return record_callbacks(
            connection, batch, state=state, code=result.status, error=error, now=now
        )
    again = {
        record.webhook_id: next_attempt(
            record.webhook_id,
            attempts=record.attempts,
            failed_at=now,
            retry_after=result.retry_after,
        )
        for record in batch
    }
    times = {name: at for name, at in again.items() if at is not None}
    ended = [record for record in batch if record.webhook_id not in times]
    going = [record for record in batch if record.webhook_id in times]
    reason, code = _reason(result), result.status
    return record_callbacks(
        connection, ended, state="dead", code=code, error=reason, now=now
    ) + record_callbacks(
        connection, going, state="failed", code=code, error=reason, now=now, next_at=times
    )


def _reason(result: DeliveryResult) -> str:
    return f"{result.detail}: {result.excerpt}" if result.excerpt else result.detail
