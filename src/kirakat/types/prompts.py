"""Prompts of a pool, before and after rendering."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.types.scenes import SceneQuery

_ANY_SCENE = SceneQuery()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One entry of a pool."""

    prompt_id: str
    version: int
    category: str
    # Text with {attribute} or {attribute|default} fields.
    template: str
    negative: str
    tags: tuple[str, ...]
    # Why it suits the category, for the people who edit pools.
    why: str
    scene: SceneQuery = _ANY_SCENE

    @property
    def arm(self) -> str:
        """The bandit's name of it: prompt@version."""
        return f"{self.prompt_id}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class RenderedPrompt:
    """A prompt after the offer's attributes went in."""

    prompt: Prompt
    text: str
    negative: str
