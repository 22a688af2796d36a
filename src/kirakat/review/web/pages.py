"""Make a handler a page: only for those who may, never for other sites, in a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kirakat.errors import ConflictError, KirakatError, NotFoundError
from kirakat.review.desk import ROOT, Desk
from kirakat.review.web.csrf import HEADER, SAFE_METHODS, is_own
from kirakat.review.web.headers import protect
from kirakat.review.web.refuse import refuse
from kirakat.review.web.sign_in import identify
from kirakat.review.web.visit import Visit
from kirakat.store.review_records import Role

Handler = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]
# Fields of one form: the bulk form has one for each picture.
_MAX_FIELDS = 3_000


def page(desk: Desk, handler: Handler, *, role: Role | None) -> Endpoint:
    """The endpoint of a handler; `role` None: for everybody, signed in or not."""

    async def endpoint(request: Request) -> Response:
        form = FormData()
        if request.method not in SAFE_METHODS:
            form = await request.form(max_fields=_MAX_FIELDS, max_files=1)
        try:
            response = await run_in_threadpool(_answer, request, form, desk, handler, role)
        finally:
            await form.close()
        return protect(response)

    return endpoint


def _answer(
    request: Request, form: FormData, desk: Desk, handler: Handler, role: Role | None
) -> Response:
    visitor = identify(request, desk)
    visit = Visit(request=request, desk=desk, person=visitor.person, csrf=visitor.csrf, form=form)
    if role is not None and visit.person is None:
        return _to_sign_in(visit)
    if request.method not in SAFE_METHODS:
        sent = request.headers.get(HEADER) or visit.text("csrf")
        if not is_own(request, sent, visit.csrf, desk):
            return refuse(
                visit, 403, "This form has run out or came from another site. Go back, load the "
                "page again and repeat it.",
            )  # fmt: skip
    if role is not None and not visit.may(role):
        return refuse(visit, 403, f"Only a {role} may do this.")
    try:
        return handler(visit)
    except NotFoundError as error:
        return refuse(visit, 404, str(error))
    except ConflictError as error:
        return refuse(visit, 409, str(error))
    except KirakatError as error:
        status = 503 if error.__cause__ is not None else 422
        return refuse(visit, status, str(error) if status == 422 else "The database is down.")


def _to_sign_in(visit: Visit) -> Response:
    """To the sign-in page, and back afterwards; scripts are told so."""
    request = visit.request
    if visit.wants_json or visit.is_partial or request.method not in SAFE_METHODS:
        response = refuse(visit, 401, "You are signed out. Sign in again.")
        response.headers["HX-Redirect"] = f"{ROOT}/login"
        return response
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{ROOT}/login?next={quote(request.url.path + query)}", 303)
