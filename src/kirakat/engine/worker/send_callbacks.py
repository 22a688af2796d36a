"""Send the callbacks that are due, by the published schedule, beside whatever is rendered.

The rows are the queue: claiming one counts its try and leases it, so that what a dead sender
had claimed is due again by itself. Every try carries the same webhook-id, by which receivers
drop what arrives twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.callback_message import ImageUrl, endpoint_of, message_of
from kirakat.engine.worker.webhooks.deliver import (
    DeliveryLimits,
    DeliveryResult,
    deliver,
    open_callback_client,
)
from kirakat.engine.worker.webhooks.schedule import next_attempt
from kirakat.errors import ConflictError, KirakatError, StoreError
from kirakat.store.callback_changes import changes_of
from kirakat.store.callbacks import claim_callbacks, record_callback
from kirakat.store.endpoints import disable_endpoint, get_endpoint
from kirakat.store.records import CallbackRecord

if TYPE_CHECKING:
    from ssrfguard.httpx import Client

    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

# Callbacks that are sent side by side.
_THREADS = 8
_BATCH = 64


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
        """Send what is due now, up to a batch; gives how many were tried."""
        now = self._clock.now()
        # Twice the time that all of a batch may take one after the other.
        lease = timedelta(seconds=2 * self._limits.deadline * _BATCH / _THREADS)
        with self._database.writing() as connection:
            claimed = claim_callbacks(connection, now=now, lease_until=now + lease, limit=_BATCH)
            changes = changes_of(connection, claimed)
        if claimed:
            self._send_all(client, claimed, changes)
        return len(claimed)

    def _send_all(
        self, client: Client, claimed: Sequence[CallbackRecord], changes: dict[str, int]
    ) -> None:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="callback") as pool:
            for record in claimed:
                pool.submit(self._send, client, record, changes[record.webhook_id])

    def _send(self, client: Client, record: CallbackRecord, change: int) -> None:
        try:
            self._note(record, self._deliver(client, record, change))
        except ConflictError as error:
            # Its endpoint was disabled, or the lease ran out: somebody else answers for it.
            _log.info("%s", error)
        except StoreError as error:
            # The lease brings it back.
            _log.warning("callback %s could not be noted: %s", record.webhook_id, error)

    def _deliver(self, client: Client, record: CallbackRecord, change: int) -> DeliveryResult:
        with self._database.reading() as connection:
            endpoint = get_endpoint(connection, record.merchant_id, record.endpoint_id)
        try:
            message = message_of(record, change, self._image_url)
            return deliver(
                client, endpoint_of(endpoint), message, limits=self._limits, clock=self._clock
            )
        except StoreError:
            raise
        except KirakatError as error:
            # A broken secret: a person mends it, and the schedule goes on meanwhile.
            return DeliveryResult(outcome="retry", status=None, detail=str(error))

    def _note(self, record: CallbackRecord, result: DeliveryResult) -> None:
        now = self._clock.now()
        again = next_attempt(
            record.webhook_id,
            attempts=record.attempts,
            failed_at=now,
            retry_after=result.retry_after,
        )
        with self._database.writing() as connection:
            if result.outcome == "delivered":
                record_callback(
                    connection, record, state="delivered", code=result.status, error="", now=now
                )
                return
            gone = result.outcome == "disabled"
            record_callback(
                connection,
                record,
                state="disabled" if gone else "failed" if again else "dead",
                code=result.status,
                error=_reason(result),
                now=now,
                next_at=again,
            )
            if gone:
                disable_endpoint(
                    connection, record.merchant_id, record.endpoint_id,
                    reason="it answered 410 Gone", now=now,
                )  # fmt: skip


def _reason(result: DeliveryResult) -> str:
    return f"{result.detail}: {result.excerpt}" if result.excerpt else result.detail
