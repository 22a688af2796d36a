"""Read an event log once: files in, sufficient statistics out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kirakat.experiments import read_log_sql as sql
from kirakat.experiments.event_log import files_of, open_duckdb
from kirakat.experiments.read_log_sums import (
    DIMENSIONS,
    QUANTITIES,
    ByVariant,
    Dimension,
    LogQuestion,
    LogSums,
    LogWarning,
    VariantSums,
)
from kirakat.stats.bootstrap import Blocks
from kirakat.stats.moments import Moments
from kirakat.stats.sufficient import RatioSums

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNKNOWN: Final = "unknown"
_SURVEYED: Final = (
    ("outside the period", "impressions before the start, after the end or without a time"),
    ("no unit", "impressions without a user: nobody was assigned"),
    ("empty variant", "impressions of the experiment without a variant"),
    ("unknown variant", "impressions of a variant that the definition does not have"),
    ("repeated clicks", "impressions with several clicks, counted as one"),
    ("negative clicks", "impressions with a negative count of clicks, counted as none"),
    ("negative conversions", "impressions with a negative count of conversions, counted as none"),
    ("revenue is no number", "impressions whose revenue is no finite number, counted as 0"),
    ("cost is no number", "impressions whose cost is no finite number, counted as 0"),
)
_LEFT_OUT: Final = 4


def read_log(
    log: Path, question: LogQuestion, *, threads: int = 2, memory: str = "1500MB"
) -> LogSums:
    """The sums of an experiment's impressions in the files of `log`.

    What is wrong with the log is left out or repaired, and said in `warnings`. Raises `StoreError`
    without files, `MissingExtraError` without DuckDB.
    """
    files = files_of(log)
    connection = open_duckdb(threads=threads, memory=memory)
    try:
        return _read(connection, files, question)
    finally:
        connection.close()


def _read(connection: DuckDBPyConnection, files: Sequence[Path], question: LogQuestion) -> LogSums:
    connection.read_parquet([str(path) for path in files], union_by_name=True).create_view("log")
    warnings, is_readiness_known, cuts = _load(connection, question)
    warnings += _merge_repeated(connection)
    connection.execute(sql.UNITS)
    units, several = _one(connection, "SELECT count(*), count(*) FILTER (in_several) FROM units")
    warnings += _leave_out_units(connection, question)
    first, last = _one(connection, 'SELECT min("at"), max("at") FROM impressions')
    return LogSums(
        question=question,
        variants=_variants(connection, question),
        slices={name: _slice(connection, question, name, cuts) for name in DIMENSIONS},
        quality_cuts=cuts,
        until=_until(connection, question),
        triggered=_triggered(connection, question) if is_readiness_known else None,
        units=units,
        units_in_several=several,
        first=first and first.replace(tzinfo=question.start.tzinfo),
        last=last and last.replace(tzinfo=question.start.tzinfo),
        warnings=tuple(warnings),
    )


def _load(
    connection: DuckDBPyConnection, question: LogQuestion
) -> tuple[list[LogWarning], bool, tuple[float, float] | None]:
    """Build `impressions` and `before`.

    Says whether readiness is known of every impression, and where photo quality is cut.
    """
    values: dict[str, Any] = {
        "experiment": question.experiment,
        "variants": list(question.variants),
        "start": _naive(question.start),
        "end": _naive(question.end),
    }
    *counts, unknown_readiness = connection.execute(sql.SURVEY, values).fetchall()[0]
    cuts = _quality_cuts(connection.execute(sql.QUALITIES, values).fetchall())
    low, high = cuts or (0.0, 0.0)
    connection.execute(sql.LOAD, values | {"low": round(1000 * low), "high": round(1000 * high)})
    earliest = _naive(question.start) - timedelta(days=question.covariate_days)
    rest = {"experiment": question.experiment, "start": _naive(question.start)}
    connection.execute(sql.BEFORE, rest | {"earliest": earliest})
    warnings = [
        LogWarning(kind=kind, count=count, message=text + (", left out" if i < _LEFT_OUT else ""))
        for i, ((kind, text), count) in enumerate(zip(_SURVEYED, counts, strict=True))
        if count
    ]
    return warnings, unknown_readiness == 0, cuts


def _quality_cuts(counts: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    """The cuts nearest to thirds, from (quality in thousandths, impressions) in order.

    Impressions of equal quality are never parted, so that thirds may differ in size.
    """
    if not counts:
        return None
    values, sizes = np.array(counts, np.int64).T
    below = (np.cumsum(sizes) - sizes) / sizes.sum()
    low, high = (values[np.argmin(np.abs(below - share))] / 1000.0 for share in (1 / 3, 2 / 3))
    return float(low), float(high)


def _merge_repeated(connection: DuckDBPyConnection) -> list[LogWarning]:
    """Keep one row of each decision."""
    found = connection.execute("SELECT decision FROM impressions").fetchnumpy()["decision"]
    decisions = np.sort(np.asarray(found, np.uint64))
    again = decisions[1:][decisions[1:] == decisions[:-1]]
    if not len(again):
        return []
    connection.register("repeated", {"decision": np.unique(again)})
    connection.execute(sql.MERGE_REPEATED)
    message = "impressions written again under the same decision, counted once"
    return [LogWarning(kind="repeated impressions", count=len(again), message=message)]


def _leave_out_units(connection: DuckDBPyConnection, question: LogQuestion) -> list[LogWarning]:
    """Take units of several variants, and machines, out of `units` and `impressions`."""
    machine = f"NOT in_several AND impressions > {int(question.most_impressions)}"
    several = _one(connection, "SELECT count(*) FROM units WHERE in_several")[0]
    machines, shown = _one(
        connection,
        f"SELECT count(*), coalesce(sum(impressions), 0) FROM units WHERE {machine}",  # noqa: S608
    )
    if not several + machines:
        return []
    connection.execute(
        f"CREATE TABLE left_out AS SELECT unit FROM units WHERE in_several OR {machine};"  # noqa: S608
        "DELETE FROM impressions WHERE unit IN (SELECT unit FROM left_out);"
        "DELETE FROM units WHERE unit IN (SELECT unit FROM left_out)"
    )
    found = (
        ("several variants", several, "users who saw more than one variant, left out"),
        (
            "machines",
            machines,
            f"users with more than {question.most_impressions:,} impressions each "
            f"({int(shown):,} together), left out",
        ),
    )
    return [LogWarning(kind=kind, count=n, message=text) for kind, n, text in found if n]


def _variants(connection: DuckDBPyConnection, question: LogQuestion) -> dict[str, VariantSums]:
    size = len(QUANTITIES)
    rows = {row[0]: row[1:] for row in connection.execute(sql.MOMENTS).fetchall()}
    blocks = {code: np.zeros((2, sql.BLOCKS)) for code in range(len(question.variants))}
    for code, block, cost, conversions in connection.execute(sql.COST_BLOCKS).fetchall():
        blocks[code][:, block] = float(cost), float(conversions)
    served: dict[int, dict[str, int]] = defaultdict(dict)
    repeats: dict[int, int] = defaultdict(int)
    for code, treatment, count, repeated in connection.execute(sql.SERVED).fetchall():
        served[code][sql.TREATMENTS[treatment - 1]] = count
        repeats[code] += repeated
    nobody = (0, 0, *[0.0] * (size + size * (size + 1) // 2))
    return {
        name: VariantSums(
            moments=_moments(rows.get(code, nobody), size),
            converting_units=rows.get(code, nobody)[1],
            cost_blocks=Blocks(y=blocks[code][0], x=blocks[code][1]),
            served=served[code],
            repeats=repeats[code],
        )
        for code, name in enumerate(question.variants)
    }


def _moments(row: Sequence[Any], size: int) -> Moments:
    products: NDArray[np.float64] = np.zeros((size, size))
    products[np.triu_indices(size)] = row[2 + size :]
    products += np.triu(products, 1).T
    return Moments(
        units=float(row[0]),
        sums=np.array(row[2 : 2 + size], np.float64),
        products=products,
    )


def _slice(
    connection: DuckDBPyConnection,
    question: LogQuestion,
    dimension: Dimension,
    cuts: tuple[float, float] | None,
) -> dict[str, ByVariant]:
    found: dict[str, dict[str, RatioSums]] = defaultdict(dict)
    for code, value, *sums in connection.execute(sql.by_dimension(dimension)).fetchall():
        found[_named(dimension, value, cuts)][question.variants[code]] = _ratio(sums)
    return dict(found)


def _named(dimension: Dimension, value: Any, cuts: tuple[float, float] | None) -> str:
    if value is None or value == "":
        return UNKNOWN
    if dimension != "photo_quality" or cuts is None:
        return str(value)
    low, high = (f"{cut:.3g}".lstrip("0") or "0" for cut in cuts)
    return (f"below {low}", f"{low} to {high}", f"{high} and better")[value]


def _until(connection: DuckDBPyConnection, question: LogQuestion) -> dict[date, ByVariant]:
    totals = dict.fromkeys(question.variants, RatioSums())
    found: dict[date, ByVariant] = {}
    for code, day, *sums in connection.execute(sql.UNTIL).fetchall():
        name = question.variants[code]
        totals = totals | {name: totals[name] + _ratio(sums)}
        found[question.start.date() + timedelta(days=day)] = totals
    return found


def _triggered(connection: DuckDBPyConnection, question: LogQuestion) -> ByVariant:
    rows = connection.execute(sql.TRIGGERED).fetchall()
    found = {question.variants[code]: _ratio(sums) for code, *sums in rows}
    return {name: found.get(name, RatioSums()) for name in question.variants}


def _ratio(sums: Sequence[Any]) -> RatioSums:
    units, y, x, yy, xx, xy = (float(value) for value in sums)
    return RatioSums(units=units, y=y, x=x, yy=yy, xx=xx, xy=xy)


def _one(connection: DuckDBPyConnection, statement: str) -> tuple[Any, ...]:
    return connection.execute(statement).fetchall()[0]


def _naive(at: datetime) -> datetime:
    """UTC without a zone, as the log keeps times; a time without a zone is UTC."""
    return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
