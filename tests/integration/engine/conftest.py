"""A fleet on either database."""

from __future__ import annotations

from tests.support.fleet_fixtures import fleet, nursery

__all__ = ["fleet", "nursery"]
