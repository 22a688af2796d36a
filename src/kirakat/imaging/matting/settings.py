"""What can be chosen about masking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """How a product is cut out; part of the cache key of every cutout."""

    # Raised whenever a change of the code changes mattes.
    version: int = 2
    # Long side in pixels at which evidence is weighed and the matte is solved.
    working_size: int = 1024
    # Half width of the band in which the matte is solved, as a share of the working long side.
    band: float = 0.005
    # A second look of the segmenter at the crop around its first find.
    second_pass: bool = True
    # Whether an even ground is modelled when the photo has one.
    backdrop: bool = True
    # Coverage given to clear glass, which shows the ground of the photo through itself.
    glass_alpha: float = 0.62
    # Soft coverage beyond these counts as none or all.
    snap_low: float = 0.02
    snap_high: float = 0.98
