"""Read a large event log: seconds and memory, with pandas beside it.

    python benchmarks/event_log.py [--impressions 10000000] [--users 1000000] [--threads 2]
                                   [--log out/event-log] [--skip-peer]

Both read the same Parquet files in a process of their own and give the same sums over users of
clicks and impressions: by variant, by catalogue, placement, category, quality and composition of
the photo. Kirakat further gives money and conversions, the timeline, the sums before the start,
and looks for everything that can be wrong with a log; pandas does neither. Seconds are wall clock
and processor time; memory is the process' peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]

START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 28
VARIANTS = ("original", "positioned", "generated")
DIMENSIONS = ("catalog", "placement", "category", "quarter", "photo_composition")


def write(folder: Path, impressions: int, users: int) -> None:
    """A log of one file a day, of the shape that a shop's has."""
    from kirakat.experiments.event_log import open_duckdb

    folder.mkdir(parents=True, exist_ok=True)
    connection = open_duckdb()
    step = DAYS * 86_400_000_000 // impressions
    for day in range(DAYS):
        first, last = day * impressions // DAYS, (day + 1) * impressions // DAYS
        path = folder / f"{(START + timedelta(days=day)).date()}.parquet"
        connection.execute(
            f"""COPY (SELECT 'shop' AS merchant_id, left(md5(u::VARCHAR), 32) AS unit,
              'phase-1' AS experiment,
              ['original', 'positioned', 'generated'][(1 + u % 3)::BIGINT] AS variant,
              lower(hex(hash(i))) || '-' || i % 4 AS decision_id,
              TIMESTAMP '2026-10-01' + to_microseconds(i * {step}) AS "at",
              'catalog-' || h // 64 % 4 AS catalog, 'category-' || h % 8 AS category,
              'offer-' || h % 2000 AS offer_id, 'placement-' || h // 8 % 5 AS placement,
              'generated' AS treatment_served, 'prompt@1' AS arm, true AS logged,
              false AS repeat, h % 7 < 6 AS is_triggered, h % 1000 / 1000.0 AS photo_quality,
              ['standing', 'flat', 'hanging'][(1 + h % 3)::BIGINT] AS photo_composition,
              (h // 1000 % 50 = 0)::INTEGER AS clicks,
              (h // 1000 % 1000 = 0)::INTEGER AS conversions,
              CASE WHEN h // 1000 % 1000 = 0 THEN 20.0 ELSE 0 END AS revenue, 0.001 AS cost
            FROM (SELECT i, hash(i * 7) % {users} AS u, hash(i) AS h
                  FROM range({first}, {last}) t(i))
            ) TO '{path}' (COMPRESSION zstd)"""  # noqa: S608
        )


def read_with_kirakat(folder: Path, threads: int) -> dict[str, float]:
    """Clicks by variant, read by the product's own reader."""
    from kirakat.experiments.read_log import read_log
    from kirakat.experiments.read_log_sums import LogQuestion

    question = LogQuestion(
        experiment="phase-1", variants=VARIANTS, start=START, end=START + timedelta(days=DAYS)
    )
    found = read_log(folder, question, threads=threads)
    return {name: found.variants[name].ratio("clicks", "impressions").yy for name in VARIANTS}


def read_with_pandas(folder: Path, threads: int) -> dict[str, float]:  # noqa: ARG001  same call
    """The same sums of clicks by a straightforward script."""
    import pandas as pd

    columns = ["unit", "variant", "clicks", "catalog", "placement", "category", "photo_quality"]
    log = pd.read_parquet(folder, columns=[*columns, "photo_composition"])
    for name in ("unit", "variant", "catalog", "placement", "category", "photo_composition"):
        log[name] = log[name].astype("category")
    log["quarter"] = (log.pop("photo_quality") * 4).astype("int8")
    for dimension in DIMENSIONS:
        sums(log, ["variant", dimension])
    return {str(name): float(yy) for name, yy in sums(log, ["variant"])["yy"].items()}


def sums(log: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sums over users by some columns."""
    units = log.groupby([*by, "unit"], observed=True)["clicks"].agg(y="sum", x="size")
    units = units.astype("float64")
    units["yy"], units["xx"], units["xy"] = units.y**2, units.x**2, units.x * units.y
    return units.groupby(level=by, observed=True).sum()


READERS = {"kirakat": read_with_kirakat, "pandas": read_with_pandas}


def measure(name: str, folder: Path, threads: int) -> None:
    """Read in this process and say what it took."""
    start = time.perf_counter()
    found = READERS[name](folder, threads)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": time.perf_counter() - start,
        "processor": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
        "yy": found,
    }))  # fmt: skip


def main() -> None:
    """Write the log once, read it with each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--impressions", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--log", type=Path, default=Path("out/event-log"))
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    folder = chosen.log / str(chosen.impressions)
    if chosen.reader:
        measure(chosen.reader, folder, chosen.threads)
        return
    if not (folder / f"{(START + timedelta(days=DAYS - 1)).date()}.parquet").is_file():
        write(folder, chosen.impressions, chosen.users)
    print(f"{chosen.impressions:,} impressions, {chosen.users:,} users, {DAYS} files\n")
    print("| reader | seconds | processor | peak MB |\n| --- | --- | --- | --- |")
    answers = []
    for name in list(READERS)[: 1 if chosen.skip_peer else 2]:
        command = [sys.executable, __file__, "--reader", name, "--log", str(chosen.log)]
        command += ["--impressions", str(chosen.impressions), "--threads", str(chosen.threads)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        answers.append(found["yy"])
        print(
            f"| {name} | {found['seconds']:.1f} | {found['processor']:.1f} | "
            f"{found['megabytes']:,.0f} |"
        )
    print(f"\nsame sums: {'yes' if all(a == answers[0] for a in answers) else 'NO'}")


if __name__ == "__main__":
    main()
