"""`kirakat experiment recipe`: enter the recipes that an experiment compares."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import NotFoundError, SettingsError, StoreError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kirakat.types import Recipe


def recipe(
    label: Annotated[str, typer.Argument(help="The new recipe's name@version.")],
    base: Annotated[
        str, typer.Option("--from", help="A recipe entered before; empty: the settings' own.")
    ] = "",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, such as sampling.steps=12.")
    ] = None,
    merchant: Annotated[
        str | None,
        typer.Option("--merchant", help="Whose recipe. Default: the setting `merchant_id`."),
    ] = None,
) -> None:
    """Enter a recipe: another one with some values changed. Entered once, it never changes.

    Examples:

    kirakat experiment recipe scene-tiny@1

    kirakat experiment recipe scene-tiny@2 --from scene-tiny@1 --set sampling.steps=12
    """
    from kirakat.store.merchants import ensure_merchant
    from kirakat.store.prompt_rows import put_recipe
    from kirakat.store.schema import upgrade

    merchant_id, now = merchant or load_settings().merchant_id, SystemClock().now()
    database = open_configured_database()
    if database.is_sqlite:
        upgrade(database)
    with database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        made = changed(_base(connection, merchant_id, base), label, changes or ())
        _refuse_another(connection, merchant_id, made)
        put_recipe(connection, merchant_id, made, now=now)
    typer.echo(f'{made.label} is entered; a variant names it: recipe = "{made.label}"')


def changed(base: Recipe, label: str, changes: Sequence[str]) -> Recipe:
    """`base` under a new label, with values set. Raises `SettingsError` naming what is wrong."""
    from kirakat.store.json_records import from_json, to_json
    from kirakat.types import Recipe

    name, _, version = label.rpartition("@")
    if not name or not version.isdigit():
        raise SettingsError(f"{label}: a recipe is named name@version, such as scene-tiny@2")
    values = to_json(base) | {"name": name, "version": int(version)}
    for change in changes:
        field, _, value = change.partition("=")
        _set(values, field.strip(), _value(value.strip()))
    try:
        return from_json(Recipe, values)
    except StoreError as error:
        raise SettingsError(f"--set: {error}") from error


def _set(values: dict[str, Any], field: str, value: Any) -> None:
    first, _, rest = field.partition(".")
    if first not in values or first in ("name", "version"):
        known = ", ".join(sorted(set(values) - {"name", "version"}))
        raise SettingsError(f"--set {field}: no such field; known: {known}")
    if not rest:
        values[first] = value
        return
    inner = values[first]
    if not isinstance(inner, Mapping) or rest not in inner:
        known = ", ".join(sorted(inner)) if isinstance(inner, Mapping) else "none"
        raise SettingsError(f"--set {field}: no such field; {first} has: {known}")
    values[first] = {**inner, rest: value}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _base(connection: Connection, merchant_id: str, label: str) -> Recipe:
    if label:
        from kirakat.store.prompt_rows import get_recipe

        return get_recipe(connection, merchant_id, label)
    from kirakat.cli.configured_model import configured_info
    from kirakat.models.segmenters.registry import load_segmenter
    from kirakat.pipeline.recipes import default_recipe

    settings = load_settings()
    info = configured_info(settings)
    segmenter = load_segmenter(settings.segmenter, threads=settings.threads)
    return default_recipe(settings.generator, info, segmenter=segmenter.info)


def _refuse_another(connection: Connection, merchant_id: str, made: Recipe) -> None:
    from kirakat.store.prompt_rows import get_recipe

    try:
        known = get_recipe(connection, merchant_id, made.label)
    except NotFoundError:
        return
    if known != made:
        raise SettingsError(f"{made.label} is entered with other values: raise the version")
