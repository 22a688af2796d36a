"""Kirakat's own log, judged where the truth is known."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from kirakat.bandit.ope.chunk import Chunk
from kirakat.bandit.ope.decision_log import DecisionLog, LogSelection
from kirakat.bandit.ope.estimate import Answer, Estimate, NotEstimable
from kirakat.bandit.ope.evaluate import Evaluation, evaluate
from kirakat.bandit.ope.targets import Always, Learned, Target
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.prior import Prior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Floats
from kirakat.cli.main import app
from kirakat.store.database import Database
from kirakat.store.decision_contexts import erase_unit
from kirakat.store.ledger import append_events
from kirakat.store.ledger_records import EventRecord
from kirakat.store.quick_decisions import WrittenDecision, append_written_decisions
from kirakat.store.tables import events
from tests.databases import database, database_url, postgresql, sqlite_template
from tests.support.logged_decisions import (
    ARMS,
    CATEGORY,
    MERCHANT,
    START,
    Traffic,
    Truth,
    write_log,
)

__all__ = ["database", "database_url", "postgresql", "sqlite_template"]

TRAFFIC = Traffic(decisions=12_000, feature_version="f@1", segment=3)
LINUCB = PolicySpecification(prior=Prior(ridge=100.0))
FREE = Exposure(floor=0.0, cold_decisions=0.0)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A policy whose probabilities are kept, so that its true value can be told."""

    policy: Target
    seen: list[Floats] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The policy's."""
        return self.policy.name

    @property
    def specification(self) -> PolicySpecification:
        """The policy's."""
        assert isinstance(self.policy, Learned)
        return self.policy.specification

    def probabilities(self, chunk: Chunk, fitted: LinearPosterior | None) -> Floats:
        """The policy's, in the order of ARMS."""
        found = self.policy.probabilities(chunk, fitted)
        ordered = np.zeros((len(found), len(ARMS)))
        for column, arm in enumerate(chunk.arms.ids):
            ordered[:, ARMS.index(arm)] = found[:, column]
        self.seen.append(ordered)
        return found


def selection(**changes: object) -> LogSelection:
    """The whole log, read long after it ended."""
    chosen = LogSelection(
        merchant_id=MERCHANT, category=CATEGORY, start=START, end=START + timedelta(days=30),
        now=START + timedelta(days=30), reward_window=1800.0, feature_version="f@1", width=5,
    )  # fmt: skip
    return replace(chosen, **changes)  # type: ignore[arg-type]


def own_log(database: Database, **changes: object) -> DecisionLog:
    """Kirakat's reader of it."""
    return DecisionLog(database=database, selection=selection(**changes))


def learned(specification: PolicySpecification = LINUCB, name: str = "linucb") -> Learned:
    """A policy without limits."""
    return Learned(name=name, specification=specification, exposure=FREE)


def of(evaluation: Evaluation, policy: str, estimator: str) -> Answer:
    """One answer."""
    found = [
        one.answer
        for one in evaluation.findings
        if (one.policy, one.answer.estimator) == (policy, estimator)
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def truth(database: Database) -> Truth:
    """What was written."""
    return write_log(database, TRAFFIC)


@pytest.mark.parametrize("estimator", ["replay", "IPS", "SNIPS", "DR", "switch-DR"])
def test_a_learned_policy_is_worth_what_it_would_have_earned(
    estimator: str, database: Database, truth: Truth
) -> None:
    """If it were not, a policy would be switched on for clicks that do not come."""
    watched = Watched(policy=learned())
    evaluation = evaluate(own_log(database), [watched])
    found = of(evaluation, "linucb", estimator)
    assert isinstance(found, Estimate)
    worth = truth.value(np.concatenate(watched.seen))
    assert found.interval.low < worth < found.interval.high
    assert isinstance(evaluation.logged, Estimate)
    assert found.interval.value > evaluation.logged.interval.value
    assert (evaluation.read, evaluation.taught, evaluation.judged) == (12_000, 6_000, 6_000)


@pytest.mark.usefixtures("truth")
def test_no_decision_is_judged_by_what_it_taught(database: Database) -> None:
    """If one were, every flexible policy would look better than it is."""
    before, after = Watched(policy=learned()), Watched(policy=learned())
    evaluate(own_log(database), [before])
    last = START + 0.95 * TRAFFIC.span
    with database.writing() as connection:
        # The log is append-only for everyone else: this is another history, not a change of one.
        connection.exec_driver_sql(_without_trigger(database))
        connection.execute(
            update(events)
            .where(events.c.at >= last, events.c.kind == "click")
            .values(kind="conversion")
        )
    evaluate(own_log(database), [after])
    assert len(before.seen) == 10
    for one, two in zip(before.seen, after.seen, strict=True):
        assert (one == two).all()


def _without_trigger(database: Database) -> str:
    if database.is_sqlite:
        with database.reading() as connection:
            found = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events' "
                "AND sql LIKE '%UPDATE%'"
            )
            return f"DROP TRIGGER {found.scalar()}"
    return "ALTER TABLE events DISABLE TRIGGER USER"


@pytest.mark.usefixtures("truth")
def test_an_arm_never_ready_has_no_estimate(database: Database) -> None:
    """If a number came out, it would be invented."""
    evaluation = evaluate(own_log(database), [Always(arm_id="never@1")])
    for finding in evaluation.findings:
        assert isinstance(finding.answer, NotEstimable)
        assert "no logged decision" in finding.answer.reason
        assert finding.answer.unlogged_mass == 1.0


