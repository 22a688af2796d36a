"""Definitions in TOML."""

from __future__ import annotations

import pytest

from kirakat.experiments.definition import Comparison, Guardrail, Namespace
from kirakat.experiments.errors import DefinitionError, ExperimentError
from kirakat.experiments.templates import TEMPLATES, template
from tests.support.experiments import from_toml

_HEAD = '[experiment]\nname = "test"\nplanned_users = 1000\n'
_VARIANTS = (
    '[[variants]]\nname = "old"\ntreatment = "original"\n'
    '[[variants]]\nname = "new"\ntreatment = "generated"\n'
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_sound(name: str) -> None:
    """A user's first step would end in an error."""
    assert from_toml(template(name)).planned_units > 0


def test_phase_two_asks_both_questions() -> None:
    """The new recipe would be compared with one of old recipe and original only."""
    assert from_toml(template("phase2")).comparisons == (
        Comparison(treated="new-recipe", control="old-recipe"),
        Comparison(treated="new-recipe", control="original"),
    )


def test_an_unknown_template_names_the_known_ones() -> None:
    """A typing error would be a traceback."""
    with pytest.raises(ExperimentError, match="phase1, phase2, phase3, aa"):
        template("phase4")


def test_everything_is_compared_with_the_first_unless_said_otherwise() -> None:
    """A definition without comparisons would have no answer."""
    assert from_toml(_HEAD + _VARIANTS).comparisons == (Comparison(treated="new", control="old"),)


def test_guardrails_and_namespace_are_read() -> None:
    """They would be silently lost."""
    text = (
        '[namespace]\nname = "n"\nfrom = 0\nto = 0.5\n'
        '[[metrics.guardrails]]\nmetric = "cpa"\nmargin = 0.1\n'
    )
    found = from_toml(_HEAD + text + _VARIANTS)
    assert found.namespace == Namespace(name="n", start=0.0, end=0.5)
    assert found.guardrails == (Guardrail(metric="cpa", margin=0.1),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "no TOML"),
        (_HEAD + "color = 1\n" + _VARIANTS, "experiment.color is unknown"),
        (_HEAD + "[wrong]\n" + _VARIANTS, r"\[wrong\] is no table here"),
        (_HEAD, "at least two"),
        ('[experiment]\nname = "a b"\nplanned_users = 9\n' + _VARIANTS, "name 'a b': use"),
        ('[experiment]\nname = "a"\n' + _VARIANTS, "how many users shall take part"),
        (_HEAD + "coverage = 1.5\n" + _VARIANTS, "coverage 1.5"),
        (_HEAD + 'planned = "x"\n' + _VARIANTS, "experiment.planned is unknown"),
        (_HEAD + "starts = 2026-03-01\n" + _VARIANTS, "add time and zone"),
        (_HEAD + "starts = 2026-03-01T00:00:00\n" + _VARIANTS, "with its zone"),
        (_HEAD + _VARIANTS.replace("new", "old"), "two variants are named old"),
        (_HEAD + _VARIANTS.replace("generated", "original"), "differs from another in nothing"),
        (_HEAD + _VARIANTS + "weight = 0\n", "weight 0.0 must be above 0"),
        (_HEAD + _VARIANTS + 'recipe = "tiny"\n', "written name@version"),
        (_HEAD + _VARIANTS + 'policy = "p"\nprompt = "q"\n', "leave out one of the two"),
        (_HEAD + _VARIANTS.replace("generated", "positioned") + 'policy = "p"\n', "policy needs"),
        (_HEAD + '[metrics]\nprimary = "sales"\n' + _VARIANTS, "metric sales: there is none"),
        (_HEAD + '[[comparisons]]\ntreated = "x"\ncontrol = "old"\n' + _VARIANTS, "no variant x"),
        (_HEAD + '[targeting]\ncatalogs = "one"\n' + _VARIANTS, "must be a list of texts"),
        (
            _HEAD + '[[metrics.guardrails]]\nmetric = "ctr"\nmargin = 2.0\n' + _VARIANTS,
            "relative loss that you can bear",
        ),
        (_HEAD + 'mode = "aa"\n' + _VARIANTS, "all variants must be alike"),
    ],
)
def test_a_fault_is_named_with_what_to_do(text: str, told: str) -> None:
    """A wrong definition would be taken, or refused without a hint."""
    with pytest.raises(DefinitionError, match=told):
        from_toml(text)


def test_all_faults_are_told_at_once() -> None:
    """A user would mend one fault after the other."""
    with pytest.raises(DefinitionError) as caught:
        from_toml('[experiment]\nname = 1\ncoverage = "all"\n[targeting]\ncatalogs = 5\n')
    assert len(caught.value.problems) == 3  # type: ignore[arg-type]
