"""What the bandit raises.

KirakatError
├── SettingsError
│   └── FeatureError     a feature schema or a context does not fit
└── BanditError          arms, statistics and policies that do not fit together
    └── SnapshotError    a policy snapshot is broken or of another make
"""

from __future__ import annotations

from kirakat.errors import KirakatError, SettingsError


class FeatureError(SettingsError):
    """A feature schema or a context does not fit."""


class BanditError(KirakatError):
    """Arms, statistics and policies do not fit together."""


class SnapshotError(BanditError):
    """The policy snapshot cannot be used."""
