"""Orders as forms give and lift them, about whatever subject; all is audited."""

from __future__ import annotations

from kirakat.errors import StoreError
from kirakat.review.orders import Subject, give_order, lift_order
from kirakat.review.web.visit import Visit
from kirakat.store.review_records import ControlKind

_KINDS: dict[str, ControlKind] = {"kill": "kill", "do_not_generate": "do_not_generate"}


def give(visit: Visit, subject: Subject) -> str:
    """Fields `kind` and `reason`; gives what to tell the person. Raises `StoreError`."""
    kind, desk = _kind(visit), visit.desk
    taken = give_order(
        desk.database, subject, kind, visit.account,
        reason=visit.text("reason").strip()[:500], clock=desk.clock.now,
    )  # fmt: skip
    if kind == "kill":
        return f"Killed: shoppers see plain photos alone. {taken:,} creatives were taken back."
    return f"Nothing new is made. {taken:,} creatives that waited were cancelled."


def lift(visit: Visit, subject: Subject) -> str:
    """Field `kind`; gives what to tell the person. Raises `StoreError` and `NotFoundError`."""
    desk = visit.desk
    lift_order(desk.database, subject, _kind(visit), visit.account, now=desk.clock.now())
    return "Lifted: what is asked for is made and shown again."


def _kind(visit: Visit) -> ControlKind:
    kind = _KINDS.get(visit.text("kind"))
    if kind is None:
        raise StoreError("The form is damaged: load the page again.")
    return kind
