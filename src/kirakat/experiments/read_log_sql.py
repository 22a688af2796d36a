"""The statements that turn event log files into sums, in the order in which they run.

Tables: `log` (a view of the files) -> `impressions` (rows that count) -> `units`.
Parameters are bound; what is put into a text is names of this package's own columns.
"""

from __future__ import annotations

from typing import Final

from kirakat.experiments.read_log_sums import QUANTITIES, Dimension

# Blocks of users for the bootstrap.
BLOCKS: Final = 500
TREATMENTS: Final = ("original", "positioned", "generated", "other")

# Why a row of the experiment does not count, by precedence; 0: it counts.
PROBLEM: Final = """
CASE WHEN "at" IS NULL OR "at" < $start OR "at" >= $end THEN 1
     WHEN unit IS NULL OR unit = '' THEN 2
     WHEN variant IS NULL OR variant = '' THEN 3
     WHEN NOT list_contains($variants, variant) THEN 4
     ELSE 0 END
"""

SURVEY: Final = f"""
SELECT count(*) FILTER (problem = 1), count(*) FILTER (problem = 2),
       count(*) FILTER (problem = 3), count(*) FILTER (problem = 4),
       count(*) FILTER (problem = 0 AND clicks > 1),
       count(*) FILTER (problem = 0 AND clicks < 0),
       count(*) FILTER (problem = 0 AND conversions < 0),
       count(*) FILTER (problem = 0 AND NOT coalesce(isfinite(revenue), false)),
       count(*) FILTER (problem = 0 AND NOT coalesce(isfinite(cost), false)),
       count(*) FILTER (problem = 0 AND is_triggered IS NULL)
FROM (SELECT *, {PROBLEM} AS problem FROM log WHERE experiment = $experiment)
"""  # noqa: S608

# Of photos, in thousandths: how many impressions had each.
QUALITY: Final = "round(least(greatest(photo_quality, 0), 1) * 1000)::USMALLINT"
QUALITIES: Final = f"""
SELECT {QUALITY} AS quality, count(*)
FROM log WHERE experiment = $experiment AND {PROBLEM} = 0
           AND photo_quality IS NOT NULL AND NOT isnan(photo_quality)
GROUP BY quality ORDER BY quality
"""  # noqa: S608

# 64 bits of a hash stand for unit and decision: two of ten million units share one in 3 of a
# million logs.
LOAD: Final = f"""
CREATE TABLE impressions AS
SELECT hash(unit) AS unit,
       hash(decision_id) AS decision,
       "at",
       date_diff('day', $start::DATE, "at"::DATE)::USMALLINT AS day,
       (list_position($variants, variant) - 1)::UTINYINT AS variant,
       catalog, placement, category, photo_composition,
       CASE WHEN photo_quality IS NULL OR isnan(photo_quality) THEN NULL
            WHEN {QUALITY} < $low THEN 0::UTINYINT
            WHEN {QUALITY} < $high THEN 1::UTINYINT ELSE 2::UTINYINT END AS photo_quality,
       coalesce(list_position(['original', 'positioned', 'generated'], treatment_served), 4)
           ::UTINYINT AS served,
       coalesce(repeat, false) AS repeat,
       is_triggered,
       greatest(least(coalesce(clicks, 0), 1), 0)::UTINYINT AS clicks,
       greatest(coalesce(conversions, 0), 0)::UINTEGER AS conversions,
       CASE WHEN isfinite(revenue) THEN revenue ELSE 0 END AS revenue,
       CASE WHEN isfinite(cost) THEN cost ELSE 0 END AS cost
FROM log WHERE experiment = $experiment AND {PROBLEM} = 0
"""  # noqa: S608

