"""Solving for a product's scale and position on a canvas, one dimension at a time."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.errors import LayoutError
from kirakat.imaging.geometry import Contact
from kirakat.types import Box, Layout, ProductView, Side

MAX_UPSCALE = 2.0
# Source pixels hidden beyond the canvas at a cut edge, where the matte is often soft.
CUT_DEPTH = 1.0
# Rounding allowed when extents are compared, in pixels.
_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A canvas, the part of it that the product may take, and the largest scale allowed."""

    width: int
    height: int
    safe: Box
    max_scale: float = MAX_UPSCALE


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What placing needs to know of a cutout, in source pixels."""

    bbox: Box
    view: ProductView
    contact: Contact
    # From the box's middle towards the centre of mass.
    shift_x: float
    shift_y: float
    # Share of its box that the product covers.
    solidity: float
    # Sides at which the photo cuts the product off and the canvas must do so too.
    held: frozenset[Side]

    def columns(self, frame: Frame) -> Axis:
        """The horizontal problem."""
        return Axis(
            length=self.bbox.width,
            canvas=float(frame.width),
            free_start=frame.safe.x,
            free_length=frame.safe.width,
            held_start="left" in self.held,
            held_stop="right" in self.held,
        )

    def rows(self, frame: Frame) -> Axis:
        """The vertical problem."""
        return Axis(
            length=self.bbox.height,
            canvas=float(frame.height),
            free_start=frame.safe.y,
            free_length=frame.safe.height,
            held_start="top" in self.held,
            held_stop="bottom" in self.held,
        )


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One dimension: the product's length in source pixels; the canvas and its free part."""

    length: float
    canvas: float
    free_start: float
    free_length: float
    held_start: bool
    held_stop: bool

    @property
    def spans(self) -> bool:
        """Whether the product must reach from edge to edge."""
        return self.held_start and self.held_stop

    @property
    def visible(self) -> float:
        """The product's length without what is hidden at cut edges, in source pixels."""
        return self.length - CUT_DEPTH * (self.held_start + self.held_stop)

    @property
    def room(self) -> float:
        """Canvas pixels that the product may take: up to the edge at a held side."""
        start = 0.0 if self.held_start else self.free_start
        stop = self.canvas if self.held_stop else self.free_start + self.free_length
        return stop - start

    def aligned(self, at_start: bool, at_stop: bool, scale: float) -> float:
        """Start of the box at either end of the free part, or in its middle."""
        slack = self.free_length - self.length * scale
        share = 0.0 if at_start else 1.0 if at_stop else 0.5
        return self.settled(self.free_start + share * slack, scale)

    def settled(self, start: float, scale: float) -> float:
        """`start` moved into the free part, or to the side that holds the product."""
        if self.spans:
            return (self.canvas - self.length * scale) / 2
        if self.held_start:
            return -CUT_DEPTH * scale
        if self.held_stop:
            return self.canvas - (self.length - CUT_DEPTH) * scale
        last = self.free_start + self.free_length - self.length * scale
        return max(min(start, last), self.free_start)

    def exact_scale(self, before: float | None, after: float | None) -> float | None:
        """The scale that two opposite margins ask for; None where one of them is free."""
        low, high = self._margins(before, after)
        if low is None or high is None:
            return None
        if low + high >= self.canvas:
            raise LayoutError(f"margins of {low} and {high} leave nothing of {self.canvas}")
        return (self.canvas - low - high) / self.visible

    def exact_start(self, before: float | None, after: float | None, scale: float) -> float:
        """Start of the box with exact margins; centred between two that leave slack."""
        low, high = self._margins(before, after)
        extent = self.length * scale
        if self.held_start or self.held_stop or (low is None and high is None):
            return self.aligned(False, False, scale)
        if high is None:
            return low or 0.0
        if low is None:
            return self.canvas - high - extent
        return low + (self.canvas - low - high - extent) / 2

    def _margins(
        self, before: float | None, after: float | None
    ) -> tuple[float | None, float | None]:
        if (self.held_start and before is not None) or (self.held_stop and after is not None):
            raise LayoutError("no margin can be kept at a side where the photo cuts the product")
        return (0.0 if self.held_start else before), (0.0 if self.held_stop else after)


def fit_scale(subject: Subject, frame: Frame, fill: float) -> float:
    """Canvas pixels per source pixel at which the product takes `fill` of its room.

    A product held at two opposite sides spans the canvas whatever `fill` says; raises
    `LayoutError` where that would cut it elsewhere or enlarge it beyond the frame's limit.
    """
    axes = (subject.columns(frame), subject.rows(frame))
    spans = [axis.canvas / axis.visible for axis in axes if axis.spans]
    if not spans:
        return min(frame.max_scale, *(fill * axis.room / axis.visible for axis in axes))
    scale = max(spans)
    if scale > frame.max_scale + _TOLERANCE:
        raise LayoutError(
            "the photo is too small for a product that it cuts off at two opposite sides: "
            "spanning the canvas would enlarge it more than twice",
            scale=scale,
        )
    if any(not axis.spans and axis.visible * scale > axis.room + _TOLERANCE for axis in axes):
        raise LayoutError(
            "a product cut off at two opposite sides cannot span "
            f"{frame.width}x{frame.height} and stay whole",
            scale=scale,
        )
    return scale


def layout_at(subject: Subject, frame: Frame, scale: float, x: float, y: float) -> Layout:
    """The layout whose product box starts at (x, y) with `scale`.

    Raises `LayoutError` when the box leaves the canvas, or a cut edge stays inside it, at a
    side where it must not.
    """
    bbox = subject.bbox
    box = Box(x=x, y=y, width=scale * bbox.width, height=scale * bbox.height)
    beyond: dict[Side, float] = {
        "left": -box.x,
        "top": -box.y,
        "right": box.right - frame.width,
        "bottom": box.bottom - frame.height,
    }
    for side, distance in beyond.items():
        if (distance < -_TOLERANCE) if side in subject.held else (distance > _TOLERANCE):
            raise LayoutError(f"the product does not fit the canvas at the {side}", box=box)
    offset_x, offset_y = x - scale * bbox.x, y - scale * bbox.y
    return Layout(
        width=frame.width,
        height=frame.height,
        scale=scale,
        offset_x=offset_x,
        offset_y=offset_y,
        product_box=box,
        base_x=scale * subject.contact.x + offset_x,
        base_y=scale * subject.contact.y + offset_y,
        base_half_width=scale * subject.contact.half_width,
        base_depth=scale * subject.contact.depth,
        view=subject.view,
        held_sides=subject.held,
    )
