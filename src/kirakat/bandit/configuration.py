"""Which policy every pool runs: one TOML file, a table a category over the table "*"."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from kirakat.bandit.arms import ORIGINAL
from kirakat.bandit.decide import Rule
from kirakat.bandit.errors import BanditError
from kirakat.bandit.features.schema import DEFAULT_SCHEMA, FeatureSchema, load_schema
from kirakat.bandit.guardrails import Limits
from kirakat.bandit.prior import Prior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import POLICIES, Model, PolicySpecification
from kirakat.errors import SettingsError

DEFAULT_POLICIES = Path(__file__).with_name("default_policies.toml")
POSITIONED: Final = "positioned"
EVERY = "*"
# What a decision must have had to be learned from.
LearnFrom = Literal["impressions", "decisions"]

_MOST_BUILT = 10_000
# A category for which "*" holds: its policy is built once to see that it can be.
_ANY = "any"
_EXTRA_ARMS = (ORIGINAL, POSITIONED)
_SPECIFICATION = ("model", "policy", "forgetting")
_NESTED = ("options", "prior", "exposure")


@dataclass(frozen=True, kw_only=True)
class PoolPolicy:
    """How one pool chooses and learns."""

    category: str
    specification: PolicySpecification = field(default_factory=PolicySpecification)
    exposure: Exposure = field(default_factory=Exposure)
    rule: Rule = "ready"
    # Share of units whose arms are always drawn evenly.
    uniform_share: float = 0.05
    # Arms beside the pool's prompts: `original`, `positioned`.
    extra_arms: tuple[str, ...] = ()
    # Seconds after an impression in which a click counts for it.
    reward_window: float = 1800.0
    learn_from: LearnFrom = "impressions"
    # Seconds of event time in an epoch, the step of `specification.forgetting`.
    epoch: float = 86_400.0
    # Seconds for which a unit sees the same arm for an offer; 0: off.
    session_stable: float = 0.0
    # Seconds after which a snapshot is not trusted, and the p-value of an A/A check likewise.
    stale_after: float = 21_600.0
    aa_p_value: float = 0.001
    schema: FeatureSchema

    @property
    def limits(self) -> Limits:
        """When the pool's snapshot is not trusted, as `guardrails.trusted` takes it."""
        return Limits(stale_after=self.stale_after, aa_p_value=self.aa_p_value)


@dataclass(frozen=True)
class Policies:
    """The policies of all pools."""

    # What each table says over the one that it changes, by category; "*" for all the others.
    # "*#name" is a variant of any pool.
    tables: Mapping[str, Mapping[str, Any]]
    # Where paths in them begin.
    folder: Path
    # Those that were asked for: every impression asks.
    _built: dict[str, PoolPolicy] = field(default_factory=dict, repr=False, compare=False)

    def for_category(self, category: str) -> PoolPolicy:
        """The pool's policy, with its own category in it.

        A variant's pool "category#name" is the category's own with what [pool."*#name"] says, or
        with the policy of that name. Raises `SettingsError` for a table that says nothing good.
        """
        found = self._built.get(category)
        if found is None:
            found = _policy(category, self._table(category), self.folder)
            if len(self._built) < _MOST_BUILT:
                self._built[category] = found
        return found

    def _table(self, category: str) -> Mapping[str, Any]:
        if category in self.tables:
            return self.tables[category]
        base, mark, variant = category.partition("#")
        table = self.tables.get(base, self.tables[EVERY])
        if not mark:
            return table
        # "linucb+tiny@2": that policy, on another recipe's pictures.
        name = variant.partition("+")[0]
        named = {"policy": name} if name in POLICIES else {}
        return _over(table, self.tables.get(f"{EVERY}#{name}", named))


