"""The sign-in page, and signing out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from kirakat.errors import NotFoundError
from kirakat.review.desk import ROOT
from kirakat.review.people.attempts import FAILED, Addresses, is_locked
from kirakat.review.people.passwords import is_password
from kirakat.review.web.cookies import (
    clear_session,
    form_token,
    session_token,
    set_form_token,
    set_session,
)
from kirakat.review.web.csrf import csrf_token
from kirakat.review.web.refuse import refuse
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.accounts import find_account
from kirakat.store.audit import append_audit
from kirakat.store.merchants import get_merchant
from kirakat.store.review_records import Account
from kirakat.store.sessions import close_session, open_session

_WRONG = "The name or the password is wrong."
_SLOW = "Too many tries. Wait a quarter of an hour, or ask an admin for a new password."


def sign_in_form(visit: Visit) -> Response:
    """The form; for those who are signed in, the way on."""
    if visit.person is not None:
        return RedirectResponse(_target(visit.query("next")), 303)
    if visit.desk.settings.login_header:
        return refuse(visit, 403, "Your company's sign-in does not know you here: ask an admin.")
    return _form(visit, "", 200)


class SignIn:
    """Takes the form."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def __call__(self, visit: Visit) -> Response:
        """Start a session, with a fresh token whatever the browser had before."""
        client = visit.request.client
        if not self._addresses.may_try(client.host if client else ""):
            return _form(visit, _SLOW, 429)
        merchant_id = visit.text("merchant") or visit.desk.settings.merchant_id
        name, password = visit.text("name").strip(), visit.text("password")
        with visit.desk.database.reading() as connection:
            account = find_account(connection, merchant_id, name)
            if is_locked(connection, visit.desk, merchant_id, name):
                return _form(visit, _SLOW, 429)
        # Checked for unknown names too: the answer takes as long.
        is_right = is_password(password, account.password_hash if account else "")
        if account is None or not account.active or not is_right:
            _note_failure(visit, merchant_id, name)
            return _form(visit, _WRONG, 401)
        return _open(visit, account)


def sign_out(visit: Visit) -> Response:
    """End the session, here and in the store."""
    with visit.desk.database.writing() as connection:
        close_session(connection, session_token(visit.request, visit.desk))
        append_audit(
            connection, visit.merchant_id, actor=visit.account.name, action="signed out",
            now=visit.desk.clock.now(),
        )  # fmt: skip
    response = RedirectResponse(f"{ROOT}/login", 303)
    clear_session(response, visit.desk)
    return response


def _open(visit: Visit, account: Account) -> Response:
    desk, now = visit.desk, visit.desk.clock.now()
    expires_at = now + timedelta(hours=desk.settings.session_hours)
    with desk.database.writing() as connection:
        close_session(connection, session_token(visit.request, desk))
        token = open_session(connection, account, now=now, expires_at=expires_at)
        append_audit(
            connection, account.merchant_id, actor=account.name, action="signed in", now=now
        )
    response = RedirectResponse(_target(visit.text("next")), 303)
    set_session(response, token, desk)
    return response


def _note_failure(visit: Visit, merchant_id: str, name: str) -> None:
    with visit.desk.database.writing() as connection:
        try:
            get_merchant(connection, merchant_id)
        except NotFoundError:
            # An unknown merchant has no audit; its guesses are counted by address.
            return
        append_audit(
            connection, merchant_id, actor="", action=FAILED, subject=name[:100],
            now=visit.desk.clock.now(),
        )  # fmt: skip


def _form(visit: Visit, problem: str, status: int) -> Response:
    token = form_token(visit.request, visit.desk) or secrets.token_urlsafe(24)
    response = show(
        visit,
        "people/sign_in.html.j2",
        status=status,
        token=csrf_token(token, b"form"),
        problem=problem,
        merchant=visit.text("merchant") or visit.desk.settings.merchant_id,
        name=visit.text("name"),
        next=_target(visit.text("next") or visit.query("next")),
    )
    set_form_token(response, token, visit.desk)
    return response


def _target(wanted: str) -> str:
    """Where to go on: only pages of ours, whatever the address says."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith(f"{ROOT}/")
    return wanted if is_ours and "\\" not in wanted else f"{ROOT}/queue"
