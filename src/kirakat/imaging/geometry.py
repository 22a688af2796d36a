"""What a matte tells of how its product rests: where it touches, whether it could stand."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import MaskError
from kirakat.imaging.shadow.outline import find_ground
from kirakat.types import Alpha, Box, ProductView, Side

# Components below this share of the largest one's area are specks.
_SPECK_SHARE = 0.01
# Components above this share of the whole area are objects that must each be stable.
_OBJECT_SHARE = 0.15
# Height of the contact band, as a share of the product's height.
_CONTACT_BAND = 0.025
# Feet seen in perspective end at different heights; all those in this band count as support.
_SUPPORT_BAND = 0.12
# How far beside its support a mass may lie, and how wide a support must be, as shares of the
# product's width. A ball seen from the side has a support of 0.65, a cable 0.05.
_STABLE_MARGIN = 0.03
_STABLE_WIDTH = 0.22
# Sine of the elevation, 20 degrees, from which products that stand are mostly photographed.
_CAMERA_SINE = 0.34
# A long outline that slants by more than this was laid down across the picture.
_SLANT_DEGREES = 22.0
_SLANT_ELONGATION = 1.5
# Rows at a photo's top that show what a product hangs from, as a share of the photo's height; how
# wide that is at most, as a share of the product's width.
_TOP_BAND, _CABLE = 0.01, 0.15
# Objects that count as many, above this share of the whole area; how far apart their lower ends
# are, as a share of the whole height.
_MANY, _MANY_SHARE, _STREWN = 3, 0.03, 0.4

_HANGING = frozenset({"apparel", "clothing", "fashion"})
_ALWAYS_STANDING = frozenset({"furniture"})
_LEANS_STANDING = frozenset({"home", "kitchen", "grocery", "beauty", "food", "drinks"})
_LEANS_LYING = frozenset({"jewellery", "jewelry", "watches", "footwear", "shoes"})


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Where a product touches the ground: centre x and y, and half its width, in pixels."""

    x: float
    y: float
    half_width: float
    # How far above y the foot that is farthest from the camera touches.
    depth: float = 0.0


def bounding_box(alpha: Alpha) -> Box:
    """Tight box of alpha > 0.5 (H, W) without specks; raises `MaskError` on an empty matte."""
    return _box(_solid(alpha))


def centroid(alpha: Alpha) -> tuple[float, float]:
    """Centre of mass (x, y) in pixels; raises `MaskError` on an empty matte."""
    total = float(alpha.sum(dtype=np.float64))
    if total <= 0.0:
        raise MaskError("the matte is empty")
    columns = alpha.sum(0, dtype=np.float64) @ (np.arange(alpha.shape[1]) + 0.5)
    rows = alpha.sum(1, dtype=np.float64) @ (np.arange(alpha.shape[0]) + 0.5)
    return float(columns / total), float(rows / total)


def contact(alpha: Alpha) -> Contact:
    """The contact with the ground that the lowest rows of a matte (H, W) suggest."""
    solid = _solid(alpha)
    lowest = _contact(solid, _CONTACT_BAND)
    ground = find_ground(solid.astype(np.float32), sine=_CAMERA_SINE)
    if ground is None:
        return lowest
    highest = float(ground.level[ground.left : ground.right].min())
    return replace(lowest, depth=max(lowest.y - highest, 0.0))


def is_stable(
    alpha: Alpha, *, margin: float = _STABLE_MARGIN, min_width: float = _STABLE_WIDTH
) -> bool:
    """Whether every object of a matte (H, W) has its mass above its own support.

    `margin` and `min_width` are shares of an object's width: how far the mass may lie beside
    the support, and how wide the support must be. Round bases pass: a ball's lowest eighth
    is two thirds as wide as the ball.
    """
    return all(_stands(part, margin, min_width) for part in _objects(_solid(alpha)))


def is_suspended(alpha: Alpha, border_contact: Set[Side]) -> bool:
    """Whether a matte (H, W) reaches the photo's upper border with something thin alone."""
    if "bottom" in border_contact:
        return False
    solid = _solid(alpha)
    held = float(solid[: max(1, round(_TOP_BAND * solid.shape[0]))].any(0).sum())
    return 0.0 < held < _CABLE * _box(solid).width


