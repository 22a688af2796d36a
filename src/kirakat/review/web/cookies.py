"""The cookies: a session's, and one that ties a sign-in form to a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kirakat.review.desk import Desk

_SESSION, _FORM = "kirakat_session", "kirakat_form"


def session_token(request: Request, desk: Desk) -> str:
    """The token that the browser sent; empty without."""
    return request.cookies.get(_name(_SESSION, desk), "")


def set_session(response: Response, token: str, desk: Desk) -> None:
    """Hand a session's token to the browser."""
    _set(response, _SESSION, token, int(desk.settings.session_hours * 3600), desk)


def clear_session(response: Response, desk: Desk) -> None:
    """Have the browser forget the token."""
    _set(response, _SESSION, "", 0, desk)


def form_token(request: Request, desk: Desk) -> str:
    """What the browser got with the sign-in form; empty without."""
    return request.cookies.get(_name(_FORM, desk), "")


def set_form_token(response: Response, token: str, desk: Desk) -> None:
    """Tie the sign-in form to this browser."""
    _set(response, _FORM, token, 3600, desk)


def _set(response: Response, name: str, value: str, seconds: int, desk: Desk) -> None:
    response.set_cookie(
        _name(name, desk), value, max_age=seconds, path="/",
        secure=desk.is_secure, httponly=True, samesite="lax",
    )  # fmt: skip


def _name(name: str, desk: Desk) -> str:
    """The prefix keeps other hosts of the domain from planting a cookie."""
    return f"__Host-{name}" if desk.is_secure else name
