"""Weights, scenes and the sample catalogue of Kirakat, each with its licence beside it."""

from __future__ import annotations

from pathlib import Path


def root() -> Path:
    """The folder that holds `models/`, `scenes/` and `catalog/`."""
    return Path(__file__).parent
