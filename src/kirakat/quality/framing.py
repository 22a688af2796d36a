"""How a product sits in its placement: how large, whether cut, whether under the overlays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.types import Alpha, Insets, Layout, Side

# Share of a side's pixels, and number of them, that a product must cover to count as cut there.
_TOUCHING = 0.002
_FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Where the product lies on the canvas."""

    # Share of the creative's area that the product covers.
    coverage: float
    # Sides at which the canvas cuts the product off, beyond those the layout holds it at.
    cut_sides: frozenset[Side]
    # Share of the product that lies outside the safe area.
    unsafe_share: float


def framing(alpha: Alpha, layout: Layout, safe_area: Insets) -> Framing:
    """Measures a placed coverage (h, w) against its layout and the placement's safe area.

    A product held at a side belongs beyond the safe area there, so that margin is not asked of it.
    """
    area = float(alpha.sum(dtype=np.float64))
    return Framing(
        coverage=area / alpha.size,
        cut_sides=_cut_sides(alpha) - layout.held_sides,
        unsafe_share=_unsafe(alpha, layout, safe_area) / max(area, 1e-9),
    )


def _cut_sides(alpha: Alpha) -> frozenset[Side]:
    borders: dict[Side, Alpha] = {
        "left": alpha[:, 0],
        "top": alpha[0],
        "right": alpha[:, -1],
        "bottom": alpha[-1],
    }
    return frozenset(
        side
        for side, line in borders.items()
        if int((line > 0.5).sum()) >= max(_TOUCHING * line.size, _FEWEST)
    )


def _unsafe(alpha: Alpha, layout: Layout, safe_area: Insets) -> float:
    """Area of the product outside the safe area, in pixels."""
    height, width = alpha.shape
    held = layout.held_sides
    left = 0 if "left" in held else round(safe_area.left * width)
    right = 0 if "right" in held else round(safe_area.right * width)
    top = 0 if "top" in held else round(safe_area.top * height)
    bottom = 0 if "bottom" in held else round(safe_area.bottom * height)
    safe = alpha[top : height - bottom, left : width - right]
    return float(alpha.sum(dtype=np.float64) - safe.sum(dtype=np.float64))
