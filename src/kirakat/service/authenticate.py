"""From a request's header to its caller, or a problem."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from kirakat.errors import StoreError
from kirakat.service.health import Health
from kirakat.service.keyring import Caller, Keyring, Scope, is_token
from kirakat.service.problems import ProblemError
from kirakat.service.rate_limit import RateLimit

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class DatabaseDownError(ProblemError):
    """Nobody can be told from anybody."""

    def __init__(self) -> None:
        super().__init__(503, "The database is down.", headers={"Retry-After": "5"})


class Authenticator:
    """Knows callers, and slows down those who ask too often or guess."""

    def __init__(
        self, keyring: Keyring, limits: RateLimit, guesses: RateLimit, health: Health
    ) -> None:
        self._keyring, self._limits, self._guesses = keyring, limits, guesses
        self._health = health

    async def caller(self, authorization: str, host: str, scope: Scope) -> Caller:
        """The caller, if the key is good and has the scope and requests left.

        Raises `ProblemError` 401, 403 or 429, and `DatabaseDownError` for a key that is not
        remembered while the database is down.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not is_token(token):
            raise ProblemError(401, "Send Authorization: Bearer <API key>.", headers=_CHALLENGE)
        caller = self._keyring.remembered(token) or await self._look_up(token, host)
        if scope not in caller.scopes:
            raise ProblemError(403, f"The API key lacks the scope {scope}.")
        wait = self._limits.take(caller.key_id)
        if wait:
            raise _too_many(wait)
        return caller

    async def _look_up(self, token: str, host: str) -> Caller:
        wait = self._guesses.take(host, 0.0)
        if wait:
            raise _too_many(wait)
        try:
            found = await run_in_threadpool(self._keyring.find, token)
        except StoreError as error:
            self._health.fails("database", str(error))
            raise DatabaseDownError from error
        if found is None:
            self._guesses.take(host)
            raise ProblemError(401, "The API key is not good.", headers=_CHALLENGE)
        return found


def _too_many(wait: float) -> ProblemError:
    seconds = max(1, round(wait + 0.5))
    return ProblemError(429, "Too many requests.", headers={"Retry-After": str(seconds)})
