"""What a report says, as records: everything that the page, the JSON and the plots show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from kirakat.experiments.definition import Experiment
from kirakat.experiments.metrics import Metric
from kirakat.experiments.read_log_sums import Dimension, LogSums, LogWarning
from kirakat.stats.bayes import Posterior
from kirakat.stats.estimate import NotEstimable, Result
from kirakat.stats.multiple_exposure import MultipleExposure
from kirakat.stats.non_inferiority import NonInferiority
from kirakat.stats.sample_ratio import SampleRatio

# The parts of the paper's Figure 4, and what fits none of them.
Panel = Literal["phase 1", "phase 2 recipes", "phase 2 original", "phase 3", "other"]
# Relative change by (treated, control, catalogue; "all": everywhere), where it is known.
Truth: TypeAlias = Mapping[tuple[str, str, str], float]


@dataclass(frozen=True, kw_only=True)
class Study:
    """An experiment with what its log came to: what a report is made from."""

    experiment: Experiment
    sums: LogSums
    # By variant, in the definition's order; None: they were changed while it ran.
    weights: tuple[float, ...] | None
    # Whether no further look is planned: it was stopped, is past its end or has its users.
    is_final: bool
    # Known only where shoppers are simulated.
    truth: Truth


@dataclass(frozen=True, kw_only=True)
class LiftRow:
    """One line of Figure 4."""

    panel: Panel
    experiment: str
    treated: str
    control: str
    # Empty: all catalogues.
    catalog: str
    first: datetime | None
    last: datetime | None
    # Treated, then control.
    users: tuple[int, int]
    impressions: tuple[int, int]
    rates: tuple[float, float]
    # Intention to treat: what to believe, by the size that was planned or at this look.
    lift: Result
    is_final: bool
    sample_ratio: SampleRatio | NotEstimable
    truth: float | None


@dataclass(frozen=True, kw_only=True)
class EstimateRow:
    """The same question, answered another way."""

    name: str
    # What the way adds, or why not to believe it.
    note: str
    result: Result


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """A secondary metric."""

    metric: Metric
    # Treated, then control.
    values: tuple[float, float]
    result: Result
    # Adjusted for the number of secondary metrics (Holm); None when not estimable.
    adjusted_p: float | None


@dataclass(frozen=True, kw_only=True)
class GuardrailRow:
    """A metric that must not be lost."""

    metric: Metric
    margin: float
    answer: NonInferiority | NotEstimable


@dataclass(frozen=True, kw_only=True)
class SliceRow:
    """The lift among the impressions with one value of a dimension."""

    dimension: Dimension
    value: str
    impressions: int
    result: Result
    # Adjusted for the number of slices (Benjamini-Hochberg); None when not estimable.
    adjusted_p: float | None


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was known at the end of a day."""

    day: date
    users: int
    # As if it were the only look.
    fixed: Result
    # Holds at every look.
    sequence: Result


@dataclass(frozen=True, kw_only=True)
class ComparisonFacts:
    """Two variants compared in every way."""

    # Of all catalogues, then of each where that was planned.
    rows: Sequence[LiftRow]
    difference: Result
    estimates: Sequence[EstimateRow]
    posterior: Posterior | NotEstimable
    # Smallest lift that this many users find four times in five.
    detectable: float | NotEstimable
    secondary: Sequence[MetricRow]
    guardrails: Sequence[GuardrailRow]
    slices: Sequence[SliceRow]
    looks: Sequence[Look]

    @property
    def headline(self) -> LiftRow:
        """The row of all catalogues."""
        return self.rows[0]


@dataclass(frozen=True, kw_only=True)
class VariantFacts:
    """One variant's way from users to money."""

    name: str
    users: int
    impressions: int
    # Impressions by treatment shown.
    served: Mapping[str, int]
    repeats: int
    clicks: int
    conversions: int
    converting_users: int
    revenue: float
    cost: float

    @property
    def rate(self) -> float:
        """Clicks over impressions; 0 without one."""
        return self.clicks / self.impressions if self.impressions else 0.0


@dataclass(frozen=True, kw_only=True)
class ExperimentFacts:
    """An experiment, reported."""

    experiment: Experiment
    is_final: bool
    first: datetime | None
    last: datetime | None
    variants: Sequence[VariantFacts]
    sample_ratio: SampleRatio | NotEstimable
    exposure: MultipleExposure
    # How many impressions one independent one is worth, among control's users.
    design_effect: float | NotEstimable
    # Photo qualities that part the impressions into thirds; None: not known of any.
    quality_cuts: tuple[float, float] | None
    # Share of the variance that the time before the start explains.
    variance_removed: float | None
    comparisons: Sequence[ComparisonFacts]
    warnings: Sequence[LogWarning]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole report."""

    title: str
    made_at: datetime
    # What a reader must know first, such as that the shoppers are simulated.
    notes: Sequence[str]
    experiments: Sequence[ExperimentFacts]

    @property
    def rows(self) -> list[LiftRow]:
        """The lines of Figure 4."""
        return [row for item in self.experiments for pair in item.comparisons for row in pair.rows]
