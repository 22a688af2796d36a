"""Ask for creatives: rows are created once, however many ask at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from kirakat.store.bulk import AnyRow, in_chunks, insert_missing
from kirakat.store.controls import controlled_offers
from kirakat.store.json_records import to_json
from kirakat.store.records import Ask, AskOutcome
from kirakat.store.states import AT_ONCE, Lane
from kirakat.store.tables import creatives, renders
from kirakat.types import Recipe


def ask(
    connection: Connection, asks: Sequence[Ask], lane: Lane, *, now: datetime
) -> list[AskOutcome]:
    """Note that keys are wanted: one outcome for each ask, in order.

    Unknown keys and renders get their rows, every render counts its asks, and one that had
    ended is queued afresh when a new key waits on it. A new key of a dead render is dead at
    once: the render's inputs are known to fail. Keys that exist are left as they are
    (`remake_creative` begins a new revision). A new key of an offer for which a person stopped
    generation gets no row: its outcome is "cancelled".

    All in the caller's transaction, in about eight statements for thousands of keys, so that
    the jobs that outcomes tell to enqueue commit together with their rows. The merchants must
    exist.
    """
    if not asks:
        return []
    by_key = dict(sorted({item.key: item for item in asks}.items()))
    present = _states(connection, tuple(by_key))
    unknown = [item for key, item in by_key.items() if key not in present]
    missing = _allowed(connection, unknown)
    new_renders = _create_renders(connection, missing, lane, now)
    stopped = {item.key for item in unknown} - {item.key for item in missing}
    made = [item for item in asks if item.key not in stopped]
    known = _lock_renders(connection, sorted({item.render_id for item in made}))
    new_keys = _create_creatives(connection, missing, known, now)
    waking = _renders_to_wake(known, new_renders, (by_key[key] for key in new_keys))
    _wake(connection, waking, now)
    _count(connection, Counter(item.render_id for item in made), lane)
    states = _states(connection, tuple(by_key))
    return [
        _stopped(item)
        if item.key in stopped
        else AskOutcome(
            key=item.key,
            render_id=item.render_id,
            state=states[item.key].state,
            revision=states[item.key].revision,
            created=item.key in new_keys,
            enqueue=item.render_id in new_renders or item.render_id in waking,
            round=known[item.render_id].round + (item.render_id in waking),
        )
        for item in asks
    ]


def _allowed(connection: Connection, asks: Sequence[Ask]) -> list[Ask]:
    """The asks for offers about which no person said to make nothing."""
    offers: dict[str, set[str]] = {}
    for item in asks:
        offers.setdefault(item.merchant_id, set()).add(item.offer.offer_id)
    controlled = {
        (merchant_id, offer_id)
        for merchant_id, ids in offers.items()
        for offer_id in controlled_offers(connection, merchant_id, ids)
    }
    return [item for item in asks if (item.merchant_id, item.offer.offer_id) not in controlled]


def _stopped(item: Ask) -> AskOutcome:
    return AskOutcome(
        key=item.key, render_id=item.render_id, state="cancelled", revision=0,
        created=False, enqueue=False, round=0,
    )  # fmt: skip


def _create_renders(
    connection: Connection, asks: Iterable[Ask], lane: Lane, now: datetime
) -> set[str]:
    recipes: dict[str, dict[str, Any]] = {}
    by_render = sorted({item.render_id: item for item in asks}.items())
    rows = [_render_row(item, lane, now, recipes) for _, item in by_render]
    return insert_missing(connection, renders, rows, renders.c.render_id)


def _render_row(
    item: Ask, lane: Lane, now: datetime, recipes: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "render_id": item.render_id,
        "merchant_id": item.merchant_id,
        "image_id": item.image_id,
        "treatment": item.treatment,
        "bucket": item.bucket,
        "recipe_digest": item.recipe_digest,
        "inputs": {
            "offer": to_json(item.offer),
            "prompt": to_json(item.prompt) if item.prompt else None,
            "recipe": _recipe_json(item.recipe_digest, item.recipe, recipes),
            **({"trace": item.trace} if item.trace else {}),
        },
        "lane": lane,
        "state": "queued",
        "next_at": AT_ONCE,
        "created_at": now,
        "updated_at": now,
    }


def _recipe_json(digest: str, recipe: Recipe, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The recipe as JSON, made once a call: thousands of asks share a few recipes."""
    if digest not in known:
        known[digest] = to_json(recipe)
    return known[digest]


def _lock_renders(connection: Connection, render_ids: Sequence[str]) -> dict[str, AnyRow]:
    """The renders' states, which nobody changes before this transaction ends."""
    found: dict[str, AnyRow] = {}
    for part in in_chunks(render_ids):
        statement = (
            select(renders.c.render_id, renders.c.state, renders.c.round, renders.c.error)
            .where(renders.c.render_id.in_(part))
            .order_by(renders.c.render_id)
            .with_for_update(key_share=True)
        )
        found.update({row.render_id: row for row in connection.execute(statement)})
    return found


def _create_creatives(
    connection: Connection, asks: Iterable[Ask], known: Mapping[str, AnyRow], now: datetime
) -> set[str]:
    rows = [_creative_row(item, known[item.render_id], now) for item in asks]
    return insert_missing(connection, creatives, rows, creatives.c.key)


def _creative_row(item: Ask, render: AnyRow, now: datetime) -> dict[str, Any]:
    is_dead = render.state == "dead"
    return {
        "key": item.key,
        "merchant_id": item.merchant_id,
        "render_id": item.render_id,
        "offer_id": item.offer.offer_id,
        "image_id": item.image_id,
        "arm": item.arm,
        "placement_name": item.placement.name,
        "placement": to_json(item.placement),
        "treatment": item.treatment,
        "recipe_label": item.recipe.label,
        "state": "dead" if is_dead else "requested",
        "reason": render.error if is_dead else "",
        "requested_at": now,
        "updated_at": now,
    }


def _renders_to_wake(
    known: Mapping[str, AnyRow], new_renders: set[str], new_asks: Iterable[Ask]
) -> set[str]:
    """Renders that had ended before a new key came to wait on them."""
    ended = {name for name, row in known.items() if row.state in ("done", "cancelled")}
    return {item.render_id for item in new_asks} & ended - new_renders


def _wake(connection: Connection, render_ids: set[str], now: datetime) -> None:
    for part in in_chunks(sorted(render_ids)):
        connection.execute(
            update(renders)
            .where(renders.c.render_id.in_(part))
            .values(
                state="queued",
                round=renders.c.round + 1,
                attempts=0,
                error="",
                next_at=AT_ONCE,
                updated_at=now,
            )
        )


def _count(connection: Connection, asked: Counter[str], lane: Lane) -> None:
    """Add the asks to the renders; a render asked for online stays online."""
    raised = renders.c.lane if lane == "catalog" else "online"
    for times in sorted(set(asked.values())):
        same = sorted(name for name, count in asked.items() if count == times)
        for part in in_chunks(same):
            connection.execute(
                update(renders)
                .where(renders.c.render_id.in_(part))
                .values(asked=renders.c.asked + times, lane=raised)
            )


def _states(connection: Connection, keys: Sequence[str]) -> dict[str, AnyRow]:
    found: dict[str, AnyRow] = {}
    for part in in_chunks(keys):
        statement = select(creatives.c.key, creatives.c.state, creatives.c.revision).where(
            creatives.c.key.in_(part)
        )
        found.update({row.key: row for row in connection.execute(statement)})
    return found
