"""Everything that requests share, put together once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from logging import INFO, WARNING
from pathlib import Path

from kirakat.bandit.configuration import load_policies
from kirakat.clock import Clock, SystemClock
from kirakat.engine.port.engine import Engine
from kirakat.service.answer import Decider
from kirakat.service.authenticate import Authenticator
from kirakat.service.choose import Chooser
from kirakat.service.contexts import Contexts
from kirakat.service.creative_cache import CreativeCache
from kirakat.service.decision_log import DecisionLog
from kirakat.service.decision_token import TokenWriter
from kirakat.service.demand import Demand
from kirakat.service.flush import Flusher
from kirakat.service.follow import Follower
from kirakat.service.generation import Generation
from kirakat.service.group_commit import GroupCommit
from kirakat.service.health import Health
from kirakat.service.json_logs import LOGGER
from kirakat.service.keyring import Keyring
from kirakat.service.lookup import Lookup
from kirakat.service.metrics import Metrics
from kirakat.service.open_intake import open_intake
from kirakat.service.plan_cache import PlanCache
from kirakat.service.policy_chooser import PolicyChooser
from kirakat.service.prompt_pools import PromptPools
from kirakat.service.rate_limit import RateLimit
from kirakat.service.resolve import Resolve
from kirakat.service.running_experiments import RunningExperiments
from kirakat.service.sessions import Sessions
from kirakat.service.snapshots import Pool, Snapshots
from kirakat.service.take_events import EventIntake
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
    pools: PromptPools
    creatives: CreativeCache
    follower: Follower
    lookup: Lookup
    demand: Demand
    decisions: DecisionLog
    flusher: Flusher
    snapshots: Snapshots
    experiments: RunningExperiments
    # None: decisions are written soon after their answer, or not at all.
    commit: GroupCommit | None
    resolve: Resolve
    intake: EventIntake

    def close(self) -> None:
        """Let threads and connections go."""
        self.lookup.close()
        if self.commit is not None:
            self.commit.close()
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
    policies = load_policies(Path(settings.policies) if settings.policies else None)
    generation = replace(generation, policies=policies)
    addresses = read_addresses(
        settings.public_url, settings.signed_images, settings.image_secret, settings.image_hours
    )
    keyring = Keyring(database, watch)
    authenticator = Authenticator(
        keyring, RateLimit(settings.rate_limit, watch), RateLimit(_GUESSES, watch), health
    )
    creatives = CreativeCache(settings.cache_entries, addresses, watch)
    plans = PlanCache(max(100, settings.cache_entries // 4), watch)
    pools = PromptPools(generation.pools, watch)
    demand = Demand(settings.buffer_entries, watch)
    # Ten items of one request are ten decisions, but seldom ten new keys.
    decisions = DecisionLog(10 * settings.buffer_entries)
    became_ready = _Stopwatch(metrics, demand, watch)
    follower = Follower(database, creatives, plans, pools, became_ready=became_ready)
    experiments = RunningExperiments(database, generation)
    lookup = Lookup(
        database, experiments, plans, pools, creatives, follower, health, watch,
        timeout=settings.resolve_timeout,
    )  # fmt: skip
    snapshots = Snapshots(database, policies, watch, told=_Told(metrics))
    sessions = Sessions(settings.cache_entries // 4)
    tokens = TokenWriter(settings.token_secret) if settings.decision_tokens else None
    commit = None
    if settings.durable_decisions and tokens is None:
        commit = GroupCommit(database, health, wait=settings.durable_wait)
    decider = Decider(
        chooser or PolicyChooser(policies, snapshots, sessions),
        Contexts(policies, metrics), demand, metrics, logs_in_trouble=tokens is not None,
    )  # fmt: skip
    resolve = Resolve(
        authenticator, plans, creatives, lookup, decider, decisions, health, metrics, watch,
        experiments=experiments,
        recipe=generation.recipe.label,
        # Without one, pseudonyms are this process's own.
        pseudonym_secret=settings.pseudonym_secret or secrets.token_hex(32),
        commit=commit,
        tokens=tokens,
    )  # fmt: skip
    flusher = Flusher(database, engine, generation, creatives, demand, decisions, watch)
    return Parts(
        settings=settings, database=database, blobs=blobs, engine=engine, generation=generation,
        clock=watch, addresses=addresses, health=health, metrics=metrics, keyring=keyring,
        authenticator=authenticator, plans=plans, pools=pools, creatives=creatives,
        follower=follower, lookup=lookup, demand=demand, decisions=decisions, flusher=flusher,
        snapshots=snapshots, experiments=experiments, commit=commit, resolve=resolve,
        intake=open_intake(settings, database, watch),
    )  # fmt: skip


class _Told:
    """Counts and logs what became of policy snapshots."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def __call__(self, pool: Pool, result: str, what: str) -> None:
        """A snapshot was loaded or refused."""
        self._metrics.snapshot(result)
        fields = {"merchant": pool[0], "category": pool[1], "what": what}
        level = WARNING if result == "refused" else INFO
        LOGGER.log(level, f"policy snapshot {result}", extra={"fields": fields})


class _Stopwatch:
    """Notes how long the keys took that this process asked for."""

    def __init__(self, metrics: Metrics, demand: Demand, clock: Clock) -> None:
        self._metrics, self._demand, self._clock = metrics, demand, clock

    def __call__(self, creative: KnownCreative) -> None:
        """A creative became ready."""
        asked_at = self._demand.asked_at(creative.key)
        if asked_at is not None:
            self._metrics.became_ready(self._clock.monotonic() - asked_at)
