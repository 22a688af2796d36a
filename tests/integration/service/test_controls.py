"""What people order about an offer holds for every request, within a second."""

from __future__ import annotations

from sqlalchemy import func, select

from kirakat.clock import SystemClock
from kirakat.store.controls import lift_control, put_control
from kirakat.store.review_records import ControlKind, ControlScope
from kirakat.store.tables import creatives
from tests.integration.service.case import Case, eventually


def _order(case: Case, kind: ControlKind, scope: ControlScope = "offer", name: str = "") -> None:
    with case.parts.database.writing() as connection:
        put_control(
            connection, "shop", scope=scope, name=name, kind=kind,
            reason="recalled", actor="ann", now=SystemClock().now(),
        )  # fmt: skip


def _status(case: Case, offer: str = "mug-0") -> str:
    (item,) = case.resolve(offer, treatment="positioned")
    assert item["image_url"]
    return str(item["status"])


def _rows(case: Case) -> int:
    case.flush()
    with case.parts.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(creatives)).scalar_one())


def test_a_killed_offer_shows_the_original_until_the_order_is_lifted(case: Case) -> None:
    """If it did not, a recalled product would go on being advertised with our picture."""
    assert _status(case) == "pending"
    case.make_ready()
    assert _status(case) == "ready"
    _order(case, "kill", name="mug-0")
    eventually(lambda: _status(case) == "unavailable")
    assert _status(case, "mug-1") == "pending"
    with case.parts.database.writing() as connection:
        lift_control(connection, "shop", scope="offer", name="mug-0", kind="kill")
    eventually(lambda: _status(case) == "ready")


def test_an_order_not_to_generate_leaves_what_is_ready(case: Case) -> None:
    """If it did not, good pictures would vanish because no new ones are wanted."""
    _status(case)
    case.make_ready()
    _order(case, "do_not_generate", "catalog", "default")
    eventually(lambda: _status(case, "mug-1") == "unavailable")
    assert _status(case) == "ready"
    assert _rows(case) == 1


def test_an_order_about_the_merchant_holds_for_everything(case: Case) -> None:
    """If it did not, the big red button would be a small one."""
    _status(case, "mug-2")
    _order(case, "kill", "merchant")
    eventually(lambda: {_status(case, f"mug-{n}") for n in range(3)} == {"unavailable"})


def test_a_generation_that_people_stopped_is_refused_by_name(case: Case) -> None:
    """If it were not, an integration would poll an operation that never ends."""
    _order(case, "do_not_generate", name="mug-0")
    body = {"offer_id": "mug-0", "placement": "300x250", "treatment": "positioned"}
    eventually(lambda: case.ask("POST", "/v1/generations", json=body).status_code == 409)
    assert "person" in case.ask("POST", "/v1/generations", json=body).json()["detail"]


def test_an_order_is_its_merchants(case: Case) -> None:
    """If it were not, one shop could stop another's pictures."""
    other = case.key("other")
    assert case.put_feed(token=other).status_code == 200
    with case.parts.database.writing() as connection:
        put_control(
            connection, "other", scope="merchant", kind="kill", reason="", actor="eve",
            now=SystemClock().now(),
        )  # fmt: skip
    assert _status(case) == "pending"
