"""The parts of a pass over a log: tallies, targets by name, and the Open Bandit format."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kirakat.bandit.configuration import load_policies
from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.doubly_robust import weigh_doubly_robust
from kirakat.bandit.ope.estimate import Estimate, NotEstimable, Requirements
from kirakat.bandit.ope.importance import ips, weigh_ips
from kirakat.bandit.ope.learn_before import grown
from kirakat.bandit.ope.name_targets import name_targets, read_targets
from kirakat.bandit.ope.open_bandit_log import OpenBanditChunks
from kirakat.bandit.ope.reward_model import cross_fit
from kirakat.bandit.ope.tally import Tally, answer_once
from kirakat.bandit.ope.targets import Always, Learned
from kirakat.bandit.sums import Batch, sums_of
from kirakat.cli.main import app
from kirakat.errors import SettingsError
from tests.support.late_creatives import draw_day

CONFIGURED = load_policies().for_category("shoes")
ITEMS = 8


def test_a_tally_in_parts_equals_one_at_once() -> None:
    """If it did not, the length of a page would change an estimate."""
    day = draw_day(5, 6_000)
    weighted = weigh_ips(day.rounds, day.target)
    tally = Tally("IPS", 2_000)
    for part in (slice(0, 2_500), slice(2_500, 6_000)):
        rows = np.zeros(6_000, np.bool_)
        rows[part] = True
        rounds = day.rounds.only(rows)
        tally.add(rounds, day.target[rows], weigh_ips(rounds, day.target[rows]))
    one = tally.answer(Requirements())
    two = answer_once("IPS", day.rounds, day.target, weighted, None)
    assert isinstance(one, Estimate)
    assert isinstance(two, Estimate)
    assert one.interval.low == pytest.approx(two.interval.low, rel=1e-12)
    assert one.interval.high == pytest.approx(two.interval.high, rel=1e-12)
    assert one.effective_clicks == pytest.approx(two.effective_clicks)


def test_fewer_groups_than_shoppers_keep_the_interval() -> None:
    """If they did not, bounded memory would be paid with wrong limits."""
    day = draw_day(6, 60_000)
    expected = cross_fit(day.rounds, day.contexts, folds=3)
    weighted = weigh_doubly_robust(day.rounds, day.target, expected)
    exact = answer_once("DR", day.rounds, day.target, weighted, None)
    tally = Tally("DR", 4_096)
    tally.add(day.rounds, day.target, weighted)
    shared = tally.answer(Requirements())
    assert isinstance(exact, Estimate)
    assert isinstance(shared, Estimate)
    assert shared.interval.value == pytest.approx(exact.interval.value)
    widths = [one.interval.high - one.interval.low for one in (exact, shared)]
    assert widths[1] == pytest.approx(widths[0], rel=0.06)


def test_the_floor_does_not_ask_for_lucky_clicks() -> None:
    """If it did, what is shown would be a third too high wherever few clicks were due."""
    values, truths, given = [], [], 0
    for seed in range(150):
        day = draw_day(seed, 11_000, uniform=0.3)
        found = ips(day.rounds, day.target)
        given += isinstance(found, Estimate)
        if isinstance(found, Estimate):
            values.append(found.interval.value)
            truths.append(day.truth)
    assert given > 120
    assert np.mean(values) == pytest.approx(np.mean(truths), rel=0.08)


def test_sums_grow_by_arms_and_columns() -> None:
    """If they did not, a prompt added half way would break the pass."""
    generator = np.random.default_rng(0)
    contexts = generator.normal(size=(50, 3))
    arms = generator.integers(0, 2, 50)
    small = sums_of(Batch(contexts=contexts, arms=arms, rewards=np.ones(50)), 2)
    wide = np.hstack([contexts, np.zeros((50, 2))])
    large = sums_of(Batch(contexts=wide, arms=arms, rewards=np.ones(50)), 3)
    found = grown(small, 3, 5)
    assert found.outer == pytest.approx(large.outer)
    assert found.reward == pytest.approx(large.reward)
    assert found.counts.tolist() == large.counts.tolist()


def test_policies_go_by_name() -> None:
    """If they did not, the command would judge another policy than the one asked for."""
    found = name_targets(["configured", "linucb-hybrid", "always:a@1"], CONFIGURED, {})
    assert [one.name for one in found] == ["configured", "linucb-hybrid", "always a@1"]
    assert isinstance(found[0], Learned)
    assert found[0].specification == CONFIGURED.specification
    assert isinstance(found[1], Learned)
    assert found[1].specification.model == "hybrid"
    assert isinstance(found[2], Always)


def test_an_unknown_policy_is_named() -> None:
    """If it were skipped, a typing slip would look like an answer."""
    with pytest.raises(BanditError, match="no policy 'linucbb'; there are configured, uniform"):
        name_targets(["linucbb"], CONFIGURED, {})


def test_a_policy_file_is_read(tmp_path: Path) -> None:
    """If a value were lost, the default would be judged under another name."""
    path = tmp_path / "policies.toml"
    path.write_text(
        "[policy.bold]\noptions = { exploration = 2.0 }\nprior = { ridge = 500.0 }\n"
        "exposure = { floor = 0.1 }\n"
    )
    bold = read_targets(path)["bold"]
    assert bold.specification.options == {"exploration": 2.0}
    assert bold.specification.prior.ridge == 500.0
    assert bold.exposure.floor == 0.1
    path.write_text("[policy.bold]\nalpha = 1\n")
    with pytest.raises(SettingsError, match=r"policies\.toml: policy 'bold'"):
        read_targets(path)


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """2,000 rows of a uniform log over 8 items in the dataset's format; item 0 is clicked most."""
    folder = tmp_path / "random" / "toy"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    with (folder / "item_context.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["", "item_id", "item_feature_0"])
        rows.writerows([[item, item, item / ITEMS] for item in range(ITEMS)])
    with (folder / "toy.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["", "timestamp", "item_id", "position", "click", "propensity_score",
                       "user_feature_0", "user_feature_1"])  # fmt: skip
        for row in range(2_000):
            item, user = int(generator.integers(ITEMS)), int(generator.integers(3))
            click = int(generator.random() < (0.3 if item == 0 else 0.05))
            rows.writerow([row, "2019-11-24", item, 1 + row % 3, click, 1 / ITEMS, user, "x"])
    return folder


