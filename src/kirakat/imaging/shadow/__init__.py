"""Shadows that a placed product throws on its background, never on itself."""

from kirakat.imaging.shadow.shade import shade
from kirakat.imaging.shadow.shadow import Shadow, shadow

__all__ = ["Shadow", "shade", "shadow"]
