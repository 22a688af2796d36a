"""What admins do with a whole catalogue: its publish policy, and orders about it."""

from __future__ import annotations

from starlette.responses import Response

from kirakat.errors import StoreError
from kirakat.review.order_acts import give, lift
from kirakat.review.orders import Subject
from kirakat.review.web.told import back_with
from kirakat.review.web.visit import Visit
from kirakat.store.audit import append_audit
from kirakat.store.catalogs import get_catalog
from kirakat.store.publish_policies import put_publish_policy
from kirakat.store.review_records import PublishMode

_MODES: dict[str, PublishMode] = {"pass": "pass", "hold": "hold", "sample": "sample"}


def change_catalogue(visit: Visit) -> Response:
    """Field `act`: "policy" (with `mode`, `share` in percent), "order" or "lift" (with `kind`,
    `reason`).
    """
    name = str(visit.path("name"))
    with visit.desk.database.reading() as connection:
        get_catalog(connection, visit.merchant_id, name)
    doing = {"policy": _set_policy, "order": _order, "lift": _lift}.get(visit.text("act"))
    if doing is None:
        raise StoreError("The form is damaged: load the page again.")
    return back_with(visit, doing(visit, name))


def _set_policy(visit: Visit, name: str) -> str:
    mode = _MODES.get(visit.text("mode"))
    if mode is None:
        raise StoreError("Choose what becomes of what passes the gate.")
    share = _share(visit) if mode == "sample" else 0.0
    now, person = visit.desk.clock.now(), visit.account
    with visit.desk.database.writing() as connection:
        put_publish_policy(
            connection, visit.merchant_id, name, mode=mode, share=share, actor=person.name, now=now
        )
        append_audit(
            connection, visit.merchant_id, actor=person.name, action="changed a publish policy",
            subject=f"catalog {name}", record={"mode": mode, "share": share}, now=now,
        )  # fmt: skip
    return {
        "pass": "From now on what passes the gate is published.",
        "hold": "From now on everything waits in the queue until somebody approves it.",
        "sample": f"From now on what passes is published, and people are shown "
        f"{100 * share:g}\N{NO-BREAK SPACE}% of it afterwards.",
    }[mode]


def _share(visit: Visit) -> float:
    text = visit.text("share").strip().removesuffix("%").strip()
    try:
        share = float(text) / 100
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise StoreError("The share of a sample lies above 0 and up to 100 percent.")
    return share


def _order(visit: Visit, name: str) -> str:
    return give(visit, Subject(scope="catalog", name=name))


def _lift(visit: Visit, name: str) -> str:
    return lift(visit, Subject(scope="catalog", name=name))
