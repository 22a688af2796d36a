"""Who asks: API keys, looked up once and then remembered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from kirakat.clock import Clock
from kirakat.hashing import sha256_bytes
from kirakat.service.lru import Lru
from kirakat.store.api_keys import find_api_key
from kirakat.store.database import Database
from kirakat.store.watch import read_live_keys

# resolve: pictures and their making. read: look at everything. write: catalogues and
# cancelling. callbacks: endpoints and their secrets. events: what shoppers did.
Scope = Literal["resolve", "read", "write", "callbacks", "events"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_TOKEN = re.compile(r"kk_[0-9a-f]{16}_[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """An API key that is good, and what it may do."""

    merchant_id: str
    key_id: str
    scopes: frozenset[str]


class Keyring:
    """Keys that are good, by the hash of their token.

    A key that was found stays good until `refresh` finds that it is not: that is done twice a
    second, and while the database is down nobody is locked out.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._callers: Lru[str, Caller] = Lru(10_000)

    def remembered(self, token: str) -> Caller | None:
        """The caller of a token that was looked up before."""
        return self._callers.get(sha256_bytes(token.encode()))

    def find(self, token: str) -> Caller | None:
        """The caller of a token, from the database; None for a wrong one. Raises `StoreError`."""
        if not _TOKEN.fullmatch(token):
            return None
        with self._database.reading() as connection:
            key = find_api_key(connection, token, now=self._clock.now())
        if key is None:
            return None
        caller = Caller(merchant_id=key.merchant_id, key_id=key.key_id, scopes=key.scopes)
        self._callers.put(sha256_bytes(token.encode()), caller)
        return caller

    def refresh(self) -> None:
        """Forget keys that were revoked or have expired. Raises `StoreError`."""
        known = {name: self._callers.get(name) for name in self._callers.keys()}  # noqa: SIM118
        ids = {caller.key_id for caller in known.values() if caller}
        if not ids:
            return
        with self._database.reading() as connection:
            live = read_live_keys(connection, ids, now=self._clock.now())
        for name, caller in known.items():
            if caller and caller.key_id not in live:
                self._callers.drop(name)


def is_token(token: str) -> bool:
    """Whether it has the shape of a token."""
    return _TOKEN.fullmatch(token) is not None