def test_an_arm_often_missing_tells_the_unlogged_mass(database: Database, truth: Truth) -> None:
    """If it did not, its clicks while it was ready would stand for all the day."""
    evaluation = evaluate(own_log(database), [Always(arm_id="beach@1")])
    found = of(evaluation, "always beach@1", "IPS")
    assert isinstance(found, NotEstimable)
    missing = 1.0 - truth.ready[6_000:, 1].mean()
    assert found.unlogged_mass == pytest.approx(missing)


@pytest.mark.usefixtures("truth")
def test_too_few_effective_clicks_are_refused(database: Database) -> None:
    """If they were not, a merchant's first day would decide his pictures."""
    early = own_log(database, end=START + TRAFFIC.span * 0.02)
    found = of(evaluate(early, [learned()]), "linucb", "IPS")
    assert isinstance(found, NotEstimable)
    assert "effective clicks expected, 20 needed" in found.reason


@pytest.mark.usefixtures("truth")
def test_what_cannot_be_used_is_counted(database: Database) -> None:
    """If it were dropped in silence, nobody would know what a number speaks of."""
    with database.writing() as connection:
        event = EventRecord(
            event_id="bot", merchant_id=MERCHANT, decision_id="r00000000-0", kind="click",
            record={"bot": True}, at=START,
        )  # fmt: skip
        append_events(connection, [event])
    log = own_log(database, now=START + TRAFFIC.span * 0.99)
    evaluate(log, [learned()])
    assert log.left_out["by a bot"] == 1
    assert 144 <= log.left_out["reward window still open"] <= 146
    other = own_log(database, category="hats")
    assert evaluate(other, [learned()]).judged == 0
    assert other.left_out == {"of another category": 12_000}


@pytest.mark.usefixtures("truth")
def test_clicks_after_the_reward_window_do_not_count(database: Database) -> None:
    """If they did, estimates would speak of other clicks than the learner's."""
    quick = own_log(database, reward_window=5.0)
    assert evaluate(quick, [learned()]).clicks == 0


def test_decisions_that_were_never_seen_are_left_out(database: Database) -> None:
    """If they counted, slow pages would look like bad pictures; by option they may."""
    write_log(database, replace(TRAFFIC, decisions=600, impressions=False))
    assert evaluate(own_log(database), [learned()]).judged == 0
    assert evaluate(own_log(database, impressions_only=False), [learned()]).judged > 0


@pytest.mark.usefixtures("truth")
def test_erased_shoppers_stay_in_the_log_without_context(database: Database) -> None:
    """If they broke an estimate, erasure would be put off."""
    with database.writing() as connection:
        assert erase_unit(connection, MERCHANT, f"{5:032x}") == 3
    chunk = next(own_log(database).chunks())
    assert chunk.contexts[15].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.usefixtures("truth")
def test_a_shoppers_decisions_are_one_cluster(database: Database) -> None:
    """If they were not, one eager shopper would look like many."""
    clusters = next(own_log(database).chunks()).rounds.clusters
    assert len(set(clusters[:3].tolist())) == 1
    assert len(set(clusters[:300].tolist())) == 100


@pytest.mark.usefixtures("truth")
def test_memory_is_bounded_by_pages(database: Database) -> None:
    """If the log came at once, a million decisions would not fit."""
    sizes = [len(chunk.rounds) for chunk in own_log(database).chunks()]
    assert sizes == [600] * 20


@pytest.mark.usefixtures("truth")
def test_half_of_the_pools_own_decisions_are_judged(database: Database) -> None:
    """If it were half of the merchant's log, a pool that had its traffic first had no answer."""
    later = START + timedelta(days=20)
    hats = [
        WrittenDecision(f"hat{number}", MERCHANT, json.dumps({"category": "hats"}), later)
        for number in range(20_000)
    ]
    with database.writing() as connection:
        append_written_decisions(connection, hats)
    log = own_log(database)
    found = evaluate(log, [learned()])
    assert (found.read, found.judged) == (12_000, 6_000)
    assert log.left_out["of another category"] == 20_000


def test_the_command_writes_its_report(
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If it did not, nobody without Python could ask what a policy would earn."""
    from kirakat.bandit.features.schema import load_schema

    write_log(database, replace(TRAFFIC, feature_version=load_schema().label))
    file = tmp_path / "mine.toml"
    file.write_text('[policy.bold]\npolicy = "linucb"\noptions = { exploration = 2.0 }\n')
    monkeypatch.setenv("KIRAKAT_DATABASE", database_url)
    arguments = ["ope", "--merchant", MERCHANT, "--policy", "always:never@1", "--policies",
                 str(file), "--estimator", "snips", "--out", str(tmp_path)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "12,000 decisions read" in result.output
    told = json.loads((tmp_path / "ope.json").read_text())
    assert [(one["policy"], one["estimable"]) for one in told["findings"]] == [
        ("always never@1", False), ("bold", True),
    ]  # fmt: skip
    assert "| bold | SNIPS |" in (tmp_path / "ope.md").read_text()
    assert (tmp_path / "ope.png").stat().st_size > 5_000


def test_a_log_of_several_pools_asks_for_one(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it chose by itself, shoes would be judged by hats."""
    write_log(database, replace(TRAFFIC, decisions=60))
    hat = WrittenDecision("hat", MERCHANT, json.dumps({"category": "hats"}), START)
    with database.writing() as connection:
        append_written_decisions(connection, [hat])
    monkeypatch.setenv("KIRAKAT_DATABASE", database_url)
    several = CliRunner().invoke(app, ["ope", "--merchant", MERCHANT])
    assert "it has hats, shoes" in str(several.exception)
    missing = CliRunner().invoke(app, ["ope", "--merchant", "nobody"])
    assert "no decisions" in str(missing.exception)
