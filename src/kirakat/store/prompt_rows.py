"""A merchant's prompts and recipes, by version: what was said once is never rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.identities import recipe_digest
from kirakat.store.json_records import from_json, to_json
from kirakat.store.merchants import raise_epoch
from kirakat.store.records import PromptRecord
from kirakat.store.tables import prompts, recipes
from kirakat.types import Prompt, Recipe


class PutPrompts(NamedTuple):
    """What became of prompts that were entered, as prompt@version."""

    new: tuple[str, ...]
    # There already with another text, scene or category; they stayed as they were.
    refused: tuple[str, ...]


def put_prompts(
    connection: Connection, merchant_id: str, pool: Sequence[Prompt], *, now: datetime
) -> PutPrompts:
    """Enter prompts; a version that is there already stays as it is.

    A new version replaces the older ones of its id as soon as its window is open.
    """
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
    before = {item.prompt.arm: item.prompt for item in list_prompts(connection, merchant_id)}
    insert_missing(connection, prompts, rows, prompts.c.prompt_id)
    raise_epoch(connection, merchant_id)
    return PutPrompts(
        new=tuple(sorted({item.arm for item in pool} - set(before))),
        refused=tuple(item.arm for item in pool if before.get(item.arm, item) != item),
    )


def list_prompts(connection: Connection, merchant_id: str) -> list[PromptRecord]:
    """All prompts of a merchant, by id and version: an id's rows are its history."""
    return _read(connection, prompts.c.merchant_id == merchant_id)


def prompt_history(connection: Connection, merchant_id: str, prompt_id: str) -> list[PromptRecord]:
    """All versions of one prompt, the oldest first; nothing for one that was never entered."""
    return _read(connection, prompts.c.merchant_id == merchant_id, prompts.c.prompt_id == prompt_id)


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
    """Say when a version may be shown; raises `NotFoundError`.

    Outside its window the next older version holds, if there is one.
    """
    values = {"paused": paused, "starts_at": starts_at, "ends_at": ends_at}
    _change(connection, merchant_id, prompt_id, values, version=version)


def pause_prompt(connection: Connection, merchant_id: str, prompt_id: str) -> None:
    """Show no version of a prompt until `resume_prompt`; raises `NotFoundError`.

    A shipped prompt is entered with `put_prompts` first.
    """
    _change(connection, merchant_id, prompt_id, {"paused": True})


def resume_prompt(connection: Connection, merchant_id: str, prompt_id: str) -> None:
    """Undo `pause_prompt`; windows stay. Raises `NotFoundError`."""
    _change(connection, merchant_id, prompt_id, {"paused": False})


def retire_prompt(
    connection: Connection, merchant_id: str, prompt_id: str, *, now: datetime
) -> None:
    """End all versions of a prompt for good: only a new version brings it back.

    What was made with it stays in the store. Raises `NotFoundError`.
    """
    _change(connection, merchant_id, prompt_id, {"paused": True, "ends_at": now})


def _change(
    connection: Connection,
    merchant_id: str,
    prompt_id: str,
    values: Mapping[str, object],
    *,
    version: int | None = None,
) -> None:
    statement = update(prompts).where(
        prompts.c.merchant_id == merchant_id, prompts.c.prompt_id == prompt_id
    )
    if version is not None:
        statement = statement.where(prompts.c.version == version)
    if not connection.execute(statement.values(**values)).rowcount:
        name = prompt_id if version is None else f"{prompt_id}@{version}"
        raise NotFoundError(
            f"no prompt {name}: `kirakat prompts list --store` shows them", prompt_id=prompt_id
        )
    raise_epoch(connection, merchant_id)


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> list[PromptRecord]:
    statement = select(prompts).where(*conditions).order_by(prompts.c.prompt_id, prompts.c.version)
    return [
        as_record(PromptRecord, row, prompt=from_json(Prompt, row.record))
        for row in connection.execute(statement)
    ]


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
