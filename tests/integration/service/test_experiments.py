"""`resolve` while experiments run, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from kirakat.clock import SystemClock
from kirakat.experiments import change
from kirakat.experiments.assign import assign
from kirakat.experiments.definition import Targeting, Variant
from kirakat.store.database import Database
from kirakat.store.ledger import read_decisions
from kirakat.store.prompt_rows import put_recipe
from kirakat.store.pseudonym import pseudonym
from kirakat.store.tables import renders
from tests.integration.service.case import Case, eventually, generation, open_case
from tests.support.asks import RECIPE, later
from tests.support.experiments import some_experiment
from tests.support.snapshots import publish, snapshot_of

SECRET = "p" * 32
USERS = [f"user-{number}" for number in range(12)]
_TREATMENTS = (
    Variant(name="old", treatment="original"),
    Variant(name="new", treatment="generated"),
)
_POLICIES = (
    Variant(name="random", treatment="generated", policy="uniform"),
    Variant(name="learned", treatment="generated", policy="linucb"),
)
_TILE = next(name for name, one in generation().placements.items() if one.is_tile)


@pytest.fixture
def case(database: Database) -> Iterator[Case]:
    """A service with mugs of which nothing is ready."""
    opened = open_case(database, pseudonym_secret=SECRET)
    with opened.client:
        opened.put_feed()
        yield opened


def _begin(
    case: Case, variants: Sequence[Variant] = _TREATMENTS, *, waits: bool = True, **rest: Any
) -> None:
    """Start an experiment named "test"; `waits` until the service follows."""
    now = SystemClock().now()
    experiment = some_experiment(variants=tuple(variants), **rest)
    with case.parts.database.writing() as connection:
        change.create(connection, experiment, now=now, actor="test")
        change.start(connection, "shop", "test", now=now, actor="test")
    if waits:
        eventually(lambda: bool(case.parts.experiments.of("shop")))


def _ask(case: Case, user: str, context: Any = None, **item: Any) -> dict[str, Any]:
    body = {
        "items": [{"offer_id": "mug-0", "placement": "300x250", **item}],
        "context": context or {},
        "user": user,
    }
    answer = case.ask("POST", "/v1/creatives:resolve", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["items"][0]
    return found


def _record(case: Case, answer: dict[str, Any]) -> dict[str, Any]:
    """The decision behind an answer."""
    with case.parts.database.reading() as connection:
        found = read_decisions(connection, "shop", start=later(-1e9), end=later(1e9))
    return next(dict(one.record) for one in found if one.decision_id == answer["decision_id"])


def _user_of(case: Case, variant: str) -> str:
    """A user who is in a variant."""
    return next(user for user in USERS if _ask(case, user).get("variant") == variant)


def test_an_experiment_is_followed_within_seconds_and_until_it_stops(case: Case) -> None:
    """Otherwise a start changes nothing, or a stop does not end it."""
    _begin(case, waits=False)
    eventually(lambda: _ask(case, "ann").get("experiment") == "test")
    with case.parts.database.writing() as connection:
        now = SystemClock().now()
        change.stop(connection, "shop", "test", now=now, actor="test", note="")
    eventually(lambda: "experiment" not in _ask(case, "ann"))


def test_users_see_the_variant_of_their_pseudonyms_hash(case: Case) -> None:
    """Otherwise processes, and reports, disagree on who is in which group."""
    _begin(case)
    running = case.parts.experiments.of("shop")
    for user in USERS:
        unit = pseudonym(SECRET, "shop", user)
        expected = assign(running, unit=unit, attributes={})[0].variant
        answer = _ask(case, user)
        assert answer["variant"] == expected
        assert _record(case, answer)["assignment"] == {"test": expected}


def test_a_variants_treatment_is_what_is_served(case: Case) -> None:
    """Otherwise both groups see the same."""
    _begin(case)
    old, new = _user_of(case, "old"), _user_of(case, "new")
    for _ in range(60):
        _ask(case, new)
    case.make_ready()
    assert _ask(case, old)["treatment_served"] == "original"
    assert _ask(case, new)["treatment_served"] == "generated"


@pytest.mark.parametrize(
    "chosen", [{"treatment": "positioned"}, {"prompt": "kitchen-marble-counter"}]
)
def test_what_the_caller_chose_stays(case: Case, chosen: dict[str, str]) -> None:
    """Otherwise an experiment overrules the recommender, or counts what it could not change."""
    _begin(case)
    answer = _ask(case, "ann", **chosen)
    assert "experiment" not in answer
    assert _record(case, answer)["assignment"] == {}


@pytest.mark.parametrize(("user", "context"), [("", {}), ("ann", {"bot": True})])
def test_nobody_and_bots_are_not_assigned(case: Case, user: str, context: Any) -> None:
    """Otherwise machines are counted as users."""
    _begin(case)
    assert "experiment" not in _ask(case, user, context)


def test_targeting_by_category_looks_at_the_offer(case: Case) -> None:
    """Otherwise an experiment on kitchenware reaches everything, or nothing."""
    _begin(case, targeting=Targeting(categories=("kitchen",)))
    assert _ask(case, "ann")["experiment"] == "test"


def test_another_category_is_left_alone(case: Case) -> None:
    """Otherwise targeting is ignored."""
    _begin(case, targeting=Targeting(categories=("shoes",)))
    assert "experiment" not in _ask(case, "ann")


def test_a_tester_sees_the_variant_and_is_not_counted(case: Case) -> None:
    """Otherwise nobody can look first, or the looks are counted."""
    _begin(case)
    user = _user_of(case, "new")
    with case.parts.database.writing() as connection:
        change.override(
            connection, "shop", "test", unit=pseudonym(SECRET, "shop", user), variant="old",
            now=SystemClock().now(), actor="test",
        )  # fmt: skip
    eventually(lambda: _ask(case, user)["variant"] == "old")
    assert _record(case, _ask(case, user))["assignment"] == {}


def test_policies_choose_and_learn_apart(case: Case) -> None:
    """Otherwise the random group teaches LinUCB, and the groups become alike."""
    _begin(case, _POLICIES)
    users = {name: _user_of(case, name) for name in ("random", "learned")}
    for _ in range(60):
        _ask(case, users["random"])
    case.make_ready()
    arms = sorted(_record(case, _ask(case, users["random"]))["ready"])
    publish(case.parts.database, snapshot_of("kitchen#linucb", arms, arms[0]))

    def version(name: str) -> str:
        return str(_record(case, _ask(case, users[name]))["policy_version"])

    eventually(lambda: version("learned") == "kitchen#linucb@1")
    assert version("random") == ""
    categories = {name: _record(case, _ask(case, user))["category"] for name, user in users.items()}
    assert categories == {"random": "kitchen#uniform", "learned": "kitchen#linucb"}


def test_policies_do_not_matter_where_nothing_is_to_choose(case: Case) -> None:
    """Otherwise users of tiles, who see the same in both groups, dilute the answer."""
    _begin(case, _POLICIES)
    assert "experiment" not in _ask(case, "ann", placement=_TILE)
    assert "experiment" in _ask(case, "ann")


def test_a_recipe_is_made_and_learned_apart(case: Case) -> None:
    """Otherwise the new recipe is never drawn, or its clicks teach the old one's policy."""
    other = replace(RECIPE, version=2, detail=0.5)
    with case.parts.database.writing() as connection:
        for recipe in (RECIPE, other):
            put_recipe(connection, "shop", recipe, now=SystemClock().now())
    _begin(case, [Variant(name="old", recipe="test@1"), Variant(name="new", recipe="test@2")])
    old, new = (_ask(case, _user_of(case, name)) for name in ("old", "new"))
    assert _record(case, old)["recipe"] == "test@1"
    assert _record(case, new)["recipe"] == "test@2"
    assert _record(case, new)["category"] == "kitchen#test@2"
    eventually(lambda: _details(case) == {0.5, 1.0})


