"""Definitions to start from: the three phases of the paper, and an A/A test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from kirakat.experiments.errors import ExperimentError

# What each template is for, by its name.
TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "phase1": "original, positioned and generated pictures",
        "phase2": "an old and a new recipe, and the original, by catalogue",
        "phase3": "LinUCB against a random prompt",
        "aa": "two groups that see the same, to test the measuring",
    }
)


def template(name: str) -> str:
    """A template's TOML, comments and all; raises `ExperimentError` for an unknown name."""
    if name not in TEMPLATES:
        raise ExperimentError(f"no template {name}; there are: {', '.join(TEMPLATES)}")
    return Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
