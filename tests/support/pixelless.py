"""A renderer without pixels: tiny deterministic bytes, a log of what it was asked, and faults."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kirakat.engine.worker.renderer import Claim, Failure, Outcome, Picture
from kirakat.errors import ModelError, StoreError
from kirakat.hashing import digest
from kirakat.store.blobs import Blobs
from kirakat.store.records import CreativeRecord
from kirakat.types import Verdict


@dataclass
class PixellessRenderer:
    """Makes `digest(key, draw)` of every key; titles of offers say what goes wrong.

    A title with "poison" raises, "killer" kills the process, "blurred" is for review, "ugly"
    is rejected, "bodiless" fails for good, "hungry" runs out of memory in company. Recipes of
    another version than `recipe_version` are for other workers.
    """

    # One line a render, appended: render id, round and try.
    log: Path | None = None
    # Seconds that a batch takes.
    seconds: float = 0.0
    recipe_version: int = 1
    batches: list[int] = field(default_factory=list)
    unloaded: int = 0

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """One outcome for each claim."""
        recipe = claims[0].render.recipe
        if recipe.version != self.recipe_version:
            return [Outcome(unfit=f"{recipe.label} is not known here")] * len(claims)
        self.batches.append(len(claims))
        time.sleep(self.seconds)
        for claim in claims:
            self._act_up(claim, len(claims))
        if self.log is not None:
            lines = [_line(claim) for claim in claims]
            _append(self.log, "".join(lines))
        return [_outcome(claim) for claim in claims]

    def unload(self) -> None:
        """Count it."""
        self.unloaded += 1

    def _act_up(self, claim: Claim, together: int) -> None:
        title = claim.render.offer.title
        if "killer" in title:
            os.kill(os.getpid(), signal.SIGKILL)
        if "poison" in title:
            raise ModelError(f"cannot draw {title}")
        if "hungry" in title and together > 1:
            raise MemoryError("no memory for a batch")


class FaultyBlobs(Blobs):
    """Blobs that do something when the n-th is put: `act` before or after it is stored."""

    def __init__(self, inner: Blobs, *, at: int, before: bool, act: object) -> None:
        super().__init__(inner._store)
        self._count = 0
        self._at = at
        self._before = before
        self._act = act

    def put(self, data: bytes) -> str:
        """Keep bytes, with the fault."""
        self._count += 1
        now = self._count == self._at and callable(self._act)
        if now and self._before:
            self._act()  # type: ignore[operator]
        sha256 = super().put(data)
        if now and not self._before:
            self._act()  # type: ignore[operator]
        return sha256


class SickBlobs(Blobs):
    """Blobs that are away from the `first` to the `last` put: an error, or seconds of silence."""

    def __init__(self, inner: Blobs, *, first: int, last: int, seconds: float) -> None:
        super().__init__(inner._store)
        self._count = 0
        self._first, self._last, self._seconds = first, last, seconds

    def put(self, data: bytes) -> str:
        """Keep bytes, when it is well."""
        self._count += 1
        if self._first <= self._count <= self._last:
            time.sleep(self._seconds)
            raise StoreError("the blob store is away")
        return super().put(data)


class TroubledBlobs(Blobs):
    """Blobs that fail while a file is there, in the way that it says.

    "error", "timeout" (the same, slowly) or "picture" (they refuse what the renderer made).
    """

    def __init__(self, inner: Blobs, trouble: Path) -> None:
        super().__init__(inner._store)
        self._trouble = trouble

    def put(self, data: bytes) -> str:
        """Keep bytes, when there is no trouble."""
        if self._trouble.exists():
            kind = self._trouble.read_text()
            if kind == "timeout":
                time.sleep(0.3)
            if kind == "picture" and not data.isalnum():
                return super().put(data)
            raise StoreError(f"the blob store fails: {kind}")
        return super().put(data)


def _append(path: Path, text: str) -> None:
    """Add whole lines, which other processes add to as well."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _line(claim: Claim) -> str:
    render = claim.render
    return f"{render.render_id} {render.round} {render.attempts}\n"


def _outcome(claim: Claim) -> Outcome:
    title = claim.render.offer.title
    if "bodiless" in title:
        failure = Failure(reason="no product was found", permanent=True)
        return Outcome(failures={record.key: failure for record in claim.keys})
    verdict: Verdict = "pass"
    if "blurred" in title:
        verdict = "review"
    if "ugly" in title:
        verdict = "reject"
    return Outcome(
        pictures={record.key: _picture(record, claim.render.draw, verdict) for record in claim.keys}
    )


def _picture(record: CreativeRecord, draw: int, verdict: Verdict) -> Picture:
    return Picture(
        data=digest(record.key, draw).encode(),
        format=record.placement.format,
        width=record.placement.width,
        height=record.placement.height,
        verdict=verdict,
        reason="" if verdict == "pass" else f"the gate says {verdict}",
        certificate={"product_difference": 0},
        gate={"verdict": verdict, "defects": [], "reasons": []},
        attempt=draw,
    )
