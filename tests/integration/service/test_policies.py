"""`resolve` with published policies, on both databases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from kirakat.service.decision_token import read_token
from kirakat.store.database import Database
from kirakat.store.decision_contexts import read_contexts
from kirakat.store.ledger import read_decisions
from kirakat.store.policy_snapshots import set_head
from kirakat.store.pseudonym import pseudonym
from tests.integration.service.case import Case, eventually, open_case
from tests.support.asks import later
from tests.support.snapshots import publish, snapshot_of

CATEGORY = "kitchen"
SECRET = "p" * 32


@pytest.fixture
def ready(database: Database) -> Iterator[Case]:
    """A service whose mugs have all their creatives."""
    with serving(database) as case:
        yield case.case


class serving:  # noqa: N801  a context manager
    """A running service with mugs that are ready."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.case = open_case(database, pseudonym_secret=SECRET, **settings)

    def __enter__(self) -> serving:
        self.case.client.__enter__()
        self.case.put_feed()
        for _ in range(60):
            ask(self.case)
        self.case.make_ready()
        return self

    def __exit__(self, *error: Any) -> None:
        self.case.client.__exit__(*error)


def ask(case: Case, user: Any = "ann", **context: Any) -> dict[str, Any]:
    """One impression of a mug."""
    body = {
        "items": [{"offer_id": "mug-0", "placement": "300x250", "position": 1}],
        "context": context,
        "user": user,
    }
    answer = case.ask("POST", "/v1/creatives:resolve", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["items"][0]
    return found


def arms_of(case: Case) -> list[str]:
    """The mug's prompts."""
    return sorted({ask(case)["arm"] for _ in range(60)} - {None})


def shares(case: Case, count: int = 60) -> Counter[str]:
    """What is shown."""
    return Counter(ask(case, f"shopper-{number}")["arm"] for number in range(count))


def records(case: Case) -> list[dict[str, Any]]:
    """All decisions, the first one first."""
    with case.parts.database.reading() as connection:
        found = read_decisions(connection, "shop", start=later(-1e9), end=later(1e9))
    return [{**one.record, "decision_id": one.decision_id} for one in found]


def is_served(case: Case, version: str) -> bool:
    """Whether the last decision was made by a version of the policy."""
    ask(case)
    return bool(records(case)[-1]["policy_version"] == version)


def test_what_was_learned_is_shown_within_seconds_and_rolled_back(ready: Case) -> None:
    """Otherwise learning changes nothing, and a bad policy stays."""
    arms = arms_of(ready)
    publish(ready.parts.database, snapshot_of(CATEGORY, arms, arms[0]))
    eventually(lambda: is_served(ready, f"{CATEGORY}@1"))
    assert shares(ready)[arms[0]] > 50
    publish(ready.parts.database, snapshot_of(CATEGORY, arms, arms[1]))
    eventually(lambda: is_served(ready, f"{CATEGORY}@2"))
    assert shares(ready)[arms[1]] > 50
    with ready.parts.database.writing() as connection:
        now = datetime.now(UTC)
        set_head(connection, "shop", CATEGORY, version=1, expected=2, actor="ann", now=now)
    eventually(lambda: is_served(ready, f"{CATEGORY}@1"))
    assert shares(ready)[arms[0]] > 50


def test_a_broken_snapshot_is_refused_and_the_last_one_goes_on(ready: Case) -> None:
    """Otherwise one bad file takes learning, or the page, down."""
    arms = arms_of(ready)
    good = snapshot_of(CATEGORY, arms, arms[0])
    publish(ready.parts.database, good)
    eventually(lambda: is_served(ready, f"{CATEGORY}@1"))
    publish(ready.parts.database, good, b"PK\x03\x04 no snapshot")
    refused = 'kirakat_policy_snapshots_total{result="refused"} 1.0'
    eventually(lambda: refused in ready.client.get("/metrics").text)
    assert is_served(ready, f"{CATEGORY}@1")
    publish(ready.parts.database, snapshot_of(CATEGORY, arms, arms[1]))
    eventually(lambda: is_served(ready, f"{CATEGORY}@3"))


@pytest.mark.parametrize(
    ("age", "aa", "reason"), [(7, 1.0, "older than"), (0, 1e-6, "A/A check failed")]
)
def test_a_policy_that_is_not_trusted_is_replaced_by_chance(
    ready: Case, age: float, aa: float, reason: str
) -> None:
    """Otherwise a dead learner's last word holds for ever."""
    arms = arms_of(ready)
    as_of = datetime.now(UTC) - timedelta(hours=age)
    publish(ready.parts.database, snapshot_of(CATEGORY, arms, arms[0], as_of=as_of, aa=aa))
    eventually(lambda: is_served(ready, f"{CATEGORY}@1"))
    assert shares(ready)[arms[0]] < 40
    assert reason in records(ready)[-1]["policy"]


def test_an_arm_that_the_snapshot_does_not_know_joins_as_a_cold_one(ready: Case) -> None:
    """Otherwise a new prompt waits for the learner, or for a restart."""
    arms = arms_of(ready)
    publish(ready.parts.database, snapshot_of(CATEGORY, arms[:-1], arms[0]))
    eventually(lambda: is_served(ready, f"{CATEGORY}@1"))
    last = records(ready)[-1]
    assert 0.0 < last["probabilities"][arms[-1]] <= 0.1 + 1e-9
    assert last["probabilities"][arms[0]] > 0.8


def test_a_decision_says_all_that_an_estimate_needs_and_nothing_of_the_shopper(
    ready: Case,
) -> None:
    """Otherwise nothing can be learned, or erased."""
    user = {"id": "ann@shop.example", "features": {"segment": "gift-hunters"}}
    answer = ask(ready, user, device="phone", hour=20)
    last = records(ready)[-1]
    assert last["decision_id"] == answer["decision_id"]
    assert (last["category"], last["catalog"], last["position"]) == (CATEGORY, "default", 1)
    assert last["propensity"] == last["probabilities"][last["chosen"]]
    assert (last["repeat"], last["assignment"]) == (False, {})
    assert "ann" not in json.dumps(last)
    with ready.parts.database.reading() as connection:
        context = read_contexts(connection, "shop", [answer["decision_id"]]).popitem()[1]
    assert context.unit == pseudonym(SECRET, "shop", "ann@shop.example")
    assert context.features is not None
    assert context.features[0] == (0, 1.0)
    assert context.context["context.daypart"] == "evening"
    assert "gift-hunters" not in json.dumps(context.context)


def test_without_consent_nothing_of_the_shopper_is_kept(ready: Case) -> None:
    """Otherwise a shopper who said no is tracked."""
    user = {"id": "ann", "consent": False, "features": {"segment": "gift-hunters"}}
    answer = ask(ready, user, device="phone")
    assert answer["logged"] is True
    with ready.parts.database.reading() as connection:
        assert read_contexts(connection, "shop", [answer["decision_id"]]) == {}
    lacks = 'kirakat_features_total{feature="user.segment",kind="missing"}'
    assert lacks in ready.client.get("/metrics").text


@pytest.mark.parametrize(
    "user",
    [7, [], {"id": 7}, {"id": "a" * 201}, {"consent": "yes"}, {"consent": 1}, {"name": "Ann"},
     {"features": []}, {"features": {"a": {}}}, {"features": {"a": "x" * 201}},
     {"features": {str(i): i for i in range(101)}}, {"features": {"look": ["a"]}}],
)  # fmt: skip
def test_what_is_no_user_is_told(case: Case, user: Any) -> None:
    """Otherwise a misspelt consent is taken for one that was given."""
    items = [{"offer_id": "mug-0", "placement": "300x250"}]
    answer = case.ask("POST", "/v1/creatives:resolve", json={"items": items, "user": user})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("user")


def test_original_and_positioned_can_be_arms(database: Database, tmp_path: Path) -> None:
    """Otherwise a pool can never find out that its backgrounds do harm."""
    path = tmp_path / "policies.toml"
    path.write_text('[pool.kitchen]\nextra_arms = ["original", "positioned"]\n', encoding="utf-8")
    with serving(database, policies=str(path)) as opened:
        case = opened.case
        found = [ask(case, f"s{number}") for number in range(120)]
        treatments = Counter(one["treatment_served"] for one in found)
        assert set(treatments) == {"original", "positioned", "generated"}
        assert {one["status"] for one in found} == {"ready"}
        original = next(one for one in found if one["treatment_served"] == "original")
        assert (original["arm"], original["key"]) == ("original", None)
        assert original["image_url"] == "https://shop.example/0.jpg"
        last = records(case)[-1]
        assert {"original", "positioned"} < set(last["probabilities"])
        assert last["served"] == last["chosen"]


def test_original_as_an_arm_is_shown_at_once_while_the_rest_is_made(
    database: Database, tmp_path: Path
) -> None:
    """Otherwise a new offer's first impressions are not decisions."""
    path = tmp_path / "policies.toml"
    path.write_text('[pool.kitchen]\nextra_arms = ["original"]\n', encoding="utf-8")
    case = open_case(database, policies=str(path))
    with case.client:
        case.put_feed()
        answer = ask(case)
        assert (answer["status"], answer["arm"]) == ("ready", "original")
        eventually(lambda: len(case.engine.jobs) == 1)


def test_the_papers_rule_shows_the_original_where_the_choice_is_not_ready(
    database: Database, tmp_path: Path
) -> None:
    """Otherwise the paper's own behaviour cannot be compared with."""
    path = tmp_path / "policies.toml"
    path.write_text('[pool.kitchen]\nrule = "literal"\n', encoding="utf-8")
    case = open_case(database, policies=str(path), pseudonym_secret=SECRET)
    with case.client:
        case.put_feed()
        first = ask(case)
        case.make_ready()
        found = [ask(case, f"s{number}") for number in range(30)]
        assert first["status"] == "pending"
        assert {one["status"] for one in found} == {"ready", "pending"}
        for one in records(case)[1:]:
            is_ready = one["chosen"] in one["ready"]
            assert one["served"] == (one["chosen"] if is_ready else "original")
            assert set(one["probabilities"]) == set(one["eligible"])


def test_a_decision_is_written_before_its_answer(ready: Case) -> None:
    """Otherwise a crash loses decisions whose clicks come in later."""
    names = [ask(ready)["decision_id"] for _ in range(5)]
    assert [one["decision_id"] for one in records(ready)][-5:] == names


def test_a_decision_can_be_written_soon_after(database: Database) -> None:
    """Otherwise a merchant with a slow disk waits for every page."""
    with serving(database, durable_decisions=False) as opened:
        answer = ask(opened.case)
        assert answer["logged"] is True
        opened.case.flush()
        assert records(opened.case)[-1]["decision_id"] == answer["decision_id"]


def test_a_database_that_refuses_leaves_decisions_unlogged(ready: Case) -> None:
    """Otherwise an answer names a decision that does not exist."""
    with ready.parts.database.writing() as connection:
        connection.execute(text("ALTER TABLE decisions RENAME TO decisions_away"))
    try:
        answer = ask(ready)
    finally:
        with ready.parts.database.writing() as connection:
            connection.execute(text("ALTER TABLE decisions_away RENAME TO decisions"))
    assert (answer["status"], answer["logged"], answer["decision_id"]) == ("ready", False, None)


def test_a_decision_can_be_sent_along_instead_of_written(database: Database) -> None:
    """Otherwise impressions are not learned from while the database is slow or away."""
    secret = "t" * 32
    with serving(database, decision_tokens=True, token_secret=secret) as opened:
        case = opened.case
        user = {"id": "ann", "features": {"segment": "gift-hunters"}}
        answer = ask(case, user)
        assert records(case) == []
        decision, context = read_token(secret, answer["token"])
        assert decision.decision_id == answer["decision_id"]
        assert json.loads(decision.record)["chosen"] == answer["arm"]
        assert context.unit == pseudonym(SECRET, "shop", "ann")
