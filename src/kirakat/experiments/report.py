"""Build a report: sums of logs in, facts out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kirakat.experiments.definition import Comparison, Experiment
from kirakat.experiments.errors import ExperimentError
from kirakat.experiments.read_log_sums import ByVariant, VariantSums
from kirakat.experiments.report_estimates import (
    clicks_of,
    estimate_rows,
    guardrail_rows,
    lift_of,
    secondary_rows,
    sequence_of,
)
from kirakat.experiments.report_facts import (
    ComparisonFacts,
    ExperimentFacts,
    LiftRow,
    Look,
    Panel,
    Report,
    SliceRow,
    Study,
    VariantFacts,
)
from kirakat.stats.bayes import bayesian_lift
from kirakat.stats.compare import absolute_difference
from kirakat.stats.cuped import variance_removed
from kirakat.stats.design_effect import design_effect
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.multiple_exposure import MultipleExposure
from kirakat.stats.multiplicity import benjamini_hochberg
from kirakat.stats.power import detectable_lift, unit_variance
from kirakat.stats.sample_ratio import SampleRatio, sample_ratio, sequential_sample_ratio
from kirakat.stats.sufficient import RatioSums


def build_report(
    studies: Sequence[Study], *, title: str, made_at: datetime, notes: Sequence[str] = ()
) -> Report:
    """The facts of one or more experiments, in the order given.

    Raises `ExperimentError` for two of one name: plots are named after them.
    """
    names = [study.experiment.name for study in studies]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise ExperimentError(f"two experiments are named {name}: report them one by one")
    return Report(
        title=title,
        made_at=made_at,
        notes=tuple(notes),
        experiments=[_experiment(study) for study in studies],
    )


def panel_of(experiment: Experiment, pair: Comparison) -> Panel:
    """The part of the paper's Figure 4 in which a comparison belongs."""
    treated, control = experiment.variant(pair.treated), experiment.variant(pair.control)
    if treated.policy != control.policy:
        return "phase 3"
    if treated.recipe and control.recipe and treated.recipe != control.recipe:
        return "phase 2 recipes"
    if control.treatment == "original" and treated.treatment != "original":
        return "phase 2 original" if treated.recipe else "phase 1"
    return "other"


def _experiment(study: Study) -> ExperimentFacts:
    sums, experiment = study.sums, study.experiment
    control = sums.variants[experiment.comparisons[0].control]
    covariates = [item.with_covariates() for item in sums.variants.values()]
    together = sum(covariates[1:], covariates[0])
    return ExperimentFacts(
        experiment=experiment,
        is_final=study.is_final,
        first=sums.first,
        last=sums.last,
        variants=[_variant(name, item) for name, item in sums.variants.items()],
        sample_ratio=_sample_ratio(
            study, {name: item.units for name, item in sums.variants.items()}
        ),
        exposure=MultipleExposure(units=sums.units, in_several=sums.units_in_several),
        design_effect=design_effect(clicks_of(control)),
        quality_cuts=sums.quality_cuts,
        variance_removed=variance_removed(together) if together.sums[3] > 0 else None,
        comparisons=[_comparison(study, pair) for pair in experiment.comparisons],
        warnings=sums.warnings,
    )


def _variant(name: str, sums: VariantSums) -> VariantFacts:
    return VariantFacts(
        name=name,
        users=sums.units,
        impressions=int(sums.total("impressions")),
        served=sums.served,
        repeats=sums.repeats,
        clicks=int(sums.total("clicks")),
        conversions=int(sums.total("conversions")),
        converting_users=sums.converting_units,
        revenue=sums.total("revenue"),
        cost=sums.total("cost"),
    )


def _sample_ratio(study: Study, users: dict[str, int]) -> SampleRatio | NotEstimable:
    if study.weights is None:
        return NotEstimable("the weights were changed while it ran")
    names = [variant.name for variant in study.experiment.variants]
    check = sample_ratio if study.is_final else sequential_sample_ratio
    return check([users.get(name, 0) for name in names], study.weights)


