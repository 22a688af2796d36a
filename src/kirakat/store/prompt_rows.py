"""A merchant's prompts and recipes, by version: what was said once is never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import insert_missing
from kirakat.store.identities import recipe_digest
from kirakat.store.json_records import from_json, to_json
from kirakat.store.records import PromptRecord
from kirakat.store.tables import prompts, recipes
from kirakat.types import Prompt, Recipe


def put_prompts(
    connection: Connection, merchant_id: str, pool: Sequence[Prompt], *, now: datetime
) -> None:
    """Enter prompts; a version that is there already stays as it is."""
    rows = [
        {
            "merchant_id": merchant_id,
            "prompt_id": item.prompt_id,
            "version": item.version,
            "record": to_json(item),
            "created_at": now,
        }
        for item in sorted(pool, key=lambda item: (item.prompt_id, item.version))
    ]
    insert_missing(connection, prompts, rows, prompts.c.prompt_id)


def list_prompts(connection: Connection, merchant_id: str) -> list[PromptRecord]:
    """All prompts of a merchant, by id and version."""
    statement = (
        select(prompts)
        .where(prompts.c.merchant_id == merchant_id)
        .order_by(prompts.c.prompt_id, prompts.c.version)
    )
    return [
        PromptRecord(
            prompt=from_json(Prompt, row.record),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            paused=row.paused,
        )
        for row in connection.execute(statement)
    ]


def schedule_prompt(
    connection: Connection,
    merchant_id: str,
    prompt_id: str,
    version: int,
    *,
    paused: bool,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> None:
    """Say when a prompt may be shown; raises `NotFoundError`."""
    done = connection.execute(
        update(prompts)
        .where(prompts.c.merchant_id == merchant_id, prompts.c.prompt_id == prompt_id)
        .where(prompts.c.version == version)
        .values(paused=paused, starts_at=starts_at, ends_at=ends_at)
    )
    if not done.rowcount:
        raise NotFoundError(f"no prompt {prompt_id}@{version}", prompt_id=prompt_id)


def put_recipe(connection: Connection, merchant_id: str, recipe: Recipe, *, now: datetime) -> str:
    """Enter a recipe; gives its hash."""
    name = recipe_digest(recipe)
    row = {
        "merchant_id": merchant_id,
        "digest": name,
        "label": recipe.label,
        "record": to_json(recipe),
        "created_at": now,
    }
    insert_missing(connection, recipes, [row], recipes.c.digest)
    return name


def get_recipe(connection: Connection, merchant_id: str, label: str) -> Recipe:
    """The recipe that was last entered under a label (name@version); raises `NotFoundError`."""
    statement = (
        select(recipes.c.record)
        .where(recipes.c.merchant_id == merchant_id, recipes.c.label == label)
        .order_by(recipes.c.created_at.desc(), recipes.c.digest)
        .limit(1)
    )
    found = connection.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFoundError(f"no recipe {label}", label=label)
    return from_json(Recipe, found)
