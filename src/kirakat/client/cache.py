"""Key to address of the ready creative: bounded, dated, and kept right by callbacks."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kirakat.client.events import CreativeEvent
from kirakat.client.records import ChangePage
from kirakat.client.sequence import Sequence


@dataclass(frozen=True, kw_only=True)
class _Entry:
    url: str
    # Reading of the monotonic clock.
    expires: float


@dataclass(frozen=True, kw_only=True)
class _Known:
    """The newest that was heard of a key."""

    change: int
    # How many changes had been heard of in all by then.
    heard: int


class CreativeCache:
    """What is ready, by key; safe to share between threads.

    It holds addresses, not decisions: which creative an impression shows is decided by
    `resolve`, or from a snapshot. Callbacks may come late, twice, in any order or never:
    an older one never undoes a newer one, and what never came is read from the change feed.
    An entry that no callback dropped goes after `ttl` seconds all the same.
    """

    def __init__(
        self,
        *,
        size: int = 100_000,
        ttl: float = 24 * 3600.0,
        patience: float = 5.0,
        cursor: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience` is how many seconds a callback may be overtaken before it counts as lost.

        `cursor` is where reading the feed starts: 0 reads everything that ever became ready.
        """
        self._size, self._ttl, self._patience = size, ttl, patience
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        # The newest of what was forgotten for lack of space: an event that is older may be
        # older than one that is no longer known, so it cannot make anything ready.
        self._forgotten = _Known(change=0, heard=0)
        self._heard = 0
        self._sequence = Sequence(cursor)
        self._gap_since: float | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def cursor(self) -> int:
        """Everything up to this change is in the cache; keep it to start from next time."""
        with self._lock:
            return self._sequence.cursor

    def url(self, key: str) -> str | None:
        """Where the ready creative of `key` is, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.expires <= self._monotonic():
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return entry.url

    def mark(self) -> int:
        """A point in time for `put`; take it before asking the service."""
        with self._lock:
            return self._heard

    def put(self, key: str, url: str, *, mark: int) -> bool:
        """Keep what the service answered to a question asked at `mark`.

        Returns False, and keeps nothing, when something was heard of the key since: the answer
        may be older than that.
        """
        with self._lock:
            if self._known.get(key, self._forgotten).heard > mark:
                return False
            self._keep(key, url)
            return True

    def apply(self, events: Iterable[CreativeEvent]) -> None:
        """Take over what callbacks say, in whatever order they came."""
        with self._lock:
            for event in events:
                self._take(event)
                self._sequence.came(event.sequence, event.change)
            self._watch_gap()

    def needs_healing(self) -> bool:
        """Whether a callback has been missing for longer than `patience`."""
        with self._lock:
            since = self._gap_since
            return since is not None and self._monotonic() - since >= self._patience

    def heal(self, changes: Callable[[int], ChangePage]) -> int:
        """Read the feed from the cursor to its end; returns how many changes were read.

        `changes` is `Kirakat.changes`; what it raises comes through, and what was read until
        then is kept.
        """
        read, more = 0, True
        while more:
            since = self.cursor
            page = changes(since)
            with self._lock:
                for event in page.changes:
                    self._take(event)
                self._sequence.read_up_to(page.next)
                self._watch_gap()
            read += len(page.changes)
            # A page that leads nowhere would be asked for without end.
            more = page.more and page.next > since
        return read

    def _take(self, event: CreativeEvent) -> None:
        known = self._known.get(event.key)
        newest = (known or self._forgotten).change
        if event.change <= self._sequence.cursor or (known and event.change <= newest):
            return
        self._heard += 1
        self._remember(event.key, _Known(change=max(event.change, newest), heard=self._heard))
        if event.type != "creative.ready" or event.image_url is None:
            self._entries.pop(event.key, None)
        elif event.change > newest:
            self._keep(event.key, event.image_url)

    def _keep(self, key: str, url: str) -> None:
        self._entries[key] = _Entry(url=url, expires=self._monotonic() + self._ttl)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def _remember(self, key: str, known: _Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > self._size:
            _, oldest = self._known.popitem(last=False)
            self._forgotten = _Known(
                change=max(self._forgotten.change, oldest.change),
                heard=max(self._forgotten.heard, oldest.heard),
            )

    def _watch_gap(self) -> None:
        if not self._sequence.has_gap:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = self._monotonic()
