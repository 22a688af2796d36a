"""Everything that requests share, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.clock import Clock, SystemClock
from kirakat.engine.port.engine import Engine
from kirakat.service.answer import Decider
from kirakat.service.authenticate import Authenticator
from kirakat.service.choose import Chooser, UniformChooser
from kirakat.service.creative_cache import CreativeCache
from kirakat.service.decision_log import DecisionLog
from kirakat.service.demand import Demand
from kirakat.service.flush import Flusher
from kirakat.service.follow import Follower
from kirakat.service.generation import Generation
from kirakat.service.health import Health
from kirakat.service.keyring import Keyring
from kirakat.service.lookup import Lookup
from kirakat.service.metrics import Metrics
from kirakat.service.plan_cache import PlanCache
from kirakat.service.rate_limit import RateLimit
from kirakat.service.resolve import Resolve
from kirakat.settings import Settings
from kirakat.store.blobs import Blobs
from kirakat.store.database import Database
from kirakat.store.image_addresses import ImageAddresses, read_addresses
from kirakat.store.known_creatives import KnownCreative

# Unknown tokens a second that one address may try.
_GUESSES = 5.0


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What handlers and background tasks work with."""

    settings: Settings
    database: Database
    blobs: Blobs
    engine: Engine
    generation: Generation
    clock: Clock
    addresses: ImageAddresses
    health: Health
    metrics: Metrics
    keyring: Keyring
    authenticator: Authenticator
    plans: PlanCache
    creatives: CreativeCache
    follower: Follower
    lookup: Lookup
    demand: Demand
    decisions: DecisionLog
    flusher: Flusher
    resolve: Resolve

    def close(self) -> None:
        """Let threads and connections go."""
        self.lookup.close()
        self.engine.close()
        self.database.close()


def assemble(
    settings: Settings,
    *,
    database: Database,
    blobs: Blobs,
    engine: Engine,
    generation: Generation,
    clock: Clock | None = None,
    chooser: Chooser | None = None,
) -> Parts:
    """The parts of one process. Raises `SettingsError`; touches neither database nor blobs."""
    watch, health, metrics = clock or SystemClock(), Health(), Metrics()
    addresses = read_addresses(
        settings.public_url, settings.signed_images, settings.image_secret, settings.image_hours
    )
    keyring = Keyring(database, watch)
    authenticator = Authenticator(
        keyring, RateLimit(settings.rate_limit, watch), RateLimit(_GUESSES, watch), health
    )
    creatives = CreativeCache(settings.cache_entries, addresses, watch)
    plans = PlanCache(max(100, settings.cache_entries // 4), watch)
    demand = Demand(settings.buffer_entries, watch)
    # Ten items of one request are ten decisions, but seldom ten new keys.
    decisions = DecisionLog(10 * settings.buffer_entries)
    follower = Follower(database, creatives, plans, became_ready=_Stopwatch(metrics, demand, watch))
    lookup = Lookup(
        database, generation, plans, creatives, follower, health, watch,
        timeout=settings.resolve_timeout,
    )  # fmt: skip
    resolve = Resolve(
        authenticator, plans, creatives, lookup,
        Decider(chooser or UniformChooser(), demand, decisions),
        decisions, health, metrics, watch, recipe=generation.recipe.label,
    )  # fmt: skip
    flusher = Flusher(database, engine, generation, creatives, demand, decisions, watch)
    return Parts(
        settings=settings, database=database, blobs=blobs, engine=engine, generation=generation,
        clock=watch, addresses=addresses, health=health, metrics=metrics, keyring=keyring,
        authenticator=authenticator, plans=plans, creatives=creatives, follower=follower,
        lookup=lookup, demand=demand, decisions=decisions, flusher=flusher, resolve=resolve,
    )  # fmt: skip


class _Stopwatch:
    """Notes how long the keys took that this process asked for."""

    def __init__(self, metrics: Metrics, demand: Demand, clock: Clock) -> None:
        self._metrics, self._demand, self._clock = metrics, demand, clock

    def __call__(self, creative: KnownCreative) -> None:
        """A creative became ready."""
        asked_at = self._demand.asked_at(creative.key)
        if asked_at is not None:
            self._metrics.became_ready(self._clock.monotonic() - asked_at)
