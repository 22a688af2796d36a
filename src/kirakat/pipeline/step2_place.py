"""Step 2: where the product stands on a canvas, and how large."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kirakat.errors import LayoutError
from kirakat.imaging.buckets import crop_box
from kirakat.imaging.fitting import MAX_UPSCALE, Axis, Frame, Subject, fit_scale, layout_at
from kirakat.imaging.geometry import centroid, contact, estimate_view
from kirakat.types import Box, Bucket, Cutout, Insets, Layout, Placement, ProductView, Side

Anchor = Literal[
    "auto",
    "center",
    "top",
    "bottom",
    "left",
    "right",
    "top-left",
    "top-right",
    "bottom-left",
    "bottom-right",
]

# Share of the free area's width or height, whichever is tighter, that a product takes.
FILL = {
    "apparel": 0.80,
    "beauty": 0.68,
    "electronics": 0.66,
    "footwear": 0.70,
    "furniture": 0.72,
    "grocery": 0.68,
    "home": 0.64,
    "jewellery": 0.56,
    "kitchen": 0.64,
}
DEFAULT_FILL = 0.66
POSITIONED_FILL = 0.80
TILE_FILL = 0.94

# Products that leave the other dimension free, or much of their own box, may take more, up to
# the largest share, which a product cut off by the photo always takes.
_MAX_FILL = 0.86
_SLENDER_EXPONENT = 0.3
_SPARSE_EXPONENT = 0.2
# Share of its box that a compact product, such as a mug, covers.
_COMPACT = 0.6
# Height of a standing product's base on the canvas: the ground and the shadow need the rest.
_BASE_HEIGHT = 0.74
# A hanging product's middle lies this share of the height above the free area's middle.
_HANGING_RISE = 0.025
# The mass may draw a product this share of its size away from the middle of its box.
_MAX_MASS_SHIFT = 0.06
# Length over breadth of a tile, and where a tall placement's tile is centred.
_TILE_RATIO = 1.3
_TILE_CENTRE = 0.40
# The view is judged on a thinned matte of about this many pixels a side.
_VIEW_SIZE = 400


@dataclass(frozen=True, kw_only=True)
class Margins:
    """Exact distances in pixels from the canvas' edges to the product's box.

    Two opposite margins set the product's size; where all four are given the tighter pair
    does, and the product is centred between the other two.
    """

    left: float | None = None
    top: float | None = None
    right: float | None = None
    bottom: float | None = None


def place(
    cutout: Cutout,
    *,
    width: int,
    height: int,
    safe_area: Insets,
    category: str,
    view: ProductView | None = None,
    anchor: Anchor | Margins = "auto",
    fill: float | None = None,
) -> Layout:
    """Place a product on a canvas of (width, height) pixels.

    "auto" puts a standing product's base at 74 % of the height, a lying product in the middle
    and a hanging one a little above it, each centred by its mass. A named anchor aligns the
    product's box with the safe area; `Margins` are exact and ignore the safe area. `fill` is
    the share of the safe area's tighter dimension that the box takes; None takes the
    category's. No product is enlarged to more than twice its source. A product that the photo
    cuts off stays cut off at the same side of the canvas, beyond the safe area.

    Raises `LayoutError` for an empty safe area or fill, for margins that leave no room, and
    where a product cut off at two opposite sides cannot span the canvas.
    """
    frame = Frame(width=width, height=height, safe=_safe_box(width, height, safe_area))
    subject = _subject(cutout, category, view)
    share = _fill(subject, frame, category, fill)
    if isinstance(anchor, Margins):
        return _placed_exactly(subject, frame, anchor, share)
    scale = fit_scale(subject, frame, share)
    return _anchored(subject, frame, scale, anchor)


def place_in_bucket(
    cutout: Cutout,
    bucket: Bucket,
    placements: Sequence[Placement],
    *,
    category: str,
    view: ProductView | None = None,
    fill: float | None = None,
) -> Layout:
    """One layout on a bucket's canvas that suits every placement cut from it.

    The product lies in the safe areas of all placements at once. Raises `LayoutError` as
    `place` does, and when the safe areas have nothing in common.
    """
    frame = Frame(
        width=bucket.width,
        height=bucket.height,
        safe=_common_safe_box(bucket, placements),
        max_scale=min(
            MAX_UPSCALE * crop_box(bucket, placement).width / placement.width
            for placement in placements
        ),
    )
    subject = _subject(cutout, category, view)
    scale = fit_scale(subject, frame, _fill(subject, frame, category, fill))
    return _anchored(subject, frame, scale, "auto")


def layout_for(layout: Layout, bucket: Bucket, placement: Placement) -> Layout:
    """The part of a bucket's layout that a placement shows, at the placement's size."""
    return layout.cropped(
        crop_box(bucket, placement), width=placement.width, height=placement.height
    )


def tile_box(placement: Placement, held_sides: Set[Side] = frozenset()) -> Box:
    """The part of an elongated placement that the product takes: left, or above the middle.

    It moves to the side at which the photo cuts the product off.
    """
    safe = _safe_box(placement.width, placement.height, placement.safe_area)
    if placement.ratio > 1.0:
        width = min(safe.width, _TILE_RATIO * safe.height)
        at_right = "right" in held_sides and "left" not in held_sides
        x = safe.right - width if at_right else safe.x
        return Box(x=x, y=safe.y, width=width, height=safe.height)
    height = min(safe.height, _TILE_RATIO * safe.width)
    if "bottom" in held_sides and "top" not in held_sides:
        y = safe.bottom - height
    elif "top" in held_sides:
        y = safe.y
    else:
        y = min(max(_TILE_CENTRE * placement.height - height / 2, safe.y), safe.bottom - height)
    return Box(x=safe.x, y=y, width=safe.width, height=height)


def place_tile(
    cutout: Cutout, placement: Placement, *, category: str, view: ProductView | None = None
) -> Layout:
    """Place a product in the tile of an elongated placement and leave the rest quiet.

    Raises `LayoutError` as `place` does.
    """
    frame = Frame(
        width=placement.width,
        height=placement.height,
        safe=tile_box(placement, cutout.border_contact),
    )
    subject = _subject(cutout, category, view)
    return _anchored(subject, frame, fit_scale(subject, frame, TILE_FILL), "center")


def place_positioned(
    cutout: Cutout,
    *,
    width: int,
    height: int,
    safe_area: Insets,
    category: str,
    fill: float = POSITIONED_FILL,
) -> Layout:
    """Centre a product with even margins on plain ground (the paper's group 2a).

    `fill` is the share of the whole canvas, as far as the safe area allows. A product cut off
    at two opposite sides is not held there: plain ground shows a cut edge as the photo does.
    """
    safe = _safe_box(width, height, safe_area)
    inner_width, inner_height = min(safe.width, fill * width), min(safe.height, fill * height)
    inner = Box(
        x=safe.x + (safe.width - inner_width) / 2,
        y=safe.y + (safe.height - inner_height) / 2,
        width=inner_width,
        height=inner_height,
    )
    frame = Frame(width=width, height=height, safe=inner)
    subject = _subject(cutout, category, None)
    for pair in (frozenset[Side](("left", "right")), frozenset[Side](("top", "bottom"))):
        if pair <= subject.held:
            subject = replace(subject, held=subject.held - pair)
    return _anchored(subject, frame, fit_scale(subject, frame, 1.0), "center")


def _safe_box(width: int, height: int, safe_area: Insets) -> Box:
    box = Box(
        x=safe_area.left * width,
        y=safe_area.top * height,
        width=(1.0 - safe_area.left - safe_area.right) * width,
        height=(1.0 - safe_area.top - safe_area.bottom) * height,
    )
    if min(width, height) <= 0 or min(box.width, box.height) <= 0.0:
        raise LayoutError(f"the safe area of a {width}x{height} canvas is empty", insets=safe_area)
    return box


def _common_safe_box(bucket: Bucket, placements: Sequence[Placement]) -> Box:
    """Where the safe areas of all placements overlap on their bucket's canvas."""
    if not placements:
        raise LayoutError(f"no placement is cut from {bucket.name}")
    boxes = [_safe_in_bucket(bucket, placement) for placement in placements]
    left, top = max(box.x for box in boxes), max(box.y for box in boxes)
    right, bottom = min(box.right for box in boxes), min(box.bottom for box in boxes)
    if right <= left or bottom <= top:
        names = ", ".join(placement.name for placement in placements)
        raise LayoutError(f"the safe areas of {names} do not overlap in {bucket.name}")
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def _safe_in_bucket(bucket: Bucket, placement: Placement) -> Box:
    crop = crop_box(bucket, placement)
    safe = _safe_box(placement.width, placement.height, placement.safe_area)
    factor = crop.width / placement.width
    return Box(
        x=crop.x + safe.x * factor,
        y=crop.y + safe.y * factor,
        width=safe.width * factor,
        height=safe.height * factor,
    )


def _subject(cutout: Cutout, category: str, view: ProductView | None) -> Subject:
    bbox = cutout.bbox
    area = cutout.alpha.size
    mass_x, mass_y = centroid(cutout.alpha)
    limit_x, limit_y = _MAX_MASS_SHIFT * bbox.width, _MAX_MASS_SHIFT * bbox.height
    return Subject(
        bbox=bbox,
        view=view or _view(cutout, category),
        contact=contact(cutout.alpha),
        shift_x=min(max(mass_x - bbox.x - bbox.width / 2, -limit_x), limit_x),
        shift_y=min(max(mass_y - bbox.y - bbox.height / 2, -limit_y), limit_y),
        solidity=float(cutout.alpha.mean(dtype=np.float64)) * area / (bbox.width * bbox.height),
        held=cutout.border_contact,
    )


def _view(cutout: Cutout, category: str) -> ProductView:
    step = max(1, max(cutout.alpha.shape) // _VIEW_SIZE)
    return estimate_view(cutout.alpha[::step, ::step], category, cutout.border_contact)


def _fill(subject: Subject, frame: Frame, category: str, fill: float | None) -> float:
    """The share asked for, or the category's, larger for a product that is slender or sparse."""
    if fill is not None:
        if not 0.0 < fill <= 1.0:
            raise LayoutError(f"a fill must be above 0 and at most 1, not {fill}")
        return fill
    if subject.held:
        return _MAX_FILL
    slender = subject.bbox.width / subject.bbox.height * frame.safe.height / frame.safe.width
    slender = max(slender, 1.0 / slender) ** _SLENDER_EXPONENT
    sparse = max(1.0, _COMPACT / subject.solidity) ** _SPARSE_EXPONENT
    return float(min(FILL.get(category, DEFAULT_FILL) * slender * sparse, _MAX_FILL))


def _anchored(subject: Subject, frame: Frame, scale: float, anchor: Anchor) -> Layout:
    columns, rows = subject.columns(frame), subject.rows(frame)
    if anchor == "auto":
        x = columns.aligned(False, False, scale) - subject.shift_x * scale
        y = _auto_y(subject, frame, rows, scale)
    else:
        x = columns.aligned("left" in anchor, "right" in anchor, scale)
        y = rows.aligned("top" in anchor, "bottom" in anchor, scale)
    return layout_at(
        subject,
        frame,
        scale,
        columns.settled(x, scale),
        rows.settled(y, scale),
    )


def _auto_y(subject: Subject, frame: Frame, rows: Axis, scale: float) -> float:
    if subject.view == "standing":
        return _BASE_HEIGHT * frame.height - (subject.contact.y - subject.bbox.y) * scale
    middle = rows.aligned(False, False, scale) - subject.shift_y * scale
    return middle - _HANGING_RISE * frame.height if subject.view == "hanging" else middle


def _placed_exactly(subject: Subject, frame: Frame, margins: Margins, fill: float) -> Layout:
    """Place by margins, with `fill` of the free area where no two opposite ones are given."""
    columns, rows = subject.columns(frame), subject.rows(frame)
    asked = (
        columns.exact_scale(margins.left, margins.right),
        rows.exact_scale(margins.top, margins.bottom),
    )
    scales = [scale for scale in asked if scale is not None]
    scale = min([*scales, frame.max_scale]) if scales else fit_scale(subject, frame, fill)
    return layout_at(
        subject,
        frame,
        scale,
        columns.exact_start(margins.left, margins.right, scale),
        rows.exact_start(margins.top, margins.bottom, scale),
    )
