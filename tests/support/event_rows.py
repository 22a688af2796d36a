"""Small event logs, and what they come to by plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from kirakat.experiments.event_log import write_event_log
from kirakat.experiments.read_log_sums import LogQuestion
from kirakat.stats.sufficient import RatioSums, ratio_sums

START = datetime(2026, 10, 5, tzinfo=UTC)
QUESTION = LogQuestion(
    experiment="test",
    variants=("original", "generated"),
    start=START,
    end=START + timedelta(days=5),
)
Row = dict[str, Any]


def row(number: int, unit: int, **changed: Any) -> Row:
    """An impression of the experiment; even units see the original, odd ones what is generated."""
    values: Row = {
        "merchant_id": "shop",
        "unit": f"u{unit}",
        "experiment": "test",
        "variant": "generated" if unit % 2 else "original",
        "decision_id": f"d{number}",
        "at": START + timedelta(minutes=7 * number),
        "catalog": "main",
        "category": ("kitchen", "shoes")[number % 2],
        "offer_id": f"o{number % 3}",
        "placement": ("banner", "square", "tower")[number % 3],
        "treatment_served": "generated" if unit % 2 else "original",
        "is_triggered": number % 4 > 0,
        "photo_quality": (number % 10) / 10,
        "photo_composition": "standing",
        "clicks": int(number % 5 == 0),
        "conversions": int(number % 15 == 0),
        "revenue": 12.5 if number % 15 == 0 else 0.0,
        "cost": 0.01,
    }
    return values | changed


def rows(count: int, units: int = 20, **changed: Any) -> list[Row]:
    """`count` impressions of `units` units; units come unequally often."""
    return [row(i, int(units * (i * 0.618 % 1) ** 2), **changed) for i in range(count)]


def write(folder: Path, values: Sequence[Row], name: str = "log") -> Path:
    """A log of one file; gives its folder."""
    columns: dict[str, Any] = {}
    for key in values[0]:
        found = [value[key] for value in values]
        if key == "at":
            columns[key] = np.array([at.replace(tzinfo=None) for at in found], "datetime64[us]")
        elif isinstance(found[0], str):
            columns[key] = np.array(found, object)
        else:
            columns[key] = np.array(found)
    write_event_log(folder / f"{name}.parquet", columns)
    return folder


def click_sums(values: Sequence[Row]) -> Mapping[str, RatioSums]:
    """Clicks over impressions by variant, summed in Python."""
    totals: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for value in values:
        total = totals[value["variant"]][value["unit"]]
        total[0] += value["clicks"]
        total[1] += 1
    return {
        variant: ratio_sums(*np.array(list(units.values()), np.float64).T)
        for variant, units in totals.items()
    }
