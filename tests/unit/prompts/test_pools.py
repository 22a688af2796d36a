"""The shipped pools, and reading pools of one's own."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from kirakat.errors import PromptError
from kirakat.prompts.lint import lint_pools
from kirakat.prompts.pool import load_pools
from kirakat.prompts.vocabulary import CATEGORIES, LIGHTINGS, PALETTES, SURFACES
from kirakat.types import Prompt

POOL = """category = "wine"
negative = "people"
[[prompt]]
id = "wine-cellar"
version = 2
template = "{title}, on dark stone"
scene = { surfaces = ["stone"] }
"""


def write(tmp_path: Path, text: str) -> Path:
    """A folder with one pool file."""
    (tmp_path / "wine.toml").write_text(text)
    return tmp_path


def test_shipped_pools_are_clean() -> None:
    """Kirakat would ship prompts that its own checks refuse."""
    assert lint_pools(load_pools()) == []


def test_every_category_has_a_pool() -> None:
    """Offers of a category would silently get the default's prompts."""
    assert set(load_pools().categories) == set(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_pool_has_enough_that_differ(category: str) -> None:
    """There would be nothing to choose from: a pool needs four looks."""
    pool = load_pools().for_category(category)
    assert len({prompt.prompt_id for prompt in pool}) >= 4
    for first, second in combinations(pool, 2):
        # The first-named material, and the colours, are what the eye tells apart.
        assert not (
            first.scene.surfaces & second.scene.surfaces
            and first.scene.palettes & second.scene.palettes
        ), (first.prompt_id, second.prompt_id)


@pytest.mark.parametrize("prompt", list(load_pools()), ids=lambda prompt: prompt.prompt_id)
def test_prompt_leaves_the_library_a_choice(prompt: Prompt) -> None:
    """A prompt would ask for scenes that no library has."""
    scene = prompt.scene
    assert 1 <= len(scene.surfaces) <= 3
    assert 1 <= len(scene.palettes) <= 3
    assert scene.lightings


@pytest.mark.parametrize(
    ("field", "terms"),
    [("surfaces", SURFACES), ("lightings", LIGHTINGS), ("palettes", PALETTES)],
)
def test_every_term_is_used(field: str, terms: tuple[str, ...]) -> None:
    """Scenes of some kind would be rendered and never chosen."""
    used = {term for prompt in load_pools() for term in getattr(prompt.scene, field)}
    assert used == set(terms)


def test_own_folder_replaces_the_shipped_pools(tmp_path: Path) -> None:
    """A merchant's own prompts would not be used."""
    pools = load_pools(write(tmp_path, POOL))
    (prompt,) = pools.for_category("wine")
    assert (prompt.arm, prompt.negative) == ("wine-cellar@2", "people")
    assert prompt.scene.surfaces == {"stone"}


def test_unknown_category_falls_back_to_default() -> None:
    """Offers of a new category would have no prompts."""
    assert {p.category for p in load_pools().for_category("wine")} == {"default"}


def test_missing_default_is_an_error(tmp_path: Path) -> None:
    """Offers without a pool would end in a KeyError."""
    pools = load_pools(write(tmp_path, POOL))
    with pytest.raises(PromptError, match='no pool for "toys" and no pool "default"'):
        pools.for_category("toys")


def test_prompt_by_id() -> None:
    """An arm's name could not be turned back into its prompt."""
    pools = load_pools()
    assert pools.prompt("toys-sky-paper").category == "toys"
    with pytest.raises(PromptError, match="no prompt toys-none"):
        pools.prompt("toys-none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"wine-cellar"', '""', "lacks id"),
        ("version = 2", "", "wine-cellar lacks version"),
        ("version = 2", 'version = "2"', "whole number"),
        ("{title}", "{title", "brace"),
        ("{title}", "{Title!r}", "brace"),
        ("scene =", "scenes =", "unknown scenes"),
        ("surfaces =", "surface =", "unknown surface"),
        ('["stone"]', '"stone"', "lists of texts"),
        ("[[prompt]]", "[[prompt]", "wine.toml"),
        ("negative =", "negatives =", "unknown negatives"),
    ],
)
def test_broken_pool_names_file_and_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Whoever edits pools would not find the mistake."""
    with pytest.raises(PromptError, match=message) as caught:
        load_pools(write(tmp_path, POOL.replace(old, new)))
    assert "wine.toml" in str(caught.value)


def test_empty_or_missing_folder(tmp_path: Path) -> None:
    """A wrong path would run without prompts."""
    with pytest.raises(PromptError, match="no pool there"):
        load_pools(tmp_path)
    with pytest.raises(PromptError, match="no such folder"):
        load_pools(tmp_path / "none")