# One row of each decision that was written more than once: its first, with any click.
MERGE_REPEATED: Final = """
CREATE TABLE merged AS
SELECT arg_min(i, "at") AS first, max(clicks) AS clicks, max(conversions) AS conversions,
       max(revenue) AS revenue, max(cost) AS cost
FROM impressions i WHERE decision IN (SELECT decision FROM repeated) GROUP BY decision;
DELETE FROM impressions WHERE decision IN (SELECT decision FROM repeated);
INSERT INTO impressions SELECT unnest(first) FROM merged;
UPDATE impressions SET clicks = m.clicks, conversions = m.conversions, revenue = m.revenue,
       cost = m.cost
FROM merged m WHERE impressions.decision = m.first.decision;
"""

# What units did before the start, outside this experiment.
BEFORE: Final = """
CREATE TABLE before AS
SELECT hash(unit) AS unit, count(*) AS impressions,
       sum(greatest(least(coalesce(clicks, 0), 1), 0)) AS clicks
FROM log
WHERE "at" >= $earliest AND "at" < $start AND experiment <> $experiment AND unit <> ''
GROUP BY 1
"""

UNITS: Final = """
CREATE TABLE units AS
SELECT unit, any_value(variant) AS variant, min(variant) <> max(variant) AS in_several,
       count(*) AS impressions, sum(clicks) AS clicks, sum(conversions) AS conversions,
       sum(revenue) AS revenue, sum(cost) AS cost
FROM impressions GROUP BY unit
"""

JOINED: Final = """
SELECT units.*, coalesce(before.impressions, 0) AS impressions_before,
       coalesce(before.clicks, 0) AS clicks_before
FROM units LEFT JOIN before USING (unit)
"""

_PAIRS = [(a, b) for i, a in enumerate(QUANTITIES) for b in QUANTITIES[i:]]
MOMENTS: Final = f"""
SELECT variant, count(*), count(*) FILTER (conversions > 0),
       {", ".join(f"sum({name}::DOUBLE)" for name in QUANTITIES)},
       {", ".join(f"sum({a}::DOUBLE * {b}::DOUBLE)" for a, b in _PAIRS)}
FROM ({JOINED}) GROUP BY variant
"""  # noqa: S608

COST_BLOCKS: Final = f"""
SELECT variant, (unit % {BLOCKS})::INTEGER AS block, sum(cost), sum(conversions)
FROM units GROUP BY ALL ORDER BY ALL
"""  # noqa: S608

SERVED: Final = """
SELECT variant, served, count(*), count(*) FILTER (repeat) FROM impressions GROUP BY ALL
"""

RATIO_SUMS: Final = """
count(*), sum(y), sum(x), sum(y::DOUBLE * y), sum(x::DOUBLE * x), sum(x::DOUBLE * y)
"""

TRIGGERED: Final = f"""
SELECT variant, {RATIO_SUMS} FROM (
  SELECT any_value(variant) AS variant, count(*) AS x, sum(clicks) AS y
  FROM impressions WHERE is_triggered GROUP BY unit
) GROUP BY variant
"""  # noqa: S608

# Sums over users of squared totals until each day: an impression raises a total n to n + 1, and
# its square by the difference; users who do not come add nothing.
UNTIL: Final = """
SELECT variant, day, sum(is_new) AS units, sum(y) AS y, count(*) AS x,
       sum(ys * ys - (ys - y) * (ys - y)) AS yy, sum(2 * xs - 1) AS xx,
       sum(xs * ys - (xs - 1) * (ys - y)) AS xy
FROM (
  SELECT variant, day, clicks::DOUBLE AS y, row_number() OVER visits AS xs,
         sum(clicks::DOUBLE) OVER visits AS ys, (row_number() OVER visits = 1)::INTEGER AS is_new
  FROM impressions
  WINDOW visits AS (PARTITION BY unit ORDER BY day ROWS UNBOUNDED PRECEDING)
) GROUP BY variant, day ORDER BY day
"""


def by_dimension(dimension: Dimension) -> str:
    """Sums of click-through rates by variant and value of a column."""
    return f"""
SELECT variant, value, {RATIO_SUMS} FROM (
  SELECT any_value(variant) AS variant, {dimension} AS value, count(*) AS x, sum(clicks) AS y
  FROM impressions GROUP BY unit, {dimension}
) GROUP BY variant, value ORDER BY value, variant
"""  # noqa: S608
