"""What users did lately, for planning: sums of an event log, whatever experiment it was."""

from __future__ import annotations

from pathlib import Path

from kirakat.experiments.event_log import files_of, open_duckdb
from kirakat.stats.sufficient import RatioSums

_SUMS = """
WITH users AS (
    SELECT count(*)::DOUBLE AS x,
           sum(CASE WHEN clicks > 0 THEN 1 ELSE 0 END)::DOUBLE AS y
    FROM read_parquet(?) WHERE unit <> '' GROUP BY merchant_id, unit
)
SELECT count(*), coalesce(sum(y), 0), coalesce(sum(x), 0), coalesce(sum(y * y), 0),
       coalesce(sum(x * x), 0), coalesce(sum(x * y), 0)
FROM users
"""


def past_click_rate(log: Path) -> RatioSums:
    """Clicks over impressions of the users of a log; a log of the length that is planned.

    Raises `StoreError` without files and `MissingExtraError` without DuckDB.
    """
    connection = open_duckdb()
    try:
        row = connection.execute(_SUMS, [[str(path) for path in files_of(log)]]).fetchall()[0]
    finally:
        connection.close()
    units, y, x, yy, xx, xy = map(float, row)
    return RatioSums(units=units, y=y, x=x, yy=yy, xx=xx, xy=xy)
