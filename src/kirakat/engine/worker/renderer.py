"""What a worker asks of whoever makes the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kirakat.store.records import CreativeRecord, FetchedImage, RenderRecord
from kirakat.types import Verdict


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A render that this worker holds, and the keys that it has to make."""

    ticket: str
    render: RenderRecord
    keys: tuple[CreativeRecord, ...]

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """Renders of the same kind can be made together."""
        render = self.render
        return (render.merchant_id, render.recipe_digest, render.treatment, render.bucket)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One finished image before it is stored."""

    # The encoded file, whole.
    data: bytes
    format: str
    width: int
    height: int
    verdict: Verdict
    # Why, when the verdict is not "pass".
    reason: str
    certificate: Mapping[str, Any]
    gate: Mapping[str, Any]
    # The drawing that it shows.
    attempt: int
    # PNG files, by name, of how it was made and where measures failed; see `store.evidence`.
    evidence: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a key has no picture."""

    reason: str
    # Whether another try would fail in the same way.
    permanent: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a claim: by key, a picture or a failure."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    # What the fetch of the source image found; None when there was none.
    source: FetchedImage | None = None
    # Why it could not be fetched; empty when it could.
    source_error: str = ""
    # Why this worker cannot make it, though another may; empty when it can.
    unfit: str = ""


class Renderer(Protocol):
    """Makes pictures; used by one thread at a time."""

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """One outcome for each claim, in order; all are of one kind.

        May raise anything: the claims are then tried one by one.
        """
        ...

    def unload(self) -> None:
        """Give memory back; what is needed again is loaded again."""
        ...