def _details(case: Case) -> set[float]:
    """The recipes' `detail` of all renders."""
    with case.parts.database.reading() as connection:
        inputs = connection.execute(select(renders.c.inputs)).scalars()
        return {one["recipe"]["detail"] for one in inputs}


def test_an_experiment_whose_recipe_is_unknown_is_left_out_whole(case: Case) -> None:
    """Otherwise one group gets nothing, or the service fails."""
    _begin(case, [Variant(name="old"), Variant(name="new", recipe="never@1")], waits=False)
    case.parts.experiments.look()
    assert case.parts.experiments.of("shop") == ()
    assert "experiment" not in _ask(case, "ann")


def test_a_decision_says_whether_every_variant_was_ready(case: Case) -> None:
    """Otherwise the triggered view compares what was there with what was not."""
    _begin(case)
    users = {name: _user_of(case, name) for name in ("old", "new")}
    assert _record(case, _ask(case, users["old"]))["all_ready"] is False
    for _ in range(60):
        for user in users.values():
            _ask(case, user)
    case.make_ready()
    for user in users.values():
        _ask(case, user)
        assert _record(case, _ask(case, user))["all_ready"] is True


def test_what_one_variant_cannot_have_is_in_the_experiment_for_nobody(case: Case) -> None:
    """Otherwise only the other variant's users are counted."""
    _begin(case, [Variant(name="usual"), Variant(name="new", prompt="no-such-prompt")])
    answers = [_ask(case, user) for user in USERS]
    assert not any("experiment" in answer for answer in answers)
    assert {answer["status"] for answer in answers} == {"pending"}


def test_all_variants_log_the_item_under_one_category(case: Case) -> None:
    """Otherwise a breakdown by category holds one variant here and the other there."""
    _begin(case)
    found = {
        _record(case, _ask(case, _user_of(case, name)))["item_category"] for name in ("old", "new")
    }
    assert found == {"kitchen"}