def usual_views(category: str) -> tuple[ProductView, ...]:
    """How photos show the products of a category: one way only where the category decides."""
    if category in _HANGING:
        return ("hanging",)
    return ("standing",) if category in _ALWAYS_STANDING else ("standing", "lying")


def estimate_view(alpha: Alpha, category: str, border_contact: Set[Side]) -> ProductView:
    """How the camera saw a product, from its matte (H, W) and its category's habit.

    Clothes hang, and so does what the photo's upper border cuts off at something thin: a lamp
    on its cable. Furniture stands. Many objects strewn over the picture were laid out on a
    surface and seen from above. Anything else stands when its mass lies over its
    support and its outline does not slant, more readily where products of its kind usually
    stand. What the photo cuts off at the bottom shows no support: it stands only where that
    is its kind's habit.
    """
    if category in _HANGING or is_suspended(alpha, border_contact):
        return "hanging"
    if category in _ALWAYS_STANDING:
        return "standing"
    if _is_strewn(alpha):
        return "lying"
    cut = "bottom" in border_contact
    if category in _LEANS_STANDING:
        stands = is_stable(alpha, margin=0.15, min_width=0.12) and not _slants(alpha, 1.7)
    elif category in _LEANS_LYING:
        stands = not cut and is_stable(alpha, margin=0.0, min_width=0.4) and not _slants(alpha)
    else:
        stands = not cut and is_stable(alpha) and not _slants(alpha)
    return "standing" if stands else "lying"


def _is_strewn(alpha: Alpha) -> bool:
    """Whether three objects or more have their lower ends at very different heights."""
    solid = _solid(alpha)
    bottoms = [_box(part).bottom for part in _objects(solid, _MANY_SHARE)]
    return len(bottoms) >= _MANY and max(bottoms) - min(bottoms) > _STREWN * _box(solid).height


def _solid(alpha: Alpha) -> NDArray[np.bool_]:
    """alpha > 0.5 without specks."""
    labels, areas = _components(alpha > 0.5)
    if areas.size < 2:
        raise MaskError("the matte has no solid part")
    keep = areas >= _SPECK_SHARE * areas[1:].max()
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def _objects(solid: NDArray[np.bool_], share: float = _OBJECT_SHARE) -> list[NDArray[np.bool_]]:
    labels, areas = _components(solid)
    large = np.flatnonzero(areas[1:] >= share * areas[1:].sum()) + 1
    return [np.asarray(labels == label, np.bool_) for label in large]


def _components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """8-connected labels (H, W), 0 for the ground, and the area of each label."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return np.asarray(labels, np.int32), stats[:, cv2.CC_STAT_AREA].astype(np.int64)


def _box(solid: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return Box(
        x=float(columns[0]),
        y=float(rows[0]),
        width=float(columns[-1] - columns[0] + 1),
        height=float(rows[-1] - rows[0] + 1),
    )


def _contact(solid: NDArray[np.bool_], band: float) -> Contact:
    box = _box(solid)
    bottom = int(box.bottom)
    top = bottom - max(1, round(band * box.height))
    columns = np.flatnonzero(solid[top:bottom].any(0))
    first, last = float(columns[0]), float(columns[-1] + 1)
    return Contact(x=(first + last) / 2, y=float(bottom), half_width=(last - first) / 2)


def _stands(part: NDArray[np.bool_], margin: float, min_width: float) -> bool:
    box, support = _box(part), _contact(part, _SUPPORT_BAND)
    mass = float(part.sum(0) @ (np.arange(part.shape[1]) + 0.5)) / float(part.sum())
    wide = 2 * support.half_width >= min_width * box.width
    return wide and abs(mass - support.x) <= support.half_width + margin * box.width


def _slants(alpha: Alpha, min_elongation: float = _SLANT_ELONGATION) -> bool:
    """Whether the principal axis of an elongated outline is far from upright and level."""
    rows, columns = np.nonzero(_solid(alpha))
    spread, axes = np.linalg.eigh(np.cov(columns, rows))
    elongation = np.sqrt(spread[1] / max(spread[0], 1e-9))
    angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1])) % 90.0
    return bool(elongation >= min_elongation and min(angle, 90.0 - angle) > _SLANT_DEGREES)
