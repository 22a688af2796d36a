"""Approve, reject, skip and undo by form or by script."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response

from kirakat.errors import StoreError
from kirakat.review.acts import Act, ActOutcome, perform
from kirakat.review.desk import ROOT
from kirakat.review.undo import undo
from kirakat.review.web.refuse import refuse
from kirakat.review.web.visit import Visit

_VERDICTS = ("approve", "reject", "skip")
_MOST = 1_000


def act(visit: Visit) -> Response:
    """Decide about one creative or many: fields `item` ("key:revision:state"), `verdict`,
    `reason`, `note`, and `next`, where a browser without scripts goes on.
    """
    acts = _acts(visit)
    desk = visit.desk
    with desk.database.writing() as connection:
        outcomes = perform(connection, acts, visit.account, desk.engine, now=desk.clock.now())
    failed = [outcome for outcome in outcomes if not outcome.done]
    if visit.wants_json:
        status = 409 if failed and len(outcomes) == 1 else 200
        return JSONResponse({"outcomes": [asdict(item) for item in outcomes]}, status)
    if failed:
        done = f"{len(outcomes) - len(failed)} done. " if len(outcomes) > 1 else ""
        told = " ".join(dict.fromkeys(item.message for item in failed[:5]))
        return refuse(visit, 409, f"{done}{told}")
    return RedirectResponse(_onward(visit, outcomes), 303)


def take_back(visit: Visit) -> Response:
    """Take a decision back: fields `key` and `event`."""
    desk, key = visit.desk, visit.text("key")
    with desk.database.writing() as connection:
        outcome = undo(connection, key, visit.text("event"), visit.account, now=desk.clock.now())
    if visit.wants_json:
        return JSONResponse({"outcomes": [asdict(outcome)]})
    query = urlsplit(visit.text("next")).query
    return RedirectResponse(f"{ROOT}/queue/{outcome.key}{'?' if query else ''}{query}", 303)


def _acts(visit: Visit) -> list[Act]:
    verdict, reason = visit.text("verdict"), visit.text("reason")
    # A button of a reason is a rejection by itself.
    verdict = verdict or ("reject" if reason else "")
    if verdict not in _VERDICTS:
        raise StoreError("Choose approve, reject or skip.")
    items = visit.texts("item")
    if not items:
        raise StoreError("Choose at least one picture first.")
    if len(items) > _MOST:
        raise StoreError(f"{_MOST:,} pictures at once are the most.")
    note = visit.text("note").strip()
    return [_act(item, verdict, reason, note) for item in dict.fromkeys(items)]


def _act(item: str, verdict: str, reason: str, note: str) -> Act:
    key, _, rest = item.partition(":")
    revision, _, state = rest.partition(":")
    if not revision.isdigit() or len(revision) > 9:
        raise StoreError("The form is damaged: load the page again.")
    return Act(
        key=key,
        revision=int(revision),
        state=state,
        verdict=verdict,  # type: ignore[arg-type]  # one of _VERDICTS
        reason=reason if verdict == "reject" else "",
        note=note,
    )


def _onward(visit: Visit, outcomes: list[ActOutcome]) -> str:
    """Where to go on, with the offer to take a single decision back."""
    parts = urlsplit(visit.text("next"))
    path = parts.path if parts.path in (f"{ROOT}/queue", f"{ROOT}/queue/next") else f"{ROOT}/queue"
    query = [part for part in parts.query.split("&") if part and not part.startswith("undo=")]
    if len(outcomes) == 1:
        query.append(f"undo={outcomes[0].key}:{outcomes[0].event_id}")
    return f"{path}?{'&'.join(query)}" if query else path
