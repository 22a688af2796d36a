"""What reviewers do about one offer: make again, cancel, kill, stop, lift. All is audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from kirakat.engine.port.engine import Engine, jobs_of
from kirakat.errors import ConflictError, StoreError
from kirakat.review.explain import explain
from kirakat.review.offers.offer import read_offer
from kirakat.review.order_acts import give, lift
from kirakat.review.orders import Subject
from kirakat.review.web.told import back_with
from kirakat.review.web.visit import Visit
from kirakat.store.audit import append_audit
from kirakat.store.controls import controlled_offers
from kirakat.store.creatives import get_creative
from kirakat.store.jobs import cancel_creative, remake_creative
from kirakat.store.records import CreativeRecord, Move
from kirakat.store.render_rows import lock_render
from kirakat.store.review_records import Account
from kirakat.store.states import WAITING
from kirakat.store.transitions import transition


def change_offer(visit: Visit) -> Response:
    """Field `act`: "order" or "lift" (with `kind`, `reason`), "retry" or "cancel" (with `item`,
    "key:revision:state" as the page showed it).
    """
    acts: dict[str, Callable[[Visit, str], str]] = {
        "order": _order, "lift": _lift, "retry": _retry, "cancel": _cancel
    }  # fmt: skip
    doing = acts.get(visit.text("act"))
    if doing is None:
        raise StoreError("The form is damaged: load the page again.")
    offer_id = str(visit.path("offer_id"))
    with visit.desk.database.reading() as connection:
        read_offer(connection, visit.merchant_id, offer_id)
    return back_with(visit, doing(visit, offer_id))


def _retry(visit: Visit, offer_id: str) -> str:
    person, now, desk = visit.account, visit.desk.clock.now(), visit.desk
    with desk.database.writing() as connection:
        creative = _seen(connection, visit)
        if controlled_offers(connection, visit.merchant_id, {offer_id, creative.offer_id}):
            raise StoreError("An order stops this offer: lift it first.")
        _make_again(connection, creative, person, desk.engine, now)
        _audit(connection, creative, person, "asked for another picture", now)
    return f"{_name(creative)} is made again, with another seed."


def _cancel(visit: Visit, _: str) -> str:
    person, now = visit.account, visit.desk.clock.now()
    with visit.desk.database.writing() as connection:
        creative = _seen(connection, visit)
        if creative.state not in WAITING:
            raise ConflictError(f"Too late. {explain(connection, creative, person.name)}")
        cancel_creative(
            connection, merchant_id=visit.merchant_id, key=creative.key, reason="cancelled by hand",
            actor=person.name, now=now,
        )  # fmt: skip
        _audit(connection, creative, person, "cancelled a creative", now)
    return f"{_name(creative)} is cancelled."


def _seen(connection: Connection, visit: Visit) -> CreativeRecord:
    """The creative as the person saw it, its render locked; raises `ConflictError`."""
    key, _, rest = visit.text("item").partition(":")
    revision, _, state = rest.partition(":")
    found = get_creative(connection, visit.merchant_id, key)
    lock_render(connection, found.render_id)
    creative = get_creative(connection, visit.merchant_id, key)
    if (revision, state) != (str(creative.revision), creative.state):
        raise ConflictError(f"Too late. {explain(connection, creative, visit.account.name)}")
    return creative


def _make_again(
    connection: Connection, creative: CreativeRecord, person: Account, engine: Engine, now: datetime
) -> None:
    """A ready one leaves service first, and recommenders are called back."""
    revision = creative.revision
    if creative.state == "ready":
        move = Move(
            merchant_id=creative.merchant_id, key=creative.key, revision=revision, origin="ready",
            target="retired", reason="made again by hand", actor=person.name,
        )  # fmt: skip
        revision = transition(connection, move, now=now)
    outcome = remake_creative(
        connection, merchant_id=creative.merchant_id, key=creative.key, revision=revision,
        reason="made again by hand", actor=person.name, now=now,
    )  # fmt: skip
    engine.enqueue(connection, jobs_of([outcome]))


def _audit(
    connection: Connection, creative: CreativeRecord, person: Account, action: str, now: datetime
) -> None:
    append_audit(
        connection, creative.merchant_id, actor=person.name, action=action,
        subject=f"offer {creative.offer_id}",
        record={"placement": creative.placement.name, "arm": creative.arm,
                "key": creative.key[:12], "was": creative.state}, now=now,
    )  # fmt: skip


def _name(creative: CreativeRecord) -> str:
    return f"{creative.placement.name}, {creative.arm},"


def _order(visit: Visit, offer_id: str) -> str:
    return give(visit, Subject(scope="offer", name=offer_id))


def _lift(visit: Visit, offer_id: str) -> str:
    return lift(visit, Subject(scope="offer", name=offer_id))
