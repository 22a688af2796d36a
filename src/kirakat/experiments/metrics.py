"""The metrics of an experiment: what is counted, over what, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Numerator = Literal["clicks", "impressions", "conversions", "converted_users", "revenue", "cost"]
Denominator = Literal["impressions", "users", "conversions"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A ratio of two totals over users."""

    name: str
    title: str
    numerator: Numerator
    denominator: Denominator
    is_higher_better: bool = True


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(name="ctr", title="Click-through rate", numerator="clicks",
                   denominator="impressions"),
            Metric(name="clicks_per_user", title="Clicks a user", numerator="clicks",
                   denominator="users"),
            Metric(name="impressions_per_user", title="Impressions a user",
                   numerator="impressions", denominator="users"),
            Metric(name="conversions_per_user", title="Conversions a user",
                   numerator="conversions", denominator="users"),
            Metric(name="conversion_rate", title="Share of users who convert",
                   numerator="converted_users", denominator="users"),
            Metric(name="revenue_per_user", title="Revenue a user", numerator="revenue",
                   denominator="users"),
            Metric(name="revenue_per_impression", title="Revenue an impression",
                   numerator="revenue", denominator="impressions"),
            Metric(name="cost_per_user", title="Cost a user", numerator="cost",
                   denominator="users", is_higher_better=False),
            Metric(name="cpa", title="Cost per acquisition", numerator="cost",
                   denominator="conversions", is_higher_better=False),
        )
    }
)  # fmt: skip