def _comparison(study: Study, pair: Comparison) -> ComparisonFacts:
    sums = study.sums.variants
    treated, control = clicks_of(sums[pair.treated]), clicks_of(sums[pair.control])
    return ComparisonFacts(
        rows=_rows(study, pair),
        difference=absolute_difference(treated, control, study.experiment.confidence),
        estimates=estimate_rows(study, pair.treated, pair.control),
        posterior=bayesian_lift(treated, control, confidence=study.experiment.confidence),
        detectable=_detectable(treated, control),
        secondary=secondary_rows(study, pair.treated, pair.control),
        guardrails=guardrail_rows(study, pair.treated, pair.control),
        slices=_slices(study, pair),
        looks=[
            Look(
                day=day,
                users=int(found[pair.treated].units + found[pair.control].units),
                fixed=lift_of(
                    found[pair.treated], found[pair.control], study.experiment.confidence
                ),
                sequence=sequence_of(study, found[pair.treated], found[pair.control]),
            )
            for day, found in study.sums.until.items()
        ],
    )


def _rows(study: Study, pair: Comparison) -> list[LiftRow]:
    """All catalogues together, then each where the definition asks for it."""
    totals = {name: clicks_of(sums) for name, sums in study.sums.variants.items()}
    parts: dict[str, ByVariant] = {"": totals}
    if "catalog" in study.experiment.breakdowns and len(study.sums.slices["catalog"]) > 1:
        parts |= study.sums.slices["catalog"]
    return [_row(study, pair, catalog, found) for catalog, found in parts.items()]


def _row(study: Study, pair: Comparison, catalog: str, found: ByVariant) -> LiftRow:
    treated, control = (found.get(name, RatioSums()) for name in (pair.treated, pair.control))
    if study.is_final:
        lift = lift_of(treated, control, study.experiment.confidence)
    else:
        lift = sequence_of(study, treated, control)
    return LiftRow(
        panel=panel_of(study.experiment, pair),
        experiment=study.experiment.name,
        treated=pair.treated,
        control=pair.control,
        catalog=catalog,
        first=study.sums.first,
        last=study.sums.last,
        users=(int(treated.units), int(control.units)),
        impressions=(int(treated.x), int(control.x)),
        rates=(treated.ratio, control.ratio),
        lift=lift,
        is_final=study.is_final,
        sample_ratio=_sample_ratio(study, {name: int(item.units) for name, item in found.items()}),
        truth=study.truth.get((pair.treated, pair.control, catalog or "all")),
    )


def _slices(study: Study, pair: Comparison) -> list[SliceRow]:
    """Every value of every planned dimension but the catalogue, which has rows of its own.

    P-values are adjusted together.
    """
    found = [
        (dimension, value, by_variant)
        for dimension in study.experiment.breakdowns
        if dimension != "catalog"
        for value, by_variant in study.sums.slices[dimension].items()
    ]
    results = [
        lift_of(
            sums.get(pair.treated, RatioSums()),
            sums.get(pair.control, RatioSums()),
            study.experiment.confidence,
        )
        for _, _, sums in found
    ]
    known = [result.p_value for result in results if isinstance(result, Estimate)]
    adjusted = iter(benjamini_hochberg(known))
    return [
        SliceRow(
            dimension=dimension,
            value=value,
            impressions=sum(
                int(sums[name].x) for name in (pair.treated, pair.control) if name in sums
            ),
            result=result,
            adjusted_p=next(adjusted) if isinstance(result, Estimate) else None,
        )
        for (dimension, value, sums), result in zip(found, results, strict=True)
    ]


def _detectable(treated: RatioSums, control: RatioSums) -> float | NotEstimable:
    variance = unit_variance(control)
    if isinstance(variance, NotEstimable):
        return variance
    fewer, more = sorted((treated.units, control.units))
    if fewer <= 0:
        return NotEstimable("a group has no users")
    return detectable_lift(variance, fewer, allocation=more / fewer)