def load_policies(path: Path | None = None) -> Policies:
    """The policies of a file, over the shipped ones. Raises `SettingsError` naming file and pool.

    A user's "*" changes single values of the shipped "*", a category's table those of "*".
    """
    shipped = _read(DEFAULT_POLICIES)[EVERY]
    own = _read(path) if path is not None else {}
    every = _over(shipped, own.get(EVERY, {}))
    tables = {EVERY: every}
    for name, table in sorted(own.items()):
        is_variant = name.startswith(f"{EVERY}#")
        if name != EVERY:
            base = tables.get(name.partition("#")[0], every)
            tables[name] = table if is_variant else _over(base, table)
    policies = Policies(tables, (path or DEFAULT_POLICIES).parent)
    _build_all(policies)
    return policies


def _build_all(policies: Policies) -> None:
    """See that every table can be built, and every variant over every category."""
    variants = [name.partition("#")[2] for name in policies.tables if "#" in name]
    for name in policies.tables:
        category = name.replace(EVERY, _ANY)
        policies.for_category(category)
        for variant in variants if "#" not in name else ():
            policies.for_category(f"{category}#{variant}")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}", path=str(path)) from error
    pools = table.get("pool", {})
    if set(table) - {"pool"} or not all(isinstance(one, dict) for one in pools.values()):
        raise SettingsError(f'{path}: has nothing but tables [pool."*"] and [pool.<category>]')
    return dict(pools)


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `own`; of the tables inside likewise, unless the policy changes.

    Options belong to a policy: another policy starts with its own.
    """
    joined = {**base, **own}
    for name in _NESTED:
        if name in own and isinstance(own[name], dict):
            joined[name] = {**base.get(name, {}), **own[name]}
    if own.get("policy", base.get("policy")) != base.get("policy"):
        joined["options"] = dict(own.get("options", {}))
    return joined


def _policy(category: str, table: Mapping[str, Any], folder: Path) -> PoolPolicy:
    where = f"policy of {category!r}"
    try:
        policy = _built(category, dict(table), folder)
        policy.specification.build()
    except (BanditError, TypeError, ValueError) as error:
        raise SettingsError(f"{where}: {error}", category=category) from error
    _check(policy, where)
    return policy


def _built(category: str, table: dict[str, Any], folder: Path) -> PoolPolicy:
    model = {name: table.pop(name) for name in _SPECIFICATION if name in table}
    prior = dict(table.pop("prior", {}))
    if prior.get("category_ridge") == "none":
        prior["category_ridge"] = None
    specification = PolicySpecification(
        **model, options=dict(table.pop("options", {})), prior=Prior(**prior)
    )
    named = str(table.pop("features", ""))
    schema = load_schema(folder / named if named else DEFAULT_SCHEMA)
    exposure = Exposure(**table.pop("exposure", {}))
    extra = tuple(table.pop("extra_arms", ()))
    return PoolPolicy(
        category=category,
        specification=specification,
        exposure=exposure,
        extra_arms=extra,
        schema=schema,
        **table,
    )


def _check(policy: PoolPolicy, where: str) -> None:
    wrong = {
        f"model is one of {', '.join(get_args(Model))}": policy.specification.model
        in get_args(Model),
        "forgetting lies in (0, 1]": 0.0 < policy.specification.forgetting <= 1.0,
        "ridge is above 0": policy.specification.prior.ridge > 0.0,
        f"rule is one of {', '.join(get_args(Rule))}": policy.rule in get_args(Rule),
        f"learn_from is one of {', '.join(get_args(LearnFrom))}": policy.learn_from
        in get_args(LearnFrom),
        f"extra_arms are of {', '.join(_EXTRA_ARMS)}": set(policy.extra_arms) <= set(_EXTRA_ARMS),
        "uniform_share lies in [0, 1]": 0.0 <= policy.uniform_share <= 1.0,
        "reward_window, epoch and stale_after are above 0": min(
            policy.reward_window, policy.epoch, policy.stale_after
        )
        > 0.0,
        "session_stable is 0 or more": policy.session_stable >= 0.0,
    }
    for rule, holds in wrong.items():
        if not holds:
            raise SettingsError(f"{where}: {rule}", category=policy.category)
