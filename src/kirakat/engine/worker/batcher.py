"""Gather tickets, claim renders for them, and make those of a kind together.

Nothing is claimed before the renderer is free, so that what becomes urgent meanwhile is next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.memory import MemoryGuard
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome, Renderer
from kirakat.errors import StoreError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a ticket gets when its render was made."""

    claim: Claim
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What a ticket gets when the renderer itself failed on its render alone."""

    claim: Claim
    error: str


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """What a ticket gets when there is nothing to do for it."""

    # Whether the worker stops, so that somebody else must run such a ticket.
    stopped: bool = False


Share = Made | Failed | Nothing


class Batcher:
    """One thread that owns the renderer; tickets wait for their share of its work."""

    def __init__(
        self,
        claim: Callable[[Sequence[str]], list[Claim]],
        renderer: Renderer,
        options: WorkerOptions,
        *,
        memory: MemoryGuard | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._claim = claim
        self._renderer = renderer
        self._options = options
        self._memory = memory or MemoryGuard(renderer, limit=options.memory_limit)
        self._clock = clock or SystemClock()
        self._waiting: list[tuple[str, Future[Share]]] = []
        self._changed = threading.Condition()
        self._stopped = False
        # Shares that were handed out and are not yet published or put back.
        self._unsettled = 0
        self.batches = 0

    def submit(self, ticket: str) -> Future[Share]:
        """Wait in line; the future never holds an exception."""
        share: Future[Share] = Future()
        with self._changed:
            if self._stopped:
                share.set_result(Nothing(stopped=True))
            else:
                self._waiting.append((ticket, share))
                self._changed.notify_all()
        return share

    def stop(self) -> None:
        """Claim no more; what is being rendered is finished, who waits gets nothing."""
        with self._changed:
            self._stopped = True
            for _, share in self._waiting:
                share.set_result(Nothing(stopped=True))
            self._waiting.clear()
            self._changed.notify_all()

    def settled(self, share: Share) -> None:
        """Hear that what came of a share is written, or lost."""
        if not isinstance(share, Nothing):
            with self._changed:
                self._unsettled -= 1
                self._changed.notify_all()

    def run(self) -> None:
        """Serve tickets until `stop`; the body of the batcher's thread."""
        while batch := self._gather():
            self._serve(batch)

    def _gather(self) -> list[tuple[str, Future[Share]]]:
        """The tickets of the next batch; none once stopped."""
        size = self._memory.allowed(self._options.batch_size)
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopped)
            end = self._clock.monotonic() + self._options.batch_wait
            while len(self._waiting) < size and not self._stopped:
                left = end - self._clock.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return batch

    def _serve(self, batch: Sequence[tuple[str, Future[Share]]]) -> None:
        shares = dict(batch)
        try:
            claims = self._claim([ticket for ticket, _ in batch])
        except StoreError:
            _log.exception("no render can be claimed")
            claims = []
        self._dismiss(batch, claims)
        self.batches += bool(claims)
        if any(claim.render.attempts > 1 for claim in claims):
            self._wait_until_settled()
        for share in self._make(claims) if claims else []:
            with self._changed:
                self._unsettled += 1
            shares[share.claim.ticket].set_result(share)

    def _wait_until_settled(self) -> None:
        """What may kill the process is drawn when nothing else would die with it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._unsettled, timeout=self._options.lease)

    def _dismiss(self, batch: Sequence[tuple[str, Future[Share]]], claims: Sequence[Claim]) -> None:
        """Tickets without a claim try again when there were some, and are used up otherwise."""
        held = {claim.ticket for claim in claims}
        left = [(ticket, share) for ticket, share in batch if ticket not in held]
        with self._changed:
            if claims and not self._stopped:
                self._waiting = left + self._waiting
                return
        for _, share in left:
            share.set_result(Nothing(stopped=self._stopped))

    def _make(self, claims: list[Claim]) -> list[Made | Failed]:
        """A share for each claim; a batch that fails is tried again one by one."""
        wanted = [claim for claim in claims if claim.keys]
        idle = [Made(claim=claim, outcome=Outcome()) for claim in claims if not claim.keys]
        if not wanted:
            return [*idle]
        try:
            begin = self._clock.monotonic()
            outcomes = self._renderer.render(wanted)
            _log.info("%d renders made in %.1f s", len(wanted), self._clock.monotonic() - begin)
        except Exception as error:  # noqa: BLE001  whatever a model raises, the others go on
            if len(wanted) > 1:
                _log.warning("a batch of %d failed and is split: %s", len(wanted), error)
                return [*idle, *(share for claim in wanted for share in self._make([claim]))]
            _log.warning("render %s failed", wanted[0].render.render_id, exc_info=True)
            reason = f"{type(error).__name__}: {error}"
            return [*idle, Failed(claim=wanted[0], error=reason)]
        pairs = zip(wanted, outcomes, strict=True)
        return [*idle, *(Made(claim=claim, outcome=outcome) for claim, outcome in pairs)]
