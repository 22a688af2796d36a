"""`kirakat ope`: what other policies would have earned, from the log of this one."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.cli.open_store import open_configured_database
from kirakat.cli.options import JsonOutput, choose
from kirakat.cli.progress import progress_bar
from kirakat.clock import SystemClock
from kirakat.errors import SettingsError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from kirakat.bandit.configuration import PoolPolicy
    from kirakat.bandit.ope.chunk import Log
    from kirakat.bandit.ope.evaluate import Estimator, Evaluation, EvaluationSettings
    from kirakat.bandit.ope.targets import Target
    from kirakat.store.database import Database

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="LOG",
        help="A folder in the Open Bandit Dataset's format, such as random/men. "
        "Default: Kirakat's own log, from the database.",
    ),
]
Merchant = Annotated[str | None, typer.Option("--merchant", help="Default: `merchant_id`.")]
Category = Annotated[
    str | None,
    typer.Option("--category", help="The pool. May be left out where the log has only one."),
]
PolicyNames = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        help="Once for each: configured (the pool's own, with its prior); with the shipped prior "
        "uniform, best_fixed, greedy_ridge, epsilon_greedy, linucb, linucb-hybrid, thompson, "
        "inverse_gap; always:ARM; a name of --policies; or log:FOLDER (how often another log in "
        "the same format shows each arm).",
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policies", help="TOML file with tables policy.NAME; all are judged."),
]
Since = Annotated[str | None, typer.Option("--from", help="First day or time (ISO 8601, UTC).")]
Until = Annotated[str | None, typer.Option("--to", help="Time before which the log ends.")]
Estimators = Annotated[
    list[str] | None,
    typer.Option("--estimator", help="Once for each: replay, ips, snips, dr, switch-dr. All."),
]
TrainShare = Annotated[
    float,
    typer.Option(
        "--train-share",
        min=0.0,
        max=0.99,
        help="Share of the log, from its start, that only teaches.",
    ),
]
FewestClicks = Annotated[
    float,
    typer.Option("--fewest-clicks", min=0.0, help="Effective clicks to expect for an estimate."),
]
ItemGroups = Annotated[
    int,
    typer.Option("--item-groups", min=0, help="Open Bandit: join items into so many arms."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for ope.json, ope.md and ope.png.")]


def ope(
    log: Folder = None,
    merchant: Merchant = None,
    category: Category = None,
    policies: PolicyNames = None,
    policy_file: PolicyFile = None,
    since: Since = None,
    until: Until = None,
    estimators: Estimators = None,
    train_share: TrainShare = 0.5,
    fewest_clicks: FewestClicks = 20.0,
    item_groups: ItemGroups = 0,
    out: Out = None,
    as_json: JsonOutput = False,
) -> None:
    """Estimate what other policies would have earned, from the log of this one.

    A policy that learns is judged on the later part of the log and never by a decision that it
    learned from. Where the log cannot answer (too few clicks, arms that were never ready) there is
    no number but a reason.

    Example: kirakat ope --category shoes --policy linucb --policy thompson --out out/ope
    """
    settings = _settings(estimators, train_share, fewest_clicks)
    with ExitStack() as stack:
        if log is not None:
            found, pool = _open_bandit(log, item_groups), _pool("")
        else:
            database = stack.enter_context(closing(open_configured_database()))
            owner = merchant or load_settings().merchant_id
            span = _time(since, _LONG_AGO), _time(until, SystemClock().now())
            pool = _pool(_category(database, owner, category, *span))
            found = _own_log(database, owner, pool, *span)
        targets = _targets(policies or [], policy_file, pool, item_groups)
        evaluation = _evaluate(found, targets, settings)
    if out is not None:
        _write(evaluation, out)
    _show(evaluation, as_json=as_json)


def _settings(
    estimators: list[str] | None, train_share: float, fewest_clicks: float
) -> EvaluationSettings:
    from kirakat.bandit.ope.estimate import Requirements
    from kirakat.bandit.ope.evaluate import ESTIMATORS, EvaluationSettings

    chosen: tuple[Estimator, ...] = tuple(
        choose("--estimator", name, ESTIMATORS) for name in estimators or ESTIMATORS
    )
    return EvaluationSettings(
        estimators=chosen,
        requirements=Requirements(effective_clicks=fewest_clicks),
        train_share=train_share,
    )


def _pool(category: str) -> PoolPolicy:
    from kirakat.bandit.configuration import load_policies

    named = load_settings().policies
    return load_policies(Path(named) if named else None).for_category(category)


def _category(
    database: Database, merchant: str, named: str | None, start: datetime, end: datetime
) -> str:
    from kirakat.bandit.ope.decision_log import categories_in

    if named is not None:
        return named
    # Placements that are never generated belong to no pool.
    there = categories_in(database, merchant, start, end) - {""}
    if len(there) != 1:
        told = f"it has {', '.join(sorted(there))}" if there else "it has no decisions then"
        raise SettingsError(f"say which pool of merchant {merchant} with --category: {told}")
    return there.pop()


def _own_log(
    database: Database, merchant: str, pool: PoolPolicy, start: datetime, end: datetime
) -> Log:
    from kirakat.bandit.arms import Arm
    from kirakat.bandit.ope.decision_log import DecisionLog, LogSelection
    from kirakat.store.prompt_rows import list_prompts

    with database.reading() as connection:
        prompts = [item.prompt for item in list_prompts(connection, merchant)]
    known = {item.arm: Arm(arm_id=item.arm, tags=item.tags) for item in prompts}
    selection = LogSelection(
        merchant_id=merchant, category=pool.category, start=start, end=end,
        now=SystemClock().now(), reward_window=pool.reward_window,
        impressions_only=pool.learn_from == "impressions",
        feature_version=pool.schema.label, width=pool.schema.width, known=known,
    )  # fmt: skip
    return DecisionLog(database=database, selection=selection)


def _open_bandit(folder: Path, item_groups: int) -> Log:
    from kirakat.bandit.ope.open_bandit_log import OpenBanditChunks

    return OpenBanditChunks(folder=folder, item_groups=item_groups)


def _targets(
    names: list[str], file: Path | None, pool: PoolPolicy, item_groups: int
) -> tuple[Target, ...]:
    from kirakat.bandit.ope.name_targets import DEFAULT_NAMES, name_targets, read_targets
    from kirakat.bandit.ope.open_bandit_log import OpenBanditChunks
    from kirakat.bandit.ope.targets import Frequencies

    def shown_by(folder: Path) -> Target:
        other = OpenBanditChunks(folder=folder, item_groups=item_groups)
        return Frequencies(name=f"log {other.name}", table=other.frequencies())

    own = read_targets(file) if file is not None else {}
    wanted = [*names, *own] or list(DEFAULT_NAMES)
    return name_targets(wanted, pool, own, shown_by)


def _evaluate(log: Log, targets: tuple[Target, ...], settings: EvaluationSettings) -> Evaluation:
    from kirakat.bandit.ope.evaluate import evaluate

    with progress_bar(Console(stderr=True)) as progress:
        task = progress.add_task("decisions", total=log.decisions)
        return evaluate(log, targets, settings, lambda read: progress.update(task, completed=read))


def _write(evaluation: Evaluation, folder: Path) -> None:
    from kirakat.bandit.ope.plot import plot
    from kirakat.bandit.ope.report import as_json, markdown_of

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(evaluation), indent=1)
    (folder / "ope.json").write_text(text + "\n", encoding="utf-8")
    (folder / "ope.md").write_text(markdown_of(evaluation), encoding="utf-8")
    plot(evaluation, folder / "ope.png")


def _show(evaluation: Evaluation, *, as_json: bool) -> None:
    from kirakat.bandit.ope import report

    if as_json:
        typer.echo(json.dumps(report.as_json(evaluation)))
        return
    console = Console()
    for line in report.summary_of(evaluation):
        console.print(line, highlight=False)
    table = Table(box=None)
    for name in report.HEADINGS:
        table.add_column(name, overflow="fold", no_wrap=name != report.HEADINGS.interval)
    for row in report.table_of(evaluation):
        table.add_row(*row)
    console.print(table)


def _time(text: str | None, default: datetime) -> datetime:
    if text is None:
        return default
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no ISO 8601 time, such as 2026-11-02") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
