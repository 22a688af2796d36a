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
from kirakat.errors import ConflictError, KirakatError, StoreError
from kirakat.store.callback_changes import changes_of
from kirakat.store.callbacks import claim_callbacks, due_endpoints, record_callback
from kirakat.store.endpoints import disable_endpoint, get_endpoint
from kirakat.store.records import CallbackRecord
from kirakat.store.states import CallbackState

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
        self._thread = threading.Thread(target=self.run, name="callbacks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End once what is being sent has been answered or given up."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._limits.deadline + 1.0)

    def run(self) -> None:
        """Send until `stop`; the body of the thread."""
        with open_callback_client(self._limits) as client:
            while not self._stopped.is_set():
                try:
                    sent = self.send_due(client)
                except StoreError as error:
                    _log.warning("the database is out of reach: %s", error)
                    sent = 0
                if not sent:
                    self._stopped.wait(self._poll)

    def send_due(self, client: Client) -> int:
        """Send what is due now, a message to each of some endpoints; gives how many events."""
        now = self._clock.now()
        lease_until = now + timedelta(seconds=_LEASE_DEADLINES * self._limits.deadline)
        with self._database.reading() as connection:
            waiting = due_endpoints(connection, now=now, limit=_THREADS)
        if not waiting:
            return 0
        with self._database.writing() as connection:
            batches = [
                claim_callbacks(
                    connection, now=now, lease_until=lease_until,
                    limit=MAX_EVENTS, endpoint_id=endpoint_id,
                )
                for endpoint_id in waiting
            ]  # fmt: skip
            claimed = [record for batch in batches for record in batch]
            changes = changes_of(connection, claimed)
        self._send_all(client, [batch for batch in batches if batch], changes)
        return len(claimed)

    def _send_all(
        self, client: Client, batches: Sequence[Sequence[CallbackRecord]], changes: dict[str, int]
    ) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="callback") as pool:
            for batch in batches:
                pool.submit(self._send, client, batch, changes)

    def _send(
        self, client: Client, batch: Sequence[CallbackRecord], changes: dict[str, int]
    ) -> None:
        try:
            self._note(batch, self._deliver(client, batch, changes))
        except StoreError as error:
            # The lease brings them back.
            _log.warning("callbacks of %s are not noted: %s", batch[0].endpoint_id, error)

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
            for record in batch:
                try:
                    _note_one(connection, record, result, now)
                except ConflictError as error:
                    # Replayed, or the lease ran out: somebody else answers for it.
                    _log.info("%s", error)
            if result.outcome == "disabled":
                disable_endpoint(
                    connection, batch[0].merchant_id, batch[0].endpoint_id,
                    reason="it answered 410 Gone", now=now,
                )  # fmt: skip


def _note_one(
    connection: Connection, record: CallbackRecord, result: DeliveryResult, now: datetime
) -> None:
    state: CallbackState = "delivered"
    again = None
    if result.outcome != "delivered":
        again = next_attempt(
            record.webhook_id,
            attempts=record.attempts,
            failed_at=now,
            retry_after=result.retry_after,
        )
        state = "disabled" if result.outcome == "disabled" else "failed" if again else "dead"
    record_callback(
        connection, record, state=state, code=result.status,
        error="" if state == "delivered" else _reason(result), now=now, next_at=again,
    )  # fmt: skip


def _reason(result: DeliveryResult) -> str:
    return f"{result.detail}: {result.excerpt}" if result.excerpt else result.detail
