"""The intake of events as the settings describe it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from kirakat.bandit.configuration import load_policies
from kirakat.bandit.learner.timing import Slicing
from kirakat.clock import Clock
from kirakat.service.decision_token import read_token
from kirakat.service.take_events import EventIntake
from kirakat.settings import Settings
from kirakat.store.database import Database


def open_intake(settings: Settings, database: Database, clock: Clock) -> EventIntake:
    """An intake on a database that need not be up. Raises `SettingsError`."""
    return EventIntake(
        database,
        clock,
        load_policies(Path(settings.policies) if settings.policies else None),
        Slicing(seconds=settings.learn_slice, wait=settings.learn_wait),
        read_token=partial(read_token, settings.token_secret),
        bot_clicks=settings.bot_clicks,
        waits_for_decisions=not settings.durable_decisions,
    )
