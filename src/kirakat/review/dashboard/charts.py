"""Geometry of the plots, which templates draw as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kirakat.review.standing import Standing

# Drawn from the bottom, in this order.
STACK: tuple[Standing, ...] = ("ready", "review", "rejected", "dead")


class Block(NamedTuple):
    """One part of a column, in the plot's own units."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A column chart."""

    width: float
    height: float
    blocks: Sequence[Block]
    # The value of the plot's upper edge.
    top: int


def stacked(
    counts: Sequence[Mapping[Standing, int]], *, width: float = 600.0, height: float = 120.0
) -> Columns:
    """One column for each mapping, side by side."""
    top = nice_top(max((sum(one.values()) for one in counts), default=0))
    step = width / max(1, len(counts))
    gap = min(2.0, step / 5)
    blocks = []
    for number, one in enumerate(counts):
        base = height
        for kind in STACK:
            size = height * one.get(kind, 0) / top
            if size:
                base -= size
                blocks.append(Block(kind, number * step + gap / 2, base, step - gap, size))
    return Columns(width=width, height=height, blocks=blocks, top=top)


def columns(values: Sequence[int], *, width: float = 600.0, height: float = 120.0) -> Columns:
    """One plain column for each value."""
    drawn = stacked([{"ready": value} for value in values], width=width, height=height)
    return Columns(
        width=width, height=height, top=drawn.top,
        blocks=[block._replace(kind="plain") for block in drawn.blocks],
    )  # fmt: skip


def line(values: Sequence[float | None], *, width: float = 120.0, height: float = 24.0) -> str:
    """The path of a line from 0 to 1, broken where nothing is known."""
    step = width / max(1, len(values) - 1)
    parts, is_down = [], False
    for number, value in enumerate(values):
        if value is None:
            is_down = False
            continue
        x, y = number * step, (height - 1) * (1 - value) + 0.5
        # A lone point is a stroke without length, which round ends make a dot.
        parts.append(f"L{x:.1f} {y:.1f}" if is_down else f"M{x:.1f} {y:.1f}h0")
        is_down = True
    return "".join(parts)


def nice_top(value: int) -> int:
    """A round number that is not below the value: 1, 2 or 5 with zeros; 1 at least."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= value:
                return digit * size
        size *= 10
