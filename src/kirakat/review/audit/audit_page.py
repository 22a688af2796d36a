"""Who did what: the page for admins."""

from __future__ import annotations

from starlette.responses import Response

from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.audit import list_audit

_PAGE = 100


def show_audit(visit: Visit) -> Response:
    """The newest entries first, of everybody or of one person."""
    actor, action = visit.query("actor"), visit.query("action")
    with visit.desk.database.reading() as connection:
        found = list_audit(
            connection, visit.merchant_id, actor=actor, action=action,
            before=visit.query("before"), limit=_PAGE + 1,
        )  # fmt: skip
    return show(
        visit,
        "audit/audit.html.j2",
        entries=found[:_PAGE],
        actor=actor,
        action=action,
        older=found[_PAGE - 1].entry_id if len(found) > _PAGE else "",
    )
