"""Write buffered keys and decisions to the database, many in one transaction."""

from __future__ import annotations

import time
from dataclasses import replace

from kirakat.clock import Clock
from kirakat.engine.port.engine import Engine
from kirakat.errors import KirakatError
from kirakat.service.creative_cache import NOT_SHOWN, CreativeCache
from kirakat.service.decision_log import DecisionLog, write_logged
from kirakat.service.demand import Demand, Wanted
from kirakat.service.generation import Generation
from kirakat.service.plans import ask_of
from kirakat.service.request_making import QueueDownError, request_making
from kirakat.store.database import Database
from kirakat.store.merchants import ensure_merchant, read_epoch
from kirakat.store.records import Ask

# Few: SQLite's lock is held meanwhile, and decisions wait for it.
_KEYS_AT_ONCE = 40
_DECISIONS_AT_ONCE = 200
# Pause between two transactions, in times what the last one took; and the longest, in seconds.
_PAUSE, _MAX_PAUSE = 2.0, 0.1


class Flusher:
    """Empties the buffers; one thread at a time."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        generation: Generation,
        creatives: CreativeCache,
        demand: Demand,
        decisions: DecisionLog,
        clock: Clock,
    ) -> None:
        self._database, self._engine, self._generation = database, engine, generation
        self._creatives, self._demand, self._decisions = creatives, demand, decisions
        self._clock = clock
        # Keys that the database refuses although it works.
        self.refused = 0

    def flush(self) -> None:
        """Write everything that waits, a little at a time and with pauses.

        In those, answers have Python's lock and others the database's. Raises `KirakatError`
        when the database or the engine is down; nothing is lost by that.
        """
        while len(self._demand) or len(self._decisions):
            began = time.perf_counter()
            self._write_some()
            time.sleep(min(_PAUSE * (time.perf_counter() - began), _MAX_PAUSE))

    def _write_some(self) -> None:
        wanted = self._demand.take(_KEYS_AT_ONCE)
        if wanted:
            self._write_keys(wanted)
        decisions = self._decisions.take(_DECISIONS_AT_ONCE)
        if decisions:
            try:
                with self._database.writing() as connection:
                    write_logged(connection, decisions)
            except KirakatError:
                self._decisions.give_back(decisions)
                raise

    def _write_keys(self, wanted: list[Wanted]) -> None:
        try:
            self._write(wanted)
        except QueueDownError:
            self._demand.give_back(wanted)
            raise
        except KirakatError:
            if not self._works():
                self._demand.give_back(wanted)
                raise
            self._write_apart(wanted)

    def _write_apart(self, wanted: list[Wanted]) -> None:
        """One by one: a single key that cannot be written is dropped and holds up no other."""
        for number, item in enumerate(wanted):
            try:
                self._write([item])
            except QueueDownError:
                self._demand.give_back(wanted[number:])
                raise
            except KirakatError:
                self.refused += 1

    def _write(self, wanted: list[Wanted]) -> None:
        now = self._clock.now()
        by_merchant: dict[str, list[Ask]] = {}
        for item in wanted:
            one = ask_of(item.plan, item.candidate, self._generation)
            one = replace(one, trace=item.trace) if item.trace else one
            by_merchant.setdefault(one.merchant_id, []).extend([one] * item.asked)
        revived = {item.candidate.key for item in wanted if item.revive}
        outcomes = []
        with self._database.writing() as connection:
            for merchant_id, asks in sorted(by_merchant.items()):
                ensure_merchant(connection, merchant_id, now=now)
                outcomes += request_making(
                    self._engine, connection, asks, revived, reason=NOT_SHOWN, now=now
                )
        self._demand.written(wanted)
        for outcome in outcomes:
            is_expected = outcome.state in ("requested", "rendering")
            if not is_expected or outcome.key in revived:
                # Something happened to it that the cache did not know: it is read again.
                self._creatives.drop(outcome.key)

    def _works(self) -> bool:
        try:
            with self._database.reading() as connection:
                read_epoch(connection, "")
        except KirakatError:
            return False
        return True
