"""What experiments raise.

KirakatError
├── SettingsError
│   └── DefinitionError   a definition is wrong; every fault is named
└── ExperimentError       an experiment cannot do what is asked of it now
"""

from __future__ import annotations

from collections.abc import Sequence

from kirakat.errors import KirakatError, SettingsError


class DefinitionError(SettingsError):
    """The definition of an experiment is wrong."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        text = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"{where}:{text}", problems=tuple(problems))


class ExperimentError(KirakatError):
    """The experiment cannot do that now."""
