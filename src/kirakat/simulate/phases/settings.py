"""The file of phases, as records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kirakat.errors import SettingsError

PHASES = Path(__file__).with_name("phases.toml")


@dataclass(frozen=True, kw_only=True)
class PlacementTraffic:
    """A placement's part of the traffic; see phases.toml for the meanings."""

    name: str
    share: float
    clicks: float
    effect: float


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A catalogue and its shoppers; see phases.toml for the meanings."""

    name: str
    users: int
    visits: float
    visit_shape: float
    impressions_a_visit: float
    ctr: float
    click_shape: float
    offers: int
    categories: tuple[str, ...]
    # True relative changes of the click rate where a creative is shown.
    positioned: float
    generated: float
    improved: float
    personalisation: float


@dataclass(frozen=True, kw_only=True)
class Phases:
    """Everything that is believed; see phases.toml for the meanings."""

    start: datetime
    days: int
    days_before: int
    click_delay_hours: float
    conversion_rate: float
    order_value: float
    cost_per_click: float
    ready_hours: float
    never_ready: float
    quality_slope: float
    placements: tuple[PlacementTraffic, ...]
    domains: tuple[Domain, ...]

    @property
    def end(self) -> datetime:
        """When the log is read."""
        return self.start + timedelta(days=self.days)


def load_phases(path: Path = PHASES) -> Phases:
    """Read a file of phases. Raises `SettingsError` naming the file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        placements = tuple(PlacementTraffic(**row) for row in table.pop("placement"))
        domains = tuple(
            Domain(categories=tuple(row.pop("categories")), **row) for row in table.pop("domain")
        )
        return Phases(placements=placements, domains=domains, **table)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: {error!r}", path=str(path)) from error
