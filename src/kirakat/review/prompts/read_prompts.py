"""A merchant's prompts as the pages show them: what holds, what held, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.prompts.pool import Pools, load_pools
from kirakat.review.desk import Desk
from kirakat.store.merchant_pools import holding
from kirakat.store.prompt_rows import list_prompts
from kirakat.store.records import PromptRecord
from kirakat.types import Prompt

Status = Literal["shown", "paused", "scheduled", "ended", "retired"]


class Piece(NamedTuple):
    """A stretch of text: "same", "new" or "gone"."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a prompt."""

    prompt: Prompt
    # None: shipped, and never entered by the merchant.
    row: PromptRecord | None
    # The text beside that of the version before.
    changes: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class KnownPrompt:
    """One prompt with its versions, the newest first."""

    versions: tuple[Version, ...]
    # The version that is shown now; None when none is.
    held: Prompt | None
    status: Status
    # A later version that has its window still before it.
    coming: PromptRecord | None
    is_shipped: bool

    @property
    def latest(self) -> Prompt:
        """The newest version."""
        return self.versions[0].prompt

    @property
    def prompt(self) -> Prompt:
        """The version that is shown, or else the newest."""
        return self.held or self.latest


def shipped_pools(desk: Desk) -> Pools:
    """The pools of the installation, before a merchant's rows."""
    return _pools(desk.settings.prompts)


@lru_cache(maxsize=4)
def _pools(folder: str) -> Pools:
    return load_pools(Path(folder) if folder else None)


def read_prompts(
    connection: Connection, merchant_id: str, shipped: Pools, now: datetime
) -> list[KnownPrompt]:
    """Every prompt that the merchant has or had: the shipped ones first, in their order."""
    rows: dict[str, list[PromptRecord]] = {}
    for row in list_prompts(connection, merchant_id):
        rows.setdefault(row.prompt.prompt_id, []).append(row)
    known = {prompt.prompt_id: prompt for prompt in shipped}
    names = [*known, *sorted(rows.keys() - known.keys())]
    return [_known(rows.get(name, []), known.get(name), now) for name in names]


def read_prompt(
    connection: Connection, merchant_id: str, shipped: Pools, prompt_id: str, now: datetime
) -> KnownPrompt:
    """One prompt; raises `NotFoundError`."""
    for known in read_prompts(connection, merchant_id, shipped, now):
        if known.latest.prompt_id == prompt_id:
            return known
    raise NotFoundError("There is no such prompt.", prompt_id=prompt_id)


def _known(rows: Sequence[PromptRecord], shipped: Prompt | None, now: datetime) -> KnownPrompt:
    entered = {row.prompt.version: row for row in rows}
    prompts = {row.prompt.version: row.prompt for row in rows}
    if shipped is not None:
        prompts.setdefault(shipped.version, shipped)
    ordered = [prompts[number] for number in sorted(prompts)]
    changes = [(), *(compare(old.template, new.template) for old, new in pairwise(ordered))]
    versions = tuple(
        Version(prompt=prompt, row=entered.get(prompt.version), changes=changed)
        for prompt, changed in zip(ordered, changes, strict=True)
    )
    held = holding(rows, shipped, now=now)
    coming = [row for row in rows if row.starts_at and row.starts_at > now and not row.paused]
    return KnownPrompt(
        versions=versions[::-1],
        held=held,
        status="shown" if held else _status(rows, now),
        coming=coming[0] if coming else None,
        is_shipped=shipped is not None,
    )


def _status(rows: Sequence[PromptRecord], now: datetime) -> Status:
    """Why no version is shown."""
    newest = rows[-1]
    has_ended = newest.ends_at is not None and newest.ends_at <= now
    if newest.paused:
        return "retired" if has_ended else "paused"
    if any(row.starts_at and row.starts_at > now for row in rows):
        return "scheduled"
    return "ended" if has_ended else "paused"


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """The new text with what is new and what is gone, word by word."""
    before, after = old.split(), new.split()
    pieces = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", " ".join(after[start:end])))
            continue
        if last > first:
            pieces.append(Piece("gone", " ".join(before[first:last])))
        if end > start:
            pieces.append(Piece("new", " ".join(after[start:end])))
    return tuple(pieces)
