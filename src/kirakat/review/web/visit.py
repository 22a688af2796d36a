"""One request as a page sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from kirakat.errors import StoreError
from kirakat.review.desk import Desk
from kirakat.store.review_records import ROLES, Account, Role

# Characters of a form's text field.
_MAX_TEXT = 4_000


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request, who makes it, and the form that came with it."""

    request: Request
    desk: Desk
    # None before signing in.
    person: Account | None
    # What a form must send back as `csrf`.
    csrf: str
    form: FormData

    @property
    def account(self) -> Account:
        """The person, on pages that need one."""
        if self.person is None:
            raise StoreError("nobody is signed in")
        return self.person

    @property
    def merchant_id(self) -> str:
        """Whose pages these are: the account's, whatever the request says."""
        return self.account.merchant_id

    def may(self, role: Role) -> bool:
        """Whether the person has that role or a higher one."""
        return self.person is not None and ROLES.index(self.person.role) >= ROLES.index(role)

    def text(self, name: str, default: str = "") -> str:
        """A field of the form; raises `StoreError` for one that is far too long."""
        value = self.form.get(name, default)
        return _checked(name, default if isinstance(value, UploadFile) else value)

    def texts(self, name: str) -> list[str]:
        """All fields of that name."""
        found = self.form.getlist(name)
        return [_checked(name, item) for item in found if not isinstance(item, UploadFile)]

    def query(self, name: str) -> str:
        """A value of the address, empty without."""
        return self.request.query_params.get(name, "")[:_MAX_TEXT].replace("\0", "")

    def path(self, name: str) -> Any:
        """A part of the address."""
        return self.request.path_params[name]

    @property
    def wants_json(self) -> bool:
        """Whether a script asks."""
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def is_partial(self) -> bool:
        """Whether only a part of the page is wanted."""
        return self.request.headers.get("hx-request") == "true"


def _checked(name: str, value: str) -> str:
    if len(value) > _MAX_TEXT:
        raise StoreError(f"{name} has {len(value):,} characters; {_MAX_TEXT:,} are the most")
    # PostgreSQL keeps no NUL.
    return value.replace("\0", "")
