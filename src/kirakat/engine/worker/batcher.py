"""Claim renders, make those of a kind together, and hand over what came of them.

Nothing is claimed before the renderer is free, so that what becomes urgent meanwhile is next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.memory import MemoryGuard
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome, Renderer
from kirakat.errors import StoreError

_log = logging.getLogger(__name__)

# Renders that are claimed at once where they are drawn in no time (photos as they are, say).
_QUICK = 16


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a claim that was made."""

    claim: Claim
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Failed:
    """What came of a claim on which, alone, the renderer itself failed."""

    claim: Claim
    error: str


Share = Made | Failed


class Batcher:
    """One thread that owns the renderer; whoever calls it waits until the queue is worked off."""

    def __init__(
        self,
        claim: Callable[[int], list[Claim]],
        renderer: Renderer,
        settle: Callable[[Share], Future[None]],
        options: WorkerOptions,
        *,
        memory: MemoryGuard | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._claim = claim
        self._renderer = renderer
        self._settle = settle
        self._options = options
        self._memory = memory or MemoryGuard(renderer, limit=options.memory_limit)
        self._clock = clock or SystemClock()
        self._callers: list[Future[bool]] = []
        self._changed = threading.Condition()
        self._stopped = False
        # Whether the last look at the queue found nothing.
        self._resting = True
        # What was handed over and is neither published nor put back yet.
        self._unsettled: set[Future[None]] = set()
        # Renders in a batch, as far as memory allows.
        self._size = options.batch_size
        # Whether what was claimed last was drawn in less time than a lone job waits for company.
        self._is_quick = False
        self.batches = 0

    def call(self) -> Future[bool]:
        """Have the queue looked at; the future tells when nothing is due any more.

        It holds False when the batcher was stopped before that, and never an exception.
        """
        answer: Future[bool] = Future()
        with self._changed:
            if self._stopped:
                answer.set_result(False)
            else:
                self._callers.append(answer)
                self._changed.notify_all()
        return answer

    @property
    def is_called(self) -> bool:
        """Whether the queue is being worked off."""
        with self._changed:
            return bool(self._callers)

    def stop(self) -> None:
        """Claim no more; what is being rendered is finished."""
        with self._changed:
            self._stopped = True
            self._answer(list(self._callers), False)
            self._changed.notify_all()

    def run(self) -> None:
        """Serve callers until `stop`; the body of the batcher's thread."""
        while callers := self._wait_for_callers():
            claims = self._claimed()
            if claims:
                self._serve(claims)
            with self._changed:
                self._resting = not claims
                if not claims:
                    self._answer(callers, not self._stopped)

    def _wait_for_callers(self) -> list[Future[bool]]:
        """Who called before the next look at the queue; nobody once stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._callers or self._stopped)
            if self._resting:
                # A lone job waits for company.
                self._changed.wait_for(lambda: self._stopped, self._options.batch_wait)
            return [] if self._stopped else list(self._callers)

    def _answer(self, callers: Sequence[Future[bool]], is_done: bool) -> None:
        """Tell those who still wait; the lock is held."""
        for caller in callers:
            if caller in self._callers:
                self._callers.remove(caller)
                caller.set_result(is_done)

    def _claimed(self) -> list[Claim]:
        """The next batch, once what was drawn before is not too far behind."""
        self._wait_until_settled(2 * self._options.batch_size)
        if 0 < self._options.most_batches <= self.batches:
            return []
        self._size = self._memory.allowed(self._options.batch_size)
        try:
            return self._claim(max(self._size, _QUICK) if self._is_quick else self._size)
        except StoreError:
            _log.exception("no render can be claimed")
            return []

    def _serve(self, claims: list[Claim]) -> None:
        self.batches += 1
        if any(claim.render.attempts > 1 for claim in claims):
            # What may kill the process is drawn when nothing else would die with it.
            self._wait_until_settled(0)
        begin = self._clock.monotonic()
        for start in range(0, len(claims), self._size):
            batch = claims[start : start + self._size]
            self._unsettled |= {self._settle(share) for share in self._make(batch)}
        taken = self._clock.monotonic() - begin
        self._is_quick = taken < self._options.batch_wait

    def _wait_until_settled(self, most: int) -> None:
        """Wait until at most so many shares are unsettled, for two leases at the longest."""
        end = self._clock.monotonic() + 2 * self._options.lease
        self._unsettled = {share for share in self._unsettled if not share.done()}
        while len(self._unsettled) > most:
            left = end - self._clock.monotonic()
            done, self._unsettled = wait(self._unsettled, timeout=left, return_when=FIRST_COMPLETED)
            if not done:
                return

    def _make(self, claims: list[Claim]) -> list[Share]:
        """A share for each claim; a batch that fails is tried again one by one."""
        wanted = [claim for claim in claims if claim.keys]
        idle: list[Share] = [
            Made(claim=claim, outcome=Outcome()) for claim in claims if not claim.keys
        ]
        if not wanted:
            return idle
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
