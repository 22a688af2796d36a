"""Prompt templates: text with {attribute} and {attribute|default} fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from kirakat.errors import PromptError

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}|]*))?\}")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a template."""

    name: str
    # None when the attribute is required.
    default: str | None


@lru_cache(maxsize=1024)
def template_fields(template: str) -> tuple[Field, ...]:
    """The fields of a template in order. Raises `PromptError` when a brace is left over."""
    rest = _FIELD.sub("", template)
    if "{" in rest or "}" in rest:
        raise PromptError(
            f"a brace that belongs to no field, in: {template}; fields look like {{title}} or "
            "{material|steel}",
            template=template,
        )
    return tuple(_field(match) for match in _FIELD.finditer(template))


def fill(template: str, value_of: Callable[[Field], str]) -> str:
    """The template's text with each field replaced by `value_of` it."""
    return "".join(value_of(part) if isinstance(part, Field) else part for part in _parts(template))


@lru_cache(maxsize=1024)
def _parts(template: str) -> tuple[str | Field, ...]:
    """The template cut at its fields."""
    parts: list[str | Field] = []
    end = 0
    for match in _FIELD.finditer(template):
        parts += [template[end : match.start()], _field(match)]
        end = match.end()
    return (*parts, template[end:])


def _field(match: re.Match[str]) -> Field:
    return Field(name=match[1], default=match[2])
