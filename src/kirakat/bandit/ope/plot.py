"""An evaluation as a picture: every estimate with its interval, beside the log's own click rate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kirakat.bandit.ope.estimate import Estimate
from kirakat.bandit.ope.evaluate import Evaluation, Finding
from kirakat.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "replay": "#7a5195", "IPS": "#003f5c", "SNIPS": "#2f9e8f", "DR": "#ef5675",
    "switch-DR": "#ffa600",
}  # fmt: skip


def plot(evaluation: Evaluation, path: Path) -> None:
    """Write a PNG. Raises `MissingExtraError` without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "experiments") from error
    policies = list(dict.fromkeys(finding.policy for finding in evaluation.findings))
    figure = Figure(figsize=(9.0, 1.6 + 0.62 * len(policies)), dpi=110, layout="constrained")
    axis = figure.subplots()
    _own(axis, evaluation)
    for row, policy in enumerate(policies):
        found = [finding for finding in evaluation.findings if finding.policy == policy]
        _row(axis, row, found)
    axis.set_yticks(range(len(policies)), policies)
    axis.set_ylim(len(policies) - 0.4, -0.6)
    axis.set_xlabel("clicks per 1,000 impressions")
    axis.set_title(f"{evaluation.log}: {evaluation.judged:,} decisions", loc="left", fontsize=11)
    axis.grid(axis="x", alpha=0.25)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    handles, labels = axis.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    figure.legend(
        list(by_label.values()), list(by_label), loc="outside lower center", ncol=6, frameon=False
    )
    figure.savefig(path, format="png")


def _own(axis: Axes, evaluation: Evaluation) -> None:
    if isinstance(evaluation.logged, Estimate):
        own = evaluation.logged.interval
        axis.axvspan(1000 * own.low, 1000 * own.high, color="0.9", zorder=0)
        axis.axvline(1000 * own.value, color="0.45", linewidth=1.0, label="as logged")


def _row(axis: Axes, row: int, found: list[Finding]) -> None:
    """One policy: its estimators below one another, or a note that there is none."""
    estimable = [one.answer for one in found if isinstance(one.answer, Estimate)]
    for place, answer in enumerate(estimable):
        height = row + 0.14 * (place - (len(estimable) - 1) / 2)
        value, low, high = (
            1000 * number
            for number in (answer.interval.value, answer.interval.low, answer.interval.high)
        )
        axis.errorbar(
            [value], [height], xerr=[[value - low], [high - value]], fmt="o", markersize=4,
            color=COLOURS[answer.estimator], label=answer.estimator, linewidth=1.4,
        )  # fmt: skip
    if not estimable:
        axis.annotate(
            "not estimable", (0.5, row), xycoords=("axes fraction", "data"), va="center",
            fontsize=9, color="0.4", style="italic",
        )  # fmt: skip
