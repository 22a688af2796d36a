"""From the names that a person gives to the policies that are judged."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kirakat.bandit.configuration import PoolPolicy
from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.targets import Always, Learned, Target
from kirakat.bandit.prior import Prior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import POLICIES, PolicySpecification
from kirakat.errors import SettingsError

CONFIGURED = "configured"
HYBRID = "linucb-hybrid"
DEFAULT_NAMES = ("uniform", "best_fixed", "greedy_ridge", "thompson", "linucb", HYBRID)


def name_targets(
    names: Iterable[str],
    configured: PoolPolicy,
    own: Mapping[str, Learned],
    frequencies: Callable[[Path], Target] | None = None,
) -> tuple[Target, ...]:
    """The policies by name; raises `BanditError` saying which names there are.

    `configured` is the pool's own; `own` those of a file; `frequencies` reads what another log in
    the Open Bandit Dataset's format shows.
    """
    return tuple(_target(name, configured, own, frequencies) for name in dict.fromkeys(names))


def _target(
    name: str,
    configured: PoolPolicy,
    own: Mapping[str, Learned],
    frequencies: Callable[[Path], Target] | None,
) -> Target:
    kind, _, rest = name.partition(":")
    if kind == "always" and rest:
        return Always(arm_id=rest)
    if kind == "log" and rest and frequencies is not None:
        return frequencies(Path(rest))
    if name in own:
        return own[name]
    if name == CONFIGURED:
        specification = configured.specification
    elif name == HYBRID:
        specification = PolicySpecification(model="hybrid")
    elif name in POLICIES:
        specification = PolicySpecification(policy=name)
    else:
        there = ", ".join((CONFIGURED, *POLICIES, HYBRID, *own, "always:ARM"))
        raise BanditError(f"no policy {name!r}; there are {there}", policy=name)
    return Learned(name=name, specification=specification, exposure=configured.exposure)


def read_targets(path: Path) -> dict[str, Learned]:
    """The tables [policy.NAME] of a TOML file. Raises `SettingsError` naming file and policy."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("policy", {})
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}", path=str(path)) from error
    if not tables:
        raise SettingsError(f"{path}: has no table [policy.NAME]", path=str(path))
    return {name: _learned(name, table, path) for name, table in tables.items()}


def _learned(name: str, table: Mapping[str, Any], path: Path) -> Learned:
    rest = dict(table)
    try:
        prior, exposure = Prior(**rest.pop("prior", {})), Exposure(**rest.pop("exposure", {}))
        specification = PolicySpecification(**rest, prior=prior)
        specification.build()
    except (BanditError, TypeError) as error:
        raise SettingsError(f"{path}: policy {name!r}: {error}", policy=name) from error
    return Learned(name=name, specification=specification, exposure=exposure)
