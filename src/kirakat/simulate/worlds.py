"""The file of worlds, as records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from kirakat.errors import SettingsError

WORLDS = Path(__file__).with_name("worlds.toml")


@dataclass(frozen=True, kw_only=True)
class WorldSettings:
    """What a world's truths are drawn from."""

    name: str
    # Worth of personalisation: best arm for everyone over best single arm, less 1.
    personalisation: float
    linear: bool


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is difficult about the traffic."""

    name: str
    # Rounds from a decision to the end of its reward window.
    delay: int = 0
    # Whether tastes are drawn anew half way.
    change: bool = False
    # Whether creatives are missing at first.
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """Every world and variant, and what they share; see worlds.toml for the meanings."""

    rounds: int
    batch: int
    ctr: float
    arms: int
    tags: int
    tags_per_arm: int
    groups: tuple[int, ...]
    numbers: int
    arm_spread: float
    shared: float
    worlds: tuple[WorldSettings, ...]
    variants: tuple[Variant, ...]

    @property
    def width(self) -> int:
        """Values of a context: 1, the groups' columns, the numbers."""
        return 1 + sum(self.groups) + self.numbers


def load_worlds(path: Path = WORLDS) -> Worlds:
    """Read a file of worlds. Raises `SettingsError` naming the file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        worlds = tuple(WorldSettings(**row) for row in table.pop("world"))
        variants = tuple(Variant(**row) for row in table.pop("variant"))
        groups = tuple(table.pop("groups"))
        return Worlds(worlds=worlds, variants=variants, groups=groups, **table)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: {error!r}", path=str(path)) from error
