"""People, policies, controls and mattes in the store, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.store.accounts import create_account, get_account, set_password
from kirakat.store.audit import append_audit, list_audit
from kirakat.store.collect_blobs import referenced_hashes
from kirakat.store.controls import controlled_offers, lift_control, put_control
from kirakat.store.creatives import get_creative
from kirakat.store.edited_mattes import add_edited_matte, list_edited_mattes
from kirakat.store.evidence import put_evidence, read_evidence
from kirakat.store.publish_policies import held_offers, list_publish_policies, put_publish_policy
from kirakat.store.sessions import close_session, find_session, open_session
from tests.support.review_shop import Shop, enter, make_shots


def test_a_session_ends(shop: Shop) -> None:
    """If it did not, a lost laptop would stay signed in for ever."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        anna = get_account(connection, "shop", "anna")
        soon = open_session(connection, anna, now=now, expires_at=now + timedelta(hours=1))
        later = open_session(connection, anna, now=now, expires_at=now + timedelta(hours=9))
        found = find_session(connection, soon, now=now)
        assert found is not None
        assert found.name == "anna"
        assert find_session(connection, soon, now=now + timedelta(hours=2)) is None
        close_session(connection, soon)
        assert find_session(connection, soon, now=now) is None
        set_password(connection, "shop", "anna", "another", now=now)
        assert find_session(connection, later, now=now) is None


def test_names_are_taken_once(shop: Shop) -> None:
    """If they were not, two people would share their history."""
    with shop.database.writing() as connection, pytest.raises(ConflictError):
        create_account(
            connection, "shop", "anna", role="viewer", password_hash="", now=shop.clock.now()
        )


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_audit_only_grows(shop: Shop, statement: str) -> None:
    """If it did not, who did something could make it unseen."""
    with shop.database.writing() as connection:
        append_audit(connection, "shop", actor="anna", action="did", now=shop.clock.now())
    with pytest.raises(StoreError), shop.database.writing() as connection:
        connection.execute(text(statement))
    with shop.database.reading() as connection:
        assert [item.actor for item in list_audit(connection, "shop")] == ["anna"]


def test_what_is_held_is_known(shop: Shop) -> None:
    """If it were not, a catalogue that waits for approval would be published."""
    enter(shop, make_shots(2))
    now = shop.clock.now()
    with shop.database.writing() as connection:
        assert held_offers(connection, "shop", ["mug-0"]) == frozenset()
        put_publish_policy(connection, "shop", "main", mode="hold", actor="anna", now=now)
        assert held_offers(connection, "shop", ["mug-0", "x"]) == frozenset(["mug-0"])
        put_publish_policy(connection, "shop", "main", mode="pass", actor="anna", now=now)
        assert held_offers(connection, "shop", ["mug-0"]) == frozenset()
        assert [item.mode for item in list_publish_policies(connection, "shop")] == ["pass"]


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [("offer", "mug-1", {"mug-1"}), ("catalog", "main", {"mug-0", "mug-1"}),
     ("catalog", "other", set()), ("merchant", "", {"mug-0", "mug-1", "unknown"})],
)  # fmt: skip
def test_an_order_reaches_its_offers(shop: Shop, scope: str, name: str, expected: set[str]) -> None:
    """If it did not, a kill switch would leave some pictures on, or switch off too many."""
    enter(shop, make_shots(2))
    about = {"scope": scope, "name": name, "kind": "kill"}
    with shop.database.writing() as connection:
        put_control(
            connection, "shop", **about, reason="recall", actor="anna", now=shop.clock.now()  # type: ignore[arg-type]
        )  # fmt: skip
        found = controlled_offers(connection, "shop", ["mug-0", "mug-1", "unknown"])
        assert found == expected
        assert controlled_offers(connection, "rival", ["mug-1"]) == frozenset()
        lift_control(connection, "shop", **about)  # type: ignore[arg-type]
        assert controlled_offers(connection, "shop", ["mug-1"]) == frozenset()
        with pytest.raises(NotFoundError):
            lift_control(connection, "shop", **about)  # type: ignore[arg-type]


def test_mattes_and_evidence_are_kept_and_counted(shop: Shop) -> None:
    """If they were not, collecting blobs would delete a reviewer's work."""
    [key] = enter(shop, make_shots(1))
    with shop.database.writing() as connection:
        image_id = get_creative(connection, "shop", key).image_id
        for sha256 in ("a" * 64, "b" * 64):
            add_edited_matte(
                connection, "shop", image_id, sha256=sha256, model="person", actor="rita",
                now=shop.clock.now(),
            )  # fmt: skip
        put_evidence(connection, "shop", key, 0, {"mask": "c" * 64})
        assert read_evidence(connection, "shop", key, 0) == {"mask": "c" * 64}
        mattes = list_edited_mattes(connection, "shop", image_id)
        assert [(item.number, item.sha256[0]) for item in mattes] == [(2, "b"), (1, "a")]
        wanted = {letter * 64 for letter in "abcd"}
        assert referenced_hashes(connection, sorted(wanted)) == wanted - {"d" * 64}
