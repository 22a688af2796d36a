"""The one resampling that a product goes through: from source pixels to its final size.

A source point (u, v) lands at (scale * u + offset_x, scale * v + offset_y) of the canvas, at
any sub-pixel offset. Colours use a Lanczos-3 kernel widened by 1 / scale when shrinking (no
aliasing); alpha uses a Hamming kernel, which is nowhere negative and so neither rings inside
the product nor leaves a ghost outline around it. At the photo's edge the edge pixels repeat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kirakat.errors import LayoutError
from kirakat.types import RGB, Alpha, Box, Layout

# Kernel half-widths at scale 1, in source pixels.
_LANCZOS_SUPPORT = 3.0
_HAMMING_SUPPORT = 1.0
# Rounding of offsets, in canvas pixels, that does not open a gap at the photo's edge.
_EDGE_TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class _Span:
    """One axis: whole canvas pixels [start, stop) and the source interval that they show."""

    start: int
    stop: int
    source_start: float
    source_stop: float

    @property
    def length(self) -> int:
        return self.stop - self.start


def resample_product(pixels: RGB, layout: Layout, *, within: Box | None = None) -> RGB:
    """The product's colours (layout.height, layout.width, 3) from source pixels (H, W, 3).

    `within`, a box of whole source pixels, is all that is asked for when given: less work where
    the product takes a small part of the photo. Black where that part or the photo does not
    reach. Raises `LayoutError` when it lies wholly outside the canvas.
    """
    pixels, layout = _part(pixels, layout, within)
    source_height, source_width = pixels.shape[:2]
    columns, rows = _spans(layout, source_width, source_height)
    patch = _resize(pixels, columns, rows, layout.scale, _LANCZOS_SUPPORT, Image.Resampling.LANCZOS)
    canvas = np.zeros((layout.height, layout.width, 3), np.uint8)
    canvas[rows.start : rows.stop, columns.start : columns.stop] = patch
    return canvas


def resample_alpha(alpha: Alpha, layout: Layout, *, within: Box | None = None) -> Alpha:
    """The product's coverage (layout.height, layout.width) from the source's alpha (H, W).

    Exactly 1 where every source pixel under the kernel is 1, and 0 where the photo does not
    reach. `within` is as for `resample_product`; alpha must be 0 outside it. Raises
    `LayoutError` when the photo lies wholly outside the canvas.
    """
    alpha, layout = _part(alpha, layout, within)
    columns, rows = _spans(layout, alpha.shape[1], alpha.shape[0])
    source = np.ascontiguousarray(alpha, np.float32)
    patch = _resize(source, columns, rows, layout.scale, _HAMMING_SUPPORT, Image.Resampling.HAMMING)
    patch = np.clip(patch, 0.0, 1.0)
    patch *= _reach(columns, alpha.shape[1], layout.scale)[None, :]
    patch *= _reach(rows, alpha.shape[0], layout.scale)[:, None]
    canvas = np.zeros((layout.height, layout.width), np.float32)
    canvas[rows.start : rows.stop, columns.start : columns.stop] = patch
    return canvas


def interior(alpha: Alpha, layout: Layout) -> NDArray[np.bool_]:
    """Canvas pixels (layout.height, layout.width) made of fully covered source pixels alone.

    There the whole support of the colour kernel has alpha 1 in the source (H, W), so a
    creative must equal the resampled photo exactly, whatever was estimated at the rim.
    """
    source_height, source_width = alpha.shape
    columns, rows = _spans(layout, source_width, source_height)
    holes = np.zeros((source_height + 1, source_width + 1), np.int32)
    holes[1:, 1:] = (alpha < 1.0).cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)
    left, right = _supports(columns, source_width, layout.scale)
    top, bottom = _supports(rows, source_height, layout.scale)
    count = (
        holes[np.ix_(bottom, right)]
        - holes[np.ix_(top, right)]
        - holes[np.ix_(bottom, left)]
        + holes[np.ix_(top, left)]
    )
    inside = (_reach(rows, source_height, layout.scale) == 1.0)[:, None] & (
        _reach(columns, source_width, layout.scale) == 1.0
    )[None, :]
    canvas = np.zeros((layout.height, layout.width), np.bool_)
    canvas[rows.start : rows.stop, columns.start : columns.stop] = (count == 0) & inside
    return canvas


_Pixels = TypeVar("_Pixels", bound=NDArray[np.generic])


def _part(source: _Pixels, layout: Layout, within: Box | None) -> tuple[_Pixels, Layout]:
    """A box of a source picture and all that kernels read around it; the layout of that part."""
    if within is None or not layout.scale > 0.0:
        return source, layout
    # Alpha reaches its kernel's width beyond the box, and colours there read theirs.
    reach = (_HAMMING_SUPPORT + _LANCZOS_SUPPORT) * max(1.0, 1.0 / layout.scale)
    margin = math.ceil(reach) + 2
    left, top = max(int(within.x) - margin, 0), max(int(within.y) - margin, 0)
    part = source[top : int(within.bottom) + margin, left : int(within.right) + margin]
    moved = replace(
        layout,
        offset_x=layout.offset_x + layout.scale * left,
        offset_y=layout.offset_y + layout.scale * top,
    )
    return cast("_Pixels", part), moved


def _spans(layout: Layout, width: int, height: int) -> tuple[_Span, _Span]:
    if not layout.scale > 0.0:
        raise LayoutError(f"a layout's scale must be positive, not {layout.scale}", layout=layout)
    columns = _span(layout.offset_x, layout.scale, width, layout.width)
    rows = _span(layout.offset_y, layout.scale, height, layout.height)
    if columns.length <= 0 or rows.length <= 0:
        raise LayoutError("the layout puts the product wholly outside its canvas", layout=layout)
    return columns, rows


def _span(offset: float, scale: float, size: int, canvas: int) -> _Span:
    start = max(0, math.floor(offset + _EDGE_TOLERANCE))
    stop = min(canvas, math.ceil(offset + scale * size - _EDGE_TOLERANCE))
    return _Span(
        start=start,
        stop=stop,
        source_start=(start - offset) / scale,
        source_stop=(stop - offset) / scale,
    )


def _resize(
    source: NDArray[np.generic],
    columns: _Span,
    rows: _Span,
    scale: float,
    support: float,
    kernel: Image.Resampling,
) -> NDArray[np.generic]:
    margin = math.ceil(support * max(1.0, 1.0 / scale)) + 1
    patch, left, top = _crop(source, columns, rows, margin)
    box = (
        columns.source_start - left,
        rows.source_start - top,
        columns.source_stop - left,
        rows.source_stop - top,
    )
    size = (columns.length, rows.length)
    return np.asarray(Image.fromarray(patch).resize(size, kernel, box=box))


def _crop(
    source: NDArray[np.generic], columns: _Span, rows: _Span, margin: int
) -> tuple[NDArray[np.generic], int, int]:
    """The part of the source under both spans, edges repeated, and its left top corner."""
    left, right = math.floor(columns.source_start) - margin, math.ceil(columns.source_stop) + margin
    top, bottom = math.floor(rows.source_start) - margin, math.ceil(rows.source_stop) + margin
    height, width = source.shape[:2]
    inner = source[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    pads = [
        (max(-top, 0), max(bottom - height, 0)),
        (max(-left, 0), max(right - width, 0)),
    ] + [(0, 0)] * (source.ndim - 2)
    return np.pad(inner, pads, mode="edge"), left, top


def _reach(span: _Span, size: int, scale: float) -> NDArray[np.float32]:
    """Share of each canvas pixel of a span that the photo reaches."""
    edges = np.linspace(span.source_start, span.source_stop, span.length + 1)
    inside = np.clip(edges, 0.0, size)
    share = (inside[1:] - inside[:-1]) * scale
    return np.where(share > 1.0 - _EDGE_TOLERANCE, 1.0, share).astype(np.float32)


def _supports(span: _Span, size: int, scale: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Source pixels [first, last) that the colour kernel reads, a pixel more at each end."""
    centres = span.source_start + (np.arange(span.length) + 0.5) / scale
    support = _LANCZOS_SUPPORT * max(1.0, 1.0 / scale)
    first = np.clip(np.floor(centres - support + 0.5) - 1, 0, size - 1)
    last = np.clip(np.floor(centres + support + 0.5) + 1, 1, size)
    return first.astype(np.int64), last.astype(np.int64)
