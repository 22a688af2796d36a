"""A merchant's prompt pools: the shipped ones (or a folder's), overlaid by the merchant's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kirakat.prompts.pool import Pools
from kirakat.store.prompt_rows import list_prompts
from kirakat.store.records import PromptRecord
from kirakat.types import Prompt


@dataclass(frozen=True, kw_only=True)
class MerchantPools:
    """Pools as they are at a moment."""

    pools: Pools
    # When a window opens or closes next; None: never.
    until: datetime | None


def read_pools(
    connection: Connection, merchant_id: str, shipped: Pools, *, now: datetime
) -> MerchantPools:
    """The pools that a merchant's offers get at the time `now`."""
    rows = list_prompts(connection, merchant_id)
    if not rows:
        return MerchantPools(pools=shipped, until=None)
    bounds = (time for row in rows for time in (row.starts_at, row.ends_at) if time)
    return MerchantPools(
        pools=overlay(shipped, rows, now=now),
        until=min((time for time in bounds if time > now), default=None),
    )


def overlay(shipped: Pools, rows: Iterable[PromptRecord], *, now: datetime) -> Pools:
    """The shipped pools with a merchant's rows in them.

    Of each id the newest version whose window is open holds, and none while that one is paused.
    A shipped version takes part unless the id has a paused row: what a person stopped does not
    come back with the next installation. New ids follow at the end of their category.
    """
    by_id: dict[str, list[PromptRecord]] = {}
    for row in rows:
        by_id.setdefault(row.prompt.prompt_id, []).append(row)
    chosen: dict[str, Prompt | None] = {}
    known = {prompt.prompt_id: prompt for prompt in shipped}
    for prompt_id, versions in by_id.items():
        chosen[prompt_id] = holding(versions, known.get(prompt_id), now=now)
    kept = [chosen.get(prompt.prompt_id, prompt) for prompt in shipped]
    added = [chosen[name] for name in sorted(chosen.keys() - known.keys())]
    return _pools(shipped.categories, [prompt for prompt in [*kept, *added] if prompt])


def holding(
    versions: Sequence[PromptRecord], shipped: Prompt | None, *, now: datetime
) -> Prompt | None:
    """The version of one id that is shown at a time; None when none is."""
    present = {row.prompt.version for row in versions}
    is_stopped = any(row.paused for row in versions)
    open_ones = [(row.prompt, row.paused) for row in versions if is_open(row, now)]
    if shipped is not None and shipped.version not in present and not is_stopped:
        open_ones.append((shipped, False))
    if not open_ones:
        return None
    prompt, paused = max(open_ones, key=lambda item: item[0].version)
    return None if paused else prompt


def is_open(row: PromptRecord, now: datetime) -> bool:
    """Whether a row's window is open, from its start to before its end."""
    has_started = row.starts_at is None or row.starts_at <= now
    return has_started and (row.ends_at is None or now < row.ends_at)


def _pools(order: Sequence[str], prompts: Iterable[Prompt]) -> Pools:
    by_category: dict[str, tuple[Prompt, ...]] = dict.fromkeys(order, ())
    for prompt in prompts:
        by_category[prompt.category] = (*by_category.get(prompt.category, ()), prompt)
    return Pools(by_category={name: pool for name, pool in by_category.items() if pool})
