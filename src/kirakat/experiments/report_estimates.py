"""One comparison's numbers: which estimator answers which question."""

from __future__ import annotations

from kirakat.experiments.metrics import METRICS, Metric
from kirakat.experiments.read_log_sums import Quantity, VariantSums
from kirakat.experiments.report_facts import EstimateRow, GuardrailRow, MetricRow, Study
from kirakat.stats.bootstrap import bootstrap_lift
from kirakat.stats.compare import relative_lift
from kirakat.stats.cuped import cuped_lift
from kirakat.stats.estimate import Estimate, NotEstimable, Result
from kirakat.stats.event_level import WARNING
from kirakat.stats.multiplicity import holm
from kirakat.stats.non_inferiority import non_inferiority
from kirakat.stats.per_unit import share_of_units
from kirakat.stats.sequence import sequential_lift
from kirakat.stats.sufficient import RatioSums

# Events on either side below which a normal approximation says nothing.
LEAST_EVENTS = 20
# Conversions on either side below which cost per acquisition is bootstrapped.
FEW_CONVERSIONS = 400
_QUANTITIES: dict[str, Quantity] = {
    "clicks": "clicks",
    "impressions": "impressions",
    "conversions": "conversions",
    "revenue": "revenue",
    "cost": "cost",
}


def lift_of(treated: RatioSums, control: RatioSums, confidence: float) -> Result:
    """Relative change of a count's ratio, where there are events enough to tell."""
    fewest = min(treated.y, control.y)
    if fewest < LEAST_EVENTS:
        return NotEstimable(f"only {fewest:.0f} clicks on one side; {LEAST_EVENTS} are needed")
    return relative_lift(treated, control, confidence)


def clicks_of(sums: VariantSums) -> RatioSums:
    """Clicks over impressions."""
    return sums.ratio("clicks", "impressions")


def sums_of(metric: Metric, sums: VariantSums) -> RatioSums:
    """The sums of a metric in a variant."""
    if metric.numerator == "converted_users":
        return share_of_units(sums.units, sums.converting_units)
    numerator = _QUANTITIES[metric.numerator]
    if metric.denominator == "users":
        return sums.ratio(numerator)
    return sums.ratio(numerator, _QUANTITIES[metric.denominator])


def metric_lift(metric: Metric, treated: VariantSums, control: VariantSums, level: float) -> Result:
    """Relative change of a metric; few conversions make cost per acquisition a bootstrap."""
    fewest = min(treated.total("conversions"), control.total("conversions"))
    if metric.numerator in ("conversions", "converted_users", "revenue") and fewest < LEAST_EVENTS:
        return NotEstimable(f"only {fewest:.0f} conversions on one side")
    if metric.denominator == "conversions" and fewest < FEW_CONVERSIONS:
        return bootstrap_lift(treated.cost_blocks, control.cost_blocks, seed=1, confidence=level)
    return relative_lift(sums_of(metric, treated), sums_of(metric, control), level)


def secondary_rows(study: Study, treated: str, control: str) -> list[MetricRow]:
    """The secondary metrics, their p-values adjusted together."""
    ours, theirs = study.sums.variants[treated], study.sums.variants[control]
    level = study.experiment.confidence
    metrics = [METRICS[name] for name in study.experiment.secondary]
    results = [metric_lift(metric, ours, theirs, level) for metric in metrics]
    known = [result for result in results if isinstance(result, Estimate)]
    adjusted = iter(holm([result.p_value for result in known]))
    return [
        MetricRow(
            metric=metric,
            values=(sums_of(metric, ours).ratio, sums_of(metric, theirs).ratio),
            result=result,
            adjusted_p=next(adjusted) if isinstance(result, Estimate) else None,
        )
        for metric, result in zip(metrics, results, strict=True)
    ]


def guardrail_rows(study: Study, treated: str, control: str) -> list[GuardrailRow]:
    """What must not be lost."""
    ours, theirs = study.sums.variants[treated], study.sums.variants[control]
    rows = []
    for rail in study.experiment.guardrails:
        metric = METRICS[rail.metric]
        answer = non_inferiority(
            sums_of(metric, ours),
            sums_of(metric, theirs),
            margin=rail.margin,
            is_higher_better=metric.is_higher_better,
            confidence=study.experiment.confidence,
        )
        rows.append(GuardrailRow(metric=metric, margin=rail.margin, answer=answer))
    return rows


def estimate_rows(study: Study, treated: str, control: str) -> list[EstimateRow]:
    """The headline's question, answered in every way."""
    ours, theirs = study.sums.variants[treated], study.sums.variants[control]
    level = study.experiment.confidence
    clicks = clicks_of(ours), clicks_of(theirs)
    rows = (
        ("Intention to treat", "All users by assignment; for one look at the planned size.",
         lift_of(*clicks, level)),
        ("Confidence sequence", "The same, valid at every look, however often one looks.",
         sequence_of(study, *clicks)),
        ("With CUPED", "Adjusted by what the same users did before the start.",
         cuped_lift(ours.with_covariates(), theirs.with_covariates(), level)),
        ("Triggered", "Only impressions for which the pictures of all variants were ready.",
         triggered_lift(study, treated, control)),
        ("By impression", WARNING, _by_impression(ours, theirs, level)),
    )  # fmt: skip
    return [EstimateRow(name=name, note=note, result=result) for name, note, result in rows]


def sequence_of(study: Study, treated: RatioSums, control: RatioSums) -> Result:
    """The look of the confidence sequence; planned users are of all variants together."""
    variants = study.experiment.variants
    share = 2 / len(variants)
    if min(treated.y, control.y) < LEAST_EVENTS:
        return NotEstimable(f"fewer than {LEAST_EVENTS} clicks on one side: too early to look")
    return sequential_lift(
        treated,
        control,
        planned_units=study.experiment.planned_units * share,
        confidence=study.experiment.confidence,
    )


def triggered_lift(study: Study, treated: str, control: str) -> Result:
    """Only where readiness is known of every impression in every variant."""
    found = study.sums.triggered
    if found is None:
        return NotEstimable("what was ready is not known of every impression in every variant")
    return lift_of(found[treated], found[control], study.experiment.confidence)


def _by_impression(treated: VariantSums, control: VariantSums, level: float) -> Result:
    """The same as if each impression were another user's."""
    ours, theirs = (
        share_of_units(sums.total("impressions"), sums.total("clicks"))
        for sums in (treated, control)
    )
    return lift_of(ours, theirs, level)
