"""Decisions that their callers carry."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import SettingsError
from kirakat.service.decision_log import Logged
from kirakat.service.decision_token import TokenError, TokenWriter, read_token
from kirakat.store.decision_contexts import WrittenContext
from kirakat.store.quick_decisions import WrittenDecision

SECRET = "a secret of many characters"  # noqa: S105
AT = datetime(2026, 11, 21, 10, 30, 1, 5, tzinfo=UTC)
LOGGED = Logged(
    WrittenDecision("18a1-0", "shop", '{"chosen":"oak@1","probabilities":{"oak@1":1.0}}', AT),
    WrittenContext("18a1-0", "shop", "ab" * 16, "[[0,1.0],[25,1.0]]", '{"a":1}', AT),
)
TOKEN = TokenWriter(SECRET).write(LOGGED)


def test_a_token_brings_the_decision_back() -> None:
    """If it did not, its impression would be lost."""
    assert read_token(SECRET, TOKEN) == LOGGED


def test_a_token_shows_nothing() -> None:
    """If it did, anybody who sees a page would read the shopper's features."""
    text = TOKEN.partition(".")[2]
    sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert b"oak" not in sealed
    assert b"abab" not in sealed
    other = Logged(LOGGED.decision._replace(decision_id="18a1-1"), LOGGED.context)
    assert TokenWriter(SECRET).write(other).partition(".")[2][:40] != text[:40]


@given(place=st.integers(0, len(TOKEN) - 1), letter=st.sampled_from("AbZ09_-.!é"))
def test_a_changed_token_is_refused(place: int, letter: str) -> None:
    """If it were not, a caller could choose its own propensities."""
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    # The last letter of base64 has bits that stand for nothing.
    if changed == TOKEN or place == len(TOKEN) - 1:
        return
    with pytest.raises(TokenError):
        read_token(SECRET, changed)


@pytest.mark.parametrize(
    "token", ["", ".", "18a1-0", "18a1-0.", "\ud800.AAAA", TOKEN.replace("18a1", "18a2")]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """If it raised something else, one bad event would fail its whole batch."""
    with pytest.raises(TokenError):
        read_token(SECRET, token)


def test_another_secret_opens_nothing() -> None:
    """If it did, the secret would be none."""
    with pytest.raises(TokenError):
        read_token(SECRET + "!", TOKEN)


def test_a_short_secret_is_refused() -> None:
    """If it were not, tokens could be guessed open."""
    with pytest.raises(SettingsError, match="token_secret"):
        TokenWriter("short")
