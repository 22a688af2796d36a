"""Reports of small logs: what they say, and what they refuse to say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kirakat.experiments import plots
from kirakat.experiments.definition import Comparison, Experiment, Guardrail, Variant
from kirakat.experiments.read_log import read_log
from kirakat.experiments.report import build_report, panel_of
from kirakat.experiments.report_facts import ComparisonFacts, ExperimentFacts, Report, Study
from kirakat.experiments.report_files import as_json, write_report
from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from tests.support.event_rows import QUESTION, START, Row, click_sums, rows, write

pytest.importorskip("duckdb", reason="needs kirakat[experiments]")
pytest.importorskip("matplotlib", reason="needs kirakat[experiments]")

EXPERIMENT = Experiment(
    merchant_id="shop",
    name="test",
    title="A <test>",
    seed="test",
    variants=(
        Variant(name="original", treatment="original"),
        Variant(name="generated", treatment="generated"),
    ),
    planned_units=400,
    secondary=("conversions_per_user", "cpa"),
    guardrails=(Guardrail(metric="conversions_per_user", margin=0.05),),
    comparisons=(Comparison(treated="generated", control="original"),),
    breakdowns=("placement", "catalog"),
)
ROWS = rows(4_000, units=400)


def report_of(folder: Path, values: list[Row], **changed: Any) -> Report:
    """The report of a log; `changed`: fields of the study."""
    write(folder, values)
    question = replace(QUESTION, end=START + timedelta(days=30))
    sums = read_log(folder, question)
    study = Study(experiment=EXPERIMENT, sums=sums, weights=(1, 1), is_final=True, truth={})
    return build_report([replace(study, **changed)], title="Test", made_at=START)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a log with nothing wrong."""
    return report_of(tmp_path_factory.mktemp("log"), ROWS)


def facts_of(report: Report) -> tuple[ExperimentFacts, ComparisonFacts]:
    """The only experiment and its only comparison."""
    return report.experiments[0], report.experiments[0].comparisons[0]


def test_the_headline_is_intention_to_treat(report: Report) -> None:
    """If it were not, users without a picture would be left out of one group only."""
    expected = click_sums(ROWS)
    assert facts_of(report)[1].headline.lift == relative_lift(
        expected["generated"], expected["original"]
    )


def test_a_running_experiment_shows_the_sequence(tmp_path: Path, report: Report) -> None:
    """If it did not, whoever looks daily would find differences that are not there."""
    running = facts_of(report_of(tmp_path, ROWS, is_final=False))[1].headline.lift
    fixed = facts_of(report)[1].headline.lift
    assert isinstance(running, Estimate)
    assert isinstance(fixed, Estimate)
    assert running.high - running.low > fixed.high - fixed.low


def test_unknown_readiness_leaves_no_triggered_view(tmp_path: Path) -> None:
    """If it did, ready impressions of one group would meet all of the other."""
    blind = [{key: value for key, value in row.items() if key != "is_triggered"} for row in ROWS]
    ways = facts_of(report_of(tmp_path, blind))[1].estimates
    found = next(way.result for way in ways if way.name == "Triggered")
    assert isinstance(found, NotEstimable)


def test_few_clicks_are_not_estimable(tmp_path: Path) -> None:
    """If they were, a lift of three clicks would be printed with an interval."""
    found = facts_of(report_of(tmp_path, ROWS[:60]))[1].headline.lift
    assert isinstance(found, NotEstimable)
    assert "clicks" in found.reason


def test_changed_weights_leave_the_sample_ratio_unchecked(tmp_path: Path) -> None:
    """If they did not, a change of weights would look like a broken experiment."""
    found = facts_of(report_of(tmp_path, ROWS, weights=None))[0].sample_ratio
    assert isinstance(found, NotEstimable)


def test_lost_users_are_called(tmp_path: Path) -> None:
    """If they were not, a broken experiment would be believed."""
    lopsided = [row for row in ROWS if row["variant"] == "original" or int(row["unit"][1:]) < 200]
    found = facts_of(report_of(tmp_path, lopsided))[0].sample_ratio
    assert not isinstance(found, NotEstimable)
    assert found.is_mismatch


@pytest.mark.parametrize(
    ("variants", "panel"),
    [
        ((Variant(name="a", treatment="original"), Variant(name="b", treatment="positioned")),
         "phase 1"),
        ((Variant(name="a", recipe="x@1"), Variant(name="b", recipe="x@2")), "phase 2 recipes"),
        ((Variant(name="a", treatment="original"),
          Variant(name="b", treatment="generated", recipe="x@2")), "phase 2 original"),
        ((Variant(name="a", policy="uniform"), Variant(name="b", policy="linucb")), "phase 3"),
        ((Variant(name="a", prompt="p"), Variant(name="b", prompt="q")), "other"),
    ],
)  # fmt: skip
def test_comparisons_find_their_panel(variants: tuple[Variant, ...], panel: str) -> None:
    """If they did not, Figure 4 would mix up the phases."""
    pair = Comparison(treated="b", control="a")
    assert panel_of(replace(EXPERIMENT, variants=variants), pair) == panel


def test_a_report_is_page_data_and_pictures(tmp_path: Path, report: Report) -> None:
    """If it were not, there would be nothing to mail, to compute with or to put on a slide."""
    written = write_report(report, tmp_path)
    assert {path.name for path in written} >= {"report.html", "report.json", "figure-4.png"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "A &lt;test&gt;" in page
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data["experiments"][0]["comparisons"][0]["rows"][0]["treated"] == "generated"


def test_pictures_of_the_same_facts_are_alike(report: Report) -> None:
    """If they were not, nobody could tell whether a report was changed."""
    first, second = (plots.as_svg(plots.draw_figure_4(report.rows)) for _ in range(2))
    assert first == second


def test_what_is_not_estimable_is_no_number_in_json() -> None:
    """If it were, a script would take it for a result."""
    assert as_json(NotEstimable("too few")) == {"not_estimable": "too few"}
