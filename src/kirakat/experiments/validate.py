"""What is wrong with a definition, in sentences that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kirakat.experiments.definition import Experiment, Variant
from kirakat.experiments.metrics import METRICS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LABEL = re.compile(r".+@\d+")


def problems_of(experiment: Experiment) -> list[str]:
    """All faults of a definition; nothing for a good one."""
    return [
        *_names(experiment),
        *_sizes(experiment),
        *_variants(experiment),
        *_comparisons(experiment),
        *_metrics(experiment),
        *_times(experiment),
    ]


def _names(experiment: Experiment) -> Iterator[str]:
    names = [variant.name for variant in experiment.variants]
    for what, name in (("experiment", experiment.name), *(("variant", name) for name in names)):
        if not _NAME.fullmatch(name):
            yield (
                f"{what} name {name!r}: use up to 64 letters, digits, dots, dashes and "
                "underscores, such as spring-sale"
            )
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two variants are named {name}: give each its own name"


def _sizes(experiment: Experiment) -> Iterator[str]:
    if experiment.planned_units < 1:
        yield "planned_users: how many users shall take part? `kirakat experiment power` tells"
    if not 0 < experiment.coverage <= 1:
        yield f"coverage {experiment.coverage}: a share of the users, above 0 and up to 1"
    if not 0.5 < experiment.confidence < 1:
        yield f"confidence {experiment.confidence}: between .5 and 1, such as 0.95"
    space = experiment.namespace
    if space is not None and not 0 <= space.start < space.end <= 1:
        yield f"namespace {space.name}: `from` lies below `to`, both between 0 and 1"


def _variants(experiment: Experiment) -> Iterator[str]:
    variants = experiment.variants
    if len(variants) < 2:
        yield "at least two [[variants]] are needed, the control first"
    for variant in variants:
        yield from _variant(variant)
    shown = [(v.treatment, v.recipe, v.policy, v.prompt) for v in variants]
    if experiment.mode == "aa":
        if len(set(shown)) > 1:
            yield 'mode = "aa": all variants must be alike, or use mode = "ab"'
        return
    for variant, what in zip(variants, shown, strict=True):
        if shown.count(what) > 1:
            yield (
                f"variant {variant.name} differs from another in nothing: change its treatment, "
                'recipe, policy or prompt, or use mode = "aa"'
            )


def _variant(variant: Variant) -> Iterator[str]:
    where = f"variant {variant.name}"
    if not variant.weight > 0:
        yield f"{where}: weight {variant.weight} must be above 0; leave the variant out instead"
    if variant.recipe is not None and not _LABEL.fullmatch(variant.recipe):
        yield f"{where}: recipe {variant.recipe!r} is written name@version, such as tiny@2"
    if variant.policy is not None and variant.prompt is not None:
        yield f"{where}: a policy chooses the prompt; leave out one of the two"
    generates = variant.treatment in (None, "generated")
    for field in ("policy", "prompt"):
        if getattr(variant, field) is not None and not generates:
            yield f'{where}: {field} needs treatment = "generated", not {variant.treatment!r}'
    if variant.recipe is not None and variant.treatment == "original":
        yield f"{where}: the original is not made by a recipe; leave `recipe` out"


def _comparisons(experiment: Experiment) -> Iterator[str]:
    names = {variant.name for variant in experiment.variants}
    for pair in experiment.comparisons:
        for name in (pair.treated, pair.control):
            if name not in names:
                yield f"comparison: there is no variant {name}; known: {_list(names)}"
        if pair.treated == pair.control:
            yield f"comparison: {pair.treated} is compared with itself"


def _metrics(experiment: Experiment) -> Iterator[str]:
    guardrails = [guardrail.metric for guardrail in experiment.guardrails]
    for name in (experiment.primary, *experiment.secondary, *guardrails):
        if name not in METRICS:
            yield f"metric {name}: there is none of that name; known: {_list(METRICS)}"
    if experiment.primary in experiment.secondary:
        yield f"metric {experiment.primary} is primary and secondary: leave out one"
    for guardrail in experiment.guardrails:
        if not 0 < guardrail.margin < 1:
            yield (
                f"guardrail {guardrail.metric}: margin {guardrail.margin} is the relative loss "
                "that you can bear, such as 0.02 for 2 %"
            )


def _times(experiment: Experiment) -> Iterator[str]:
    for name, at in (("starts", experiment.starts_at), ("ends", experiment.ends_at)):
        if at is not None and at.tzinfo is None:
            yield f"{name}: write the time with its zone, such as 2026-03-01T00:00:00Z"
            return
    if experiment.starts_at and experiment.ends_at and experiment.starts_at >= experiment.ends_at:
        yield "ends must lie after starts"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
