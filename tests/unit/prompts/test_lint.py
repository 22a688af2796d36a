"""What the pools' checks find."""

from __future__ import annotations

from typing import Any

import pytest

from kirakat.prompts.lint import Finding, estimate_tokens, lint_pools
from kirakat.prompts.pool import Pools
from kirakat.types import Prompt, SceneQuery

MARBLE = SceneQuery(
    surfaces=frozenset({"marble"}),
    lightings=frozenset({"softbox"}),
    palettes=frozenset({"white"}),
)


def prompt(**fields: Any) -> Prompt:
    """A prompt without fault, but for `fields`."""
    good: dict[str, Any] = {
        "prompt_id": "default-marble",
        "version": 1,
        "category": "default",
        "template": "{title}, on white marble, softbox lighting",
        "negative": "people",
        "tags": (),
        "why": "",
        "scene": MARBLE,
    }
    return Prompt(**{**good, **fields})


def lint(*prompts: Prompt) -> list[Finding]:
    """Findings of a default pool, but for those about its number of prompts."""
    found = lint_pools(Pools(by_category={"default": prompts}))
    return [finding for finding in found if "leave something to choose" not in finding.message]


def test_good_prompt_has_no_findings() -> None:
    """Editors would learn to ignore the checks."""
    assert lint(prompt()) == []


TEXT = "on white marble, softbox lighting"


@pytest.mark.parametrize(
    ("fields", "level", "message"),
    [
        ({"template": f"{{title}}, {{colr}}, {TEXT}"}, "error", "unknown field {colr}"),
        ({"template": f"{{title}}, {{wood_type|}}, {TEXT}"}, "warning", "that column"),
        ({"template": f"{{title}}, {{material}}, {TEXT}"}, "error", "needs a default"),
        ({"template": f"{{title}}, {{brand|}}, {TEXT}"}, "error", "logo"),
        ({"template": f"product, {TEXT}"}, "warning", "title is missing"),
        ({"template": f"{{title}}, {TEXT}" + ", very nice" * 20}, "error", "tokens"),
        ({"negative": "ugly, " * 60}, "error", "negative text takes"),
        ({"template": f"the best {{title}}, {TEXT}"}, "error", '"best" claims'),
        ({"template": f"{{title}} held by a woman, {TEXT}"}, "error", '"woman" brings people'),
        ({"template": f"{{title}} with a logo, {TEXT}"}, "error", '"logo" brings writing'),
        ({"template": f"{{title}}, Nike style, {TEXT}"}, "error", '"nike" names a brand'),
        ({"prompt_id": "default_Marble"}, "error", "hyphens"),
        ({"prompt_id": "toys-marble"}, "error", "does not start with default-"),
        ({"scene": SceneQuery()}, "warning", "any scene will do"),
        ({"template": "{title}, on white stone, softbox"}, "error", "none of its surfaces"),
        ({"template": "{title}, on white marble, daylight"}, "error", "none of its lightings"),
        ({"template": "{title}, on red marble, softbox"}, "error", "none of its palettes"),
    ],
)
def test_fault_is_found(fields: dict[str, Any], level: str, message: str) -> None:
    """A pool with this fault would cost renders before anyone saw it."""
    found = [finding for finding in lint(prompt(**fields)) if message in finding.message]
    assert found
    assert found[0].level == level
    assert found[0].pool == "default"


@pytest.mark.parametrize("name", ["surfaces", "lightings", "palettes"])
def test_unknown_term_is_found(name: str) -> None:
    """A prompt would ask for scenes that can never exist."""
    scene = SceneQuery(**{**vars(MARBLE), name: frozenset({"lava"})})
    messages = [finding.message for finding in lint(prompt(scene=scene, template="lava"))]
    assert any("lava; known:" in message for message in messages)


def test_look_alikes_are_found() -> None:
    """Two arms would show shoppers the same picture."""
    twin = prompt(prompt_id="default-twin", template="{title}, white marble table, softbox glow")
    (finding,) = lint(prompt(), twin)
    assert (finding.prompt_id, finding.level) == ("default-twin", "error")
    assert "looks like default-marble" in finding.message


def test_other_palette_is_no_look_alike() -> None:
    """Good pools would be refused."""
    scene = SceneQuery(**{**vars(MARBLE), "palettes": frozenset({"navy"})})
    other = prompt(prompt_id="default-navy", scene=scene, template=f"{{title}}, navy, {TEXT}")
    assert lint(prompt(), other) == []


def test_duplicate_ids_are_found() -> None:
    """Two prompts would share one arm, and the bandit would mix their clicks."""
    pools = Pools(by_category={"default": (prompt(),), "toys": (prompt(category="toys"),)})
    assert any("used 2 times" in finding.message for finding in lint_pools(pools))


def test_small_pool_and_missing_default_are_found() -> None:
    """There would be nothing to learn, or nothing at all for other categories."""
    findings = lint_pools(Pools(by_category={"toys": (prompt(category="toys"),)}))
    messages = " / ".join(finding.message for finding in findings)
    assert "1 prompts" in messages
    assert "no pool default" in messages


def test_exact_tokenizer_is_used() -> None:
    """A model with another tokenizer would cut texts unseen."""
    pools = Pools(by_category={"default": (prompt(),)})
    findings = lint_pools(pools, lambda text: 78 if "marble" in text else 1)
    assert [f.message for f in findings if "78 tokens" in f.message]


def test_estimate_counts_words_and_marks() -> None:
    """Texts would be cut by CLIP although the check passed them."""
    assert estimate_tokens("") == 2
    assert estimate_tokens("a mug, on marble") == 2 + 6 + 1
