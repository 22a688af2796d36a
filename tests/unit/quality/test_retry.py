"""What is changed when a creative is made again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kirakat.quality.retry import MAX_RETRIES, retry_for
from kirakat.types import Defect, Recipe

RECIPE = Recipe(name="r", version=1, pipeline_version=1, generator="tiny")
MENDABLE = sorted(set(Defect) - {Defect.BAD_MASK, Defect.PRODUCT_ALTERED})


@pytest.mark.parametrize("defect", MENDABLE)
def test_retries_end(defect: Defect) -> None:
    """Else a hopeless product is rendered for ever."""
    assert retry_for(defect, MAX_RETRIES - 1, RECIPE) is not None
    assert retry_for(defect, MAX_RETRIES, RECIPE) is None


@pytest.mark.parametrize("defect", [Defect.BAD_MASK, Defect.PRODUCT_ALTERED])
def test_what_comes_out_the_same_is_not_retried(defect: Defect) -> None:
    """Else renders are spent on what another seed cannot mend."""
    assert retry_for(defect, 0, RECIPE) is None


@pytest.mark.parametrize("defect", MENDABLE)
def test_a_retry_changes_something(defect: Defect) -> None:
    """Else a retry is a throw of dice."""
    retry = retry_for(defect, 0, RECIPE)
    assert retry is not None
    assert retry.attempt == 1
    assert retry.other_scene or retry.fill != 1.0 or retry.recipe != RECIPE


def test_extension_gets_stronger_control() -> None:
    """Else the model goes on drawing beyond the product's outline."""
    retry = retry_for(Defect.VIRTUAL_EXTENSION, 0, RECIPE)
    assert retry is not None
    assert retry.recipe.sampling.control_scale > RECIPE.sampling.control_scale
    assert retry.recipe.sampling.strength < RECIPE.sampling.strength


def test_floating_product_gets_a_shadow() -> None:
    """Else a product that the model gave no shadow stays in the air."""
    retry = retry_for(Defect.FLOATING, 0, replace(RECIPE, shadow="generated"))
    assert retry is not None
    assert retry.recipe.shadow == "soft"


def test_small_product_grows_and_cut_product_shrinks() -> None:
    """Else the next attempt is framed as badly."""
    small, cut = retry_for(Defect.TOO_SMALL, 0, RECIPE), retry_for(Defect.CUT, 0, RECIPE)
    assert small is not None
    assert cut is not None
    assert small.fill > 1.0 > cut.fill