def test_the_open_bandit_format_comes_in_chunks(campaign: Path) -> None:
    """If it came at once, the dataset's 26 million rows would not fit."""
    log = OpenBanditChunks(folder=campaign)
    chunks = list(log.chunks())
    assert [len(chunk.rounds) for chunk in chunks] == [100] * 20
    assert chunks[0].contexts.shape == (100, 1 + 3 + 2 * 8)
    assert chunks[0].contexts[:, :4].sum(axis=1).tolist() == [2.0] * 100
    assert chunks[0].even.all()
    assert log.frequencies().sum(axis=1) == pytest.approx([1.0] * 3)


def test_items_can_be_joined_into_groups(campaign: Path) -> None:
    """If propensities did not grow with a group, its estimate would be too high."""
    chunk = next(OpenBanditChunks(folder=campaign, item_groups=2).chunks())
    assert len(chunk.arms) == 2
    assert chunk.rounds.propensities.tolist() == [0.5] * 100
    with pytest.raises(BanditError, match="9 groups of 8 items"):
        next(OpenBanditChunks(folder=campaign, item_groups=9).chunks())


def test_the_command_judges_an_open_bandit_folder(campaign: Path) -> None:
    """If it did not, the dataset's own exercise could not be repeated from the shell."""
    arguments = ["ope", str(campaign), "--policy", "always:item0", "--policy", f"log:{campaign}",
                 "--estimator", "snips", "--fewest-clicks", "5", "--json"]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    best, own = told["findings"]
    assert best["interval"]["low"] < 0.3 < best["interval"]["high"]
    assert own["interval"]["value"] == pytest.approx(told["logged"]["interval"]["value"], rel=0.1)


def test_a_wrong_share_is_refused() -> None:
    """If it were taken, nothing would be judged and everything refused for lack of clicks."""
    from kirakat.bandit.ope.evaluate import EvaluationSettings

    with pytest.raises(BanditError, match="only teaches"):
        EvaluationSettings(train_share=1.0)


def test_never_ready_arms_have_no_estimate_in_parts() -> None:
    """If a tally forgot what the log never named, an unknown arm would be worth 0."""
    day = draw_day(0, 600)
    unknown = np.zeros_like(day.target)
    tally = Tally("IPS", 64)
    tally.add(day.rounds, unknown, weigh_ips(day.rounds, unknown))
    found = tally.answer(replace(Requirements(), effective_clicks=0.0))
    assert isinstance(found, NotEstimable)
    assert found.unlogged_mass == 1.0
