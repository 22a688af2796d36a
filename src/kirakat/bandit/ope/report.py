"""What an evaluation says, for machines and for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

from kirakat.bandit.ope.estimate import Answer, Estimate
from kirakat.bandit.ope.evaluate import Evaluation


class Line(NamedTuple):
    """A row of the table."""

    policy: str
    estimator: str
    click_rate: str
    # Effective ones, after Kish.
    clicks: str
    # Share of the policy's choices that the log could not have made.
    unlogged: str
    # The interval, or why there is no estimate.
    interval: str


HEADINGS = Line(
    policy="policy",
    estimator="estimator",
    click_rate="click rate",
    clicks="clicks",
    unlogged="unlogged",
    interval="95 % interval",
)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything, JSON-ready; what has no estimate has a reason and no number."""
    plain = asdict(evaluation)
    plain["arms"] = {
        arm: {"decisions": shown, "clicks": clicked}
        for arm, (shown, clicked) in evaluation.arms.items()
    }
    plain["logged"] = _plain(evaluation.logged)
    plain["findings"] = [
        {"policy": finding.policy, **_plain(finding.answer)} for finding in evaluation.findings
    ]
    return plain


def table_of(evaluation: Evaluation) -> list[Line]:
    """The log's own policy first, then every policy and estimator."""
    return [
        _line("as logged", evaluation.logged),
        *(_line(finding.policy, finding.answer) for finding in evaluation.findings),
    ]


def summary_of(evaluation: Evaluation) -> list[str]:
    """Sentences on what was read, and what not."""
    found = evaluation
    lines = [
        f"{found.log}: {found.read:,} decisions read; the first {found.taught:,} only taught, "
        f"{found.judged:,} were judged ({found.clicks:,} clicks; {found.even:,} drawn evenly, "
        "which is what replay uses)."
    ]
    if found.repeats:
        lines.append(
            f"{found.repeats:,} of them are repeats of a shopper's earlier choice "
            f"({found.repeat_clicks:,} clicks): they count with their shopper, not as news."
        )
    if found.left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in found.left_out.items())
        lines.append(f"Left out: {reasons}.")
    return lines


def markdown_of(evaluation: Evaluation) -> str:
    """The report as a page."""
    rows = [" | ".join(line) for line in (HEADINGS, *table_of(evaluation))]
    rows.insert(1, " | ".join("---" for _ in HEADINGS))
    table = "\n".join(f"| {row} |" for row in rows)
    naive = "\n".join(
        f"| {arm} | {shown:,} | {clicked:,} | {clicked / shown:.5f} |"
        for arm, (shown, clicked) in sorted(evaluation.arms.items())
        if shown
    )
    return (
        "\n\n".join(
            [
                f"# Off-policy estimates: {evaluation.log}",
                *summary_of(evaluation),
                table,
                "Each arm's own click rate, as naive as it is: arms that come in late are seen at "
                "other times, by other shoppers.",
                "| arm | decisions | clicks | naive click rate |\n| --- | --- | --- | --- |\n"
                + naive,
            ]
        )
        + "\n"
    )


def _plain(answer: Answer) -> dict[str, Any]:
    return {"estimable": isinstance(answer, Estimate), **asdict(answer)}


def _line(policy: str, answer: Answer) -> Line:
    clicks, unlogged = f"{answer.effective_clicks:.1f}", f"{answer.unlogged_mass:.1%}"
    if isinstance(answer, Estimate):
        interval = answer.interval
        limits = f"{interval.low:.5f} to {interval.high:.5f}"
        return Line(policy, answer.estimator, f"{interval.value:.5f}", clicks, unlogged, limits)
    return Line(policy, answer.estimator, "-", clicks, unlogged, f"not estimable: {answer.reason}")
