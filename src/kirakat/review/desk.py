"""What the pages work with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from kirakat.clock import Clock, SystemClock
from kirakat.engine.port.engine import Engine
from kirakat.errors import SettingsError
from kirakat.review.dashboard.money import Rates
from kirakat.settings import Settings
from kirakat.store.blobs import Blobs
from kirakat.store.database import Database

# Where the pages are mounted.
ROOT = "/review"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One process' settings, store and engine, shared by all pages."""

    settings: Settings
    database: Database
    blobs: Blobs
    engine: Engine
    clock: Clock = field(default_factory=SystemClock)
    # What a render costs; None: no price is known.
    rates: Rates | None = None
    # Signs the tokens of forms that are shown before anybody is signed in.
    form_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __post_init__(self) -> None:
        if self.settings.login_header and len(self.settings.login_secret) < 16:
            raise SettingsError(
                "login_header needs login_secret, of 16 characters or more: openssl rand -hex 32"
            )

    @cached_property
    def is_secure(self) -> bool:
        """Whether people come by https, so that cookies must."""
        return urlsplit(self.settings.public_url).scheme == "https"

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port under which the pages are reached."""
        parts = urlsplit(self.settings.public_url)
        return f"{parts.scheme}://{parts.netloc}"
