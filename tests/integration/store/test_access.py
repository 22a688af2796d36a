"""API keys, prompts and recipes, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from kirakat.errors import NotFoundError
from kirakat.store.api_keys import (
    create_api_key,
    find_api_key,
    list_api_keys,
    revoke_api_key,
)
from kirakat.store.database import Database
from kirakat.store.prompt_rows import (
    get_recipe,
    list_prompts,
    put_prompts,
    put_recipe,
    schedule_prompt,
)
from kirakat.store.tables import api_keys
from tests.support.asks import NOW, PROMPT, RECIPE, SHOP, enter_shop, later


def _key(database: Database) -> str:
    enter_shop(database)
    with database.writing() as connection:
        return create_api_key(
            connection, SHOP, scopes=["ask", "read"], now=NOW, expires_at=later(60)
        )


def test_a_token_gives_its_rights(database: Database) -> None:
    """If it did not, nobody could use the service."""
    token = _key(database)
    with database.reading() as connection:
        found = find_api_key(connection, token, now=NOW)
    assert found is not None
    assert (found.merchant_id, found.scopes) == (SHOP, frozenset({"ask", "read"}))


def test_the_secret_is_not_kept(database: Database) -> None:
    """If it were, whoever reads a backup could act for every merchant."""
    secret = _key(database).rsplit("_", 1)[1]
    with database.reading() as connection:
        row = connection.execute(select(api_keys)).one()
    assert secret not in repr(row)


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + "x", lambda _: "", lambda t: t[:19]])
def test_a_wrong_token_has_no_rights(database: Database, spoil: object) -> None:
    """If it had, guessing would be enough."""
    token = spoil(_key(database))  # type: ignore[operator]
    with database.reading() as connection:
        assert find_api_key(connection, token, now=NOW) is None


def test_an_expired_token_has_no_rights(database: Database) -> None:
    """If it had, an expiry would be decoration."""
    token = _key(database)
    with database.reading() as connection:
        assert find_api_key(connection, token, now=later(60)) is None


def test_a_revoked_token_has_no_rights(database: Database) -> None:
    """If it had, a leaked key could not be stopped."""
    token = _key(database)
    with database.writing() as connection:
        (key,) = list_api_keys(connection, SHOP)
        revoke_api_key(connection, SHOP, key.key_id, now=NOW)
        assert find_api_key(connection, token, now=NOW) is None


def test_nobody_revokes_another_merchants_key(database: Database) -> None:
    """If one could, a competitor could switch a shop off."""
    _key(database)
    with database.writing() as connection:
        (key,) = list_api_keys(connection, SHOP)
        with pytest.raises(NotFoundError):
            revoke_api_key(connection, "other", key.key_id, now=NOW)


def test_a_prompt_version_is_never_rewritten(database: Database) -> None:
    """If it were, old pictures would claim a text that they were not made with."""
    enter_shop(database)
    with database.writing() as connection:
        put_prompts(connection, SHOP, [PROMPT], now=NOW)
        put_prompts(connection, SHOP, [replace(PROMPT, template="other")], now=NOW)
        assert [item.prompt for item in list_prompts(connection, SHOP)] == [PROMPT]


def test_a_prompt_can_be_paused(database: Database) -> None:
    """If it could not, a prompt that turns out badly could not be stopped."""
    enter_shop(database)
    with database.writing() as connection:
        put_prompts(connection, SHOP, [PROMPT], now=NOW)
        schedule_prompt(
            connection, SHOP, PROMPT.prompt_id, PROMPT.version, paused=True, ends_at=later(5)
        )
        (found,) = list_prompts(connection, SHOP)
        with pytest.raises(NotFoundError):
            schedule_prompt(connection, SHOP, "absent", 1, paused=True)
    assert (found.paused, found.starts_at, found.ends_at) == (True, None, later(5))


def test_a_recipe_is_found_by_its_label(database: Database) -> None:
    """If it were not, two recipes could not be compared by name."""
    enter_shop(database)
    with database.writing() as connection:
        put_recipe(connection, SHOP, RECIPE, now=NOW)
        assert get_recipe(connection, SHOP, "test@1") == RECIPE
        with pytest.raises(NotFoundError):
            get_recipe(connection, SHOP, "absent@1")
