"""The event log: Parquet files of one row an impression, which every report reads.

A log is a folder of files, usually one a day. Rows of an impression that belongs to no experiment
have an empty `experiment` and `variant`: they tell what units did before a start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kirakat.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Name: DuckDB's type, and what a writer that says nothing means.
COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "merchant_id": ("VARCHAR", "''"),
    # Pseudonym of the shopper; empty: none was given.
    "unit": ("VARCHAR", "''"),
    "experiment": ("VARCHAR", "''"),
    "variant": ("VARCHAR", "''"),
    "decision_id": ("VARCHAR", "''"),
    # Of the decision, UTC, microseconds.
    "at": ("TIMESTAMP", "NULL"),
    "catalog": ("VARCHAR", "''"),
    "category": ("VARCHAR", "''"),
    "offer_id": ("VARCHAR", "''"),
    "placement": ("VARCHAR", "''"),
    "treatment_served": ("VARCHAR", "''"),
    "arm": ("VARCHAR", "''"),
    # Whether the decision can be learned from.
    "logged": ("BOOLEAN", "true"),
    # Whether a session saw again what it had seen.
    "repeat": ("BOOLEAN", "false"),
    # Whether what each of the variants would have shown was ready; null: not known.
    "is_triggered": ("BOOLEAN", "NULL"),
    # Of the offer's own photo, 0 to 1; null: not measured.
    "photo_quality": ("DOUBLE", "NULL"),
    "photo_composition": ("VARCHAR", "NULL"),
    # Events of the impression, as received.
    "clicks": ("INTEGER", "0"),
    "conversions": ("INTEGER", "0"),
    "revenue": ("DOUBLE", "0"),
    "cost": ("DOUBLE", "0"),
}


def open_duckdb(*, threads: int = 2, memory: str = "1500MB") -> DuckDBPyConnection:
    """An in-memory DuckDB that takes no more than it is given.

    Raises `MissingExtraError` when the extra `experiments` is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise MissingExtraError("duckdb", "experiments") from error
    options = {"threads": threads, "memory_limit": memory, "preserve_insertion_order": False}
    return duckdb.connect(config={name: str(value) for name, value in options.items()})


def write_event_log(
    path: Path, rows: Mapping[str, Any], *, connection: DuckDBPyConnection | None = None
) -> None:
    """Write columns of equal length to a Parquet file, whole or not at all.

    `rows` has NumPy arrays by column: strings as objects, `at` as datetime64[us]; a column left
    out has its default. Raises `StoreError` for a column that the log does not have.
    """
    unknown = sorted(set(rows) - set(COLUMNS))
    if unknown:
        raise StoreError(f"the event log has no column {', '.join(unknown)}")
    owned = connection or open_duckdb()
    owned.register("rows_to_write", dict(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    columns = ", ".join(
        f'CAST({_quoted(name) if name in rows else default} AS {kind}) AS "{name}"'
        for name, (kind, default) in COLUMNS.items()
    )
    # The names and types are this module's own.
    owned.execute(
        f"COPY (SELECT {columns} FROM rows_to_write) TO '{_escaped(partial)}' "  # noqa: S608
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 200000)"
    )
    owned.unregister("rows_to_write")
    if connection is None:
        owned.close()
    partial.replace(path)


def files_of(log: Path) -> list[Path]:
    """The files of a log: the folder's, in the order of names, or the file itself.

    Raises `StoreError` when there is none.
    """
    files = [log] if log.is_file() else sorted(log.glob("*.parquet"))
    if not files:
        raise StoreError(f"{log} holds no event log (*.parquet)", path=str(log))
    return files


def _quoted(name: str) -> str:
    return f'"{name}"'


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
