"""Who makes a request: by a session's cookie, or by a reverse proxy's word."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from starlette.requests import Request

from kirakat.review.desk import Desk
from kirakat.review.web.cookies import form_token, session_token
from kirakat.review.web.csrf import csrf_token
from kirakat.store.accounts import find_account
from kirakat.store.review_records import Account
from kirakat.store.sessions import find_session

_PROXY_SECRET = "x-kirakat-proxy-secret"  # noqa: S105  the header's name


class Visitor(NamedTuple):
    """Somebody, or nobody, and the token that their forms must send."""

    person: Account | None
    csrf: str


def identify(request: Request, desk: Desk) -> Visitor:
    """The person behind a request; read from the store every time, so that a role that was
    taken away, or a session that was ended, is gone at once.
    """
    if desk.settings.login_header:
        return _by_proxy(request, desk)
    token = session_token(request, desk)
    if token:
        with desk.database.reading() as connection:
            person = find_session(connection, token, now=desk.clock.now())
        if person is not None:
            return Visitor(person, csrf_token(token, b"session"))
    form = form_token(request, desk)
    return Visitor(None, csrf_token(form, b"form") if form else "")


def _by_proxy(request: Request, desk: Desk) -> Visitor:
    settings = desk.settings
    sent = request.headers.get(_PROXY_SECRET, "")
    name = request.headers.get(settings.login_header, "")
    if not name or not hmac.compare_digest(sent.encode(), settings.login_secret.encode()):
        return Visitor(None, "")
    with desk.database.reading() as connection:
        person = find_account(connection, settings.merchant_id, name)
    if person is None or not person.active:
        return Visitor(None, "")
    return Visitor(person, csrf_token(person.account_id, settings.login_secret.encode()))
