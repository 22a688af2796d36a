"""Where products stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kirakat.errors import LayoutError
from kirakat.imaging.buckets import assign_buckets
from kirakat.imaging.placements import load_placements
from kirakat.imaging.resample import resample_alpha
from kirakat.pipeline.step2_place import (
    FILL,
    Anchor,
    Margins,
    layout_for,
    place,
    place_in_bucket,
    place_positioned,
    place_tile,
    tile_box,
)
from kirakat.types import Box, Bucket, Cutout, Insets, Layout, Placement, ProductView, Side

SAFE = Insets(left=0.06, top=0.08, right=0.06, bottom=0.1)
VIEWS: tuple[ProductView, ...] = ("standing", "lying", "hanging")
STANDARD = load_placements()
BUCKETS = assign_buckets(list(STANDARD.values()), native_size=512)
TILES = [placement for placement in STANDARD.values() if placement.is_tile]

canvases = st.integers(200, 2000)
views = st.sampled_from(VIEWS)
categories = st.sampled_from([*FILL, "other"])


def cutout(
    width: int = 300,
    height: int = 240,
    *,
    source: int = 500,
    held: frozenset[Side] = frozenset(),
) -> Cutout:
    """A rectangular product in the middle of its photo, or at the sides that cut it off."""
    x = 0 if "left" in held else source - width if "right" in held else (source - width) // 2
    y = 0 if "top" in held else source - height if "bottom" in held else (source - height) // 2
    alpha = np.zeros((source, source), np.float32)
    alpha[y : y + height, x : x + width] = 1.0
    return Cutout(
        foreground=np.zeros((source, source, 3), np.uint8),
        alpha=alpha,
        bbox=Box(x=x, y=y, width=width, height=height),
        method="alpha",
        model="",
        confidence=1.0,
        coverage=width * height / source**2,
        border_contact=held,
        object_count=1,
    )


@st.composite
def cutouts(draw: st.DrawFn) -> Cutout:
    """Any rectangular product that the photo does not cut off."""
    return cutout(draw(st.integers(20, 490)), draw(st.integers(20, 490)))


def free_area(width: int, height: int, area: Insets) -> Box:
    """The safe area in pixels."""
    return Box(
        x=area.left * width,
        y=area.top * height,
        width=width * (1 - area.left - area.right),
        height=height * (1 - area.top - area.bottom),
    )


def inside(box: Box, area: Box) -> bool:
    """Whether a box lies in an area, to a thousandth of a pixel."""
    return (
        box.x >= area.x - 1e-3
        and box.y >= area.y - 1e-3
        and box.right <= area.right + 1e-3
        and box.bottom <= area.bottom + 1e-3
    )


@given(product=cutouts(), width=canvases, height=canvases, view=views, category=categories)
def test_the_product_lies_in_the_safe_area(
    product: Cutout, width: int, height: int, view: ProductView, category: str
) -> None:
    """Otherwise titles and buttons cover the product."""
    layout = place(
        product, width=width, height=height, safe_area=SAFE, category=category, view=view
    )
    assert inside(layout.product_box, free_area(width, height, SAFE))


@given(product=cutouts(), width=canvases, height=canvases, view=views)
def test_the_product_keeps_its_shape_and_its_pixels_their_place(
    product: Cutout, width: int, height: int, view: ProductView
) -> None:
    """Otherwise the box that checks look at is not where the product is drawn."""
    layout = place(product, width=width, height=height, safe_area=SAFE, category="", view=view)
    box, source = layout.product_box, product.bbox
    assert box.width == pytest.approx(layout.scale * source.width)
    assert box.height == pytest.approx(layout.scale * source.height)
    assert box.x == pytest.approx(layout.scale * source.x + layout.offset_x)
    assert box.y == pytest.approx(layout.scale * source.y + layout.offset_y)


@given(product=cutouts(), width=canvases, height=canvases)
def test_no_product_is_enlarged_more_than_twice(product: Cutout, width: int, height: int) -> None:
    """Otherwise small photos become blurred creatives."""
    layout = place(product, width=width, height=height, safe_area=SAFE, category="")
    assert layout.scale <= 2.0


@given(fill=st.floats(0.1, 1.0), width=canvases, height=canvases)
def test_an_exact_fill_is_kept(fill: float, width: int, height: int) -> None:
    """Otherwise a retry with a larger product changes nothing."""
    layout = place(cutout(), width=width, height=height, safe_area=SAFE, category="", fill=fill)
    assume(layout.scale < 2.0)
    area = free_area(width, height, SAFE)
    share = max(layout.product_box.width / area.width, layout.product_box.height / area.height)
    assert share == pytest.approx(fill)


@pytest.mark.parametrize("fill", [0.0, -0.5, 1.2])
def test_an_impossible_fill_is_refused(fill: float) -> None:
    """Otherwise the product vanishes or leaves the canvas."""
    with pytest.raises(LayoutError, match="fill"):
        place(cutout(), width=500, height=500, safe_area=SAFE, category="", fill=fill)


def test_a_standing_product_leaves_ground_for_its_shadow() -> None:
    """Otherwise the shadow is cut off by the picture's edge."""
    layout = place(
        cutout(), width=1000, height=1000, safe_area=SAFE, category="kitchen", view="standing"
    )
    assert layout.base_y == pytest.approx(740.0)
    assert layout.base_y == pytest.approx(layout.product_box.bottom)


def test_a_lying_product_is_in_the_middle_and_a_hanging_one_above_it() -> None:
    """Otherwise flat products seem to slide and clothes seem to fall."""
    area = free_area(1000, 1000, SAFE)
    middles = {}
    for view in VIEWS:
        box = place(
            cutout(), width=1000, height=1000, safe_area=SAFE, category="", view=view, fill=0.5
        ).product_box
        middles[view] = box.y + box.height / 2
    assert middles["lying"] == pytest.approx(area.y + area.height / 2)
    assert middles["hanging"] == pytest.approx(middles["lying"] - 25.0)


def test_a_mug_is_centred_by_its_body_rather_than_by_its_handle() -> None:
    """Otherwise products with a handle look pushed aside."""
    mug = cutout(200, 200)
    alpha = mug.alpha.copy()
    alpha[150:200, 150:210] = 0.0
    alpha[300:350, 150:210] = 0.0
    layout = place(
        Cutout(**{**vars(mug), "alpha": alpha}),
        width=1000,
        height=1000,
        safe_area=Insets(),
        category="",
        view="lying",
    )
    box = layout.product_box
    assert 0.0 < 500.0 - (box.x + box.width / 2) <= 0.06 * box.width + 1e-6


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [
        ("center", 0.5, 0.5),
        ("top", 0.5, 0.0),
        ("bottom", 0.5, 1.0),
        ("left", 0.0, 0.5),
        ("right", 1.0, 0.5),
        ("top-left", 0.0, 0.0),
        ("top-right", 1.0, 0.0),
        ("bottom-left", 0.0, 1.0),
        ("bottom-right", 1.0, 1.0),
    ],
)
@given(width=canvases, height=canvases)
def test_anchors_align_with_the_safe_area(
    anchor: Anchor, x: float, y: float, width: int, height: int
) -> None:
    """Otherwise a product meant for a corner is somewhere near it."""
    box = place(
        cutout(), width=width, height=height, safe_area=SAFE, category="", anchor=anchor
    ).product_box
    area = free_area(width, height, SAFE)
    assert box.x - area.x == pytest.approx(x * (area.width - box.width), abs=1e-6)
    assert box.y - area.y == pytest.approx(y * (area.height - box.height), abs=1e-6)


@given(left=st.integers(0, 300), right=st.integers(0, 300), top=st.integers(0, 90))
def test_margins_are_exact(left: int, right: int, top: int) -> None:
    """Otherwise a house style cannot be kept to the pixel."""
    margins = Margins(left=left, right=right, top=top)
    box = place(
        cutout(), width=800, height=900, safe_area=SAFE, category="", anchor=margins
    ).product_box
    assume(box.width < 599.9)
    assert (box.x, 800 - box.right, box.y) == pytest.approx((left, right, top), abs=1e-6)


def test_margins_at_the_far_sides_are_exact() -> None:
    """Otherwise a house style cannot be kept to the pixel."""
    margins = Margins(right=13, bottom=17)
    box = place(
        cutout(), width=800, height=700, safe_area=SAFE, category="", anchor=margins
    ).product_box
    assert (800 - box.right, 700 - box.bottom) == pytest.approx((13, 17))


def test_four_margins_touch_the_tighter_pair_and_centre_the_other() -> None:
    """Otherwise a product is stretched to fill a frame of another shape."""
    margins = Margins(left=100, right=100, top=100, bottom=200)
    box = place(
        cutout(300, 100), width=500, height=800, safe_area=SAFE, category="", anchor=margins
    ).product_box
    assert (box.x, box.right) == pytest.approx((100, 400))
    assert box.y + box.height / 2 == pytest.approx(350.0)


@pytest.mark.parametrize(
    "margins", [Margins(left=300, right=300), Margins(left=450), Margins(bottom=-50)]
)
def test_margins_that_leave_no_room_are_refused(margins: Margins) -> None:
    """Otherwise the product is cut off at the canvas' edge."""
    with pytest.raises(LayoutError):
        place(cutout(), width=500, height=500, safe_area=SAFE, category="", anchor=margins)


def test_a_margin_at_a_cut_side_is_refused() -> None:
    """Otherwise the product's cut edge floats in the picture."""
    product = cutout(held=frozenset({"left"}))
    with pytest.raises(LayoutError, match="cuts the product"):
        place(product, width=500, height=500, safe_area=SAFE, category="", anchor=Margins(left=10))


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
@given(width=canvases, height=canvases, view=views)
def test_a_cut_product_stays_at_its_side(
    side: Side, width: int, height: int, view: ProductView
) -> None:
    """Otherwise a product cut by the photo floats with a straight edge."""
    product = cutout(held=frozenset({side}))
    layout = place(product, width=width, height=height, safe_area=SAFE, category="", view=view)
    box = layout.product_box
    reached = {
        "left": -box.x,
        "top": -box.y,
        "right": box.right - width,
        "bottom": box.bottom - height,
    }
    assert reached.pop(side) == pytest.approx(layout.scale)
    assert max(reached.values()) < 0.0
    assert layout.held_sides == {side}


def test_a_cut_edge_is_solid_at_the_edge_of_the_canvas() -> None:
    """Otherwise a bright seam runs along the picture's border."""
    product = cutout(held=frozenset({"bottom"}))
    layout = place(product, width=400, height=300, safe_area=SAFE, category="")
    box = layout.product_box
    row = resample_alpha(product.alpha, layout)[-1]
    assert (row[int(box.x) + 3 : int(box.right) - 3] == 1.0).all()


def test_a_product_cut_at_opposite_sides_spans_the_canvas() -> None:
    """Otherwise one of its cut edges floats."""
    product = cutout(500, 200, held=frozenset({"left", "right"}))
    box = place(product, width=600, height=600, safe_area=SAFE, category="").product_box
    assert box.x < 0.0
    assert box.right > 600.0


def test_a_span_that_would_cut_the_product_elsewhere_is_refused() -> None:
    """Otherwise most of the product is outside the picture."""
    product = cutout(500, 400, held=frozenset({"left", "right"}))
    with pytest.raises(LayoutError, match="stay whole"):
        place(product, width=900, height=200, safe_area=SAFE, category="")


def test_a_span_that_would_enlarge_too_much_is_refused() -> None:
    """Otherwise a blurred product fills the picture."""
    product = cutout(500, 100, held=frozenset({"left", "right"}))
    with pytest.raises(LayoutError, match="too small"):
        place(product, width=1200, height=1200, safe_area=SAFE, category="")


@given(product=cutouts(), bucket=st.sampled_from(list(BUCKETS)), view=views, category=categories)
def test_one_layout_suits_all_placements_of_a_bucket(
    product: Cutout, bucket: Bucket, view: ProductView, category: str
) -> None:
    """Otherwise sharing a render puts products under buttons in some placements."""
    layout = place_in_bucket(product, bucket, BUCKETS[bucket], category=category, view=view)
    for placement in BUCKETS[bucket]:
        cut = layout_for(layout, bucket, placement)
        area = free_area(placement.width, placement.height, placement.safe_area)
        assert (cut.width, cut.height) == (placement.width, placement.height)
        assert inside(cut.product_box, area)
        assert cut.scale <= 2.0 + 1e-9


@pytest.mark.parametrize("bucket", list(BUCKETS), ids=lambda bucket: bucket.name)
def test_a_cut_product_reaches_the_edge_of_every_placement(bucket: Bucket) -> None:
    """Otherwise its cut edge floats in some of the placements."""
    product = cutout(source=900, held=frozenset({"bottom"}))
    layout = place_in_bucket(product, bucket, BUCKETS[bucket], category="")
    for placement in BUCKETS[bucket]:
        assert layout_for(layout, bucket, placement).product_box.bottom >= placement.height


def test_placements_without_common_safe_area_are_refused() -> None:
    """Otherwise the product lies outside one placement's safe area."""
    left = Placement(name="a", width=500, height=500, safe_area=Insets(right=0.6))
    right = Placement(name="b", width=500, height=500, safe_area=Insets(left=0.6))
    bucket = Bucket(width=512, height=512)
    with pytest.raises(LayoutError, match="safe areas of a, b"):
        place_in_bucket(cutout(), bucket, [left, right], category="")


def test_a_bucket_without_placements_is_refused() -> None:
    """Otherwise a render is paid for that nobody shows."""
    with pytest.raises(LayoutError, match="no placement"):
        place_in_bucket(cutout(), Bucket(width=512, height=512), [], category="")


@pytest.mark.parametrize("placement", TILES, ids=lambda placement: placement.name)
@given(product=cutouts())
def test_a_tiles_product_lies_in_its_tile(placement: Placement, product: Cutout) -> None:
    """Otherwise a banner has no quiet ground left for its text."""
    layout = place_tile(product, placement, category="")
    assert inside(layout.product_box, tile_box(placement))


@pytest.mark.parametrize("placement", TILES, ids=lambda placement: placement.name)
def test_a_tile_leaves_half_of_the_placement_quiet(placement: Placement) -> None:
    """Otherwise a banner has no quiet ground left for its text."""
    tile = tile_box(placement)
    assert tile.width * tile.height < 0.5 * placement.width * placement.height


def test_a_tile_moves_to_the_side_that_cuts_the_product() -> None:
    """Otherwise a cut edge floats in the middle of a banner."""
    banner = STANDARD["728x90"]
    held: frozenset[Side] = frozenset({"right"})
    layout: Layout = place_tile(cutout(held=held), banner, category="")
    assert layout.product_box.right > banner.width


@given(product=cutouts(), width=canvases, height=canvases)
def test_a_positioned_product_has_even_margins(product: Cutout, width: int, height: int) -> None:
    """Otherwise the plain creative looks like a mistake."""
    layout = place_positioned(product, width=width, height=height, safe_area=Insets(), category="")
    box = layout.product_box
    assert box.x == pytest.approx(width - box.right, abs=1e-6)
    assert box.y == pytest.approx(height - box.bottom, abs=1e-6)
    assert max(box.width / width, box.height / height) <= 0.8 + 1e-9


def test_a_positioned_product_may_show_two_cut_edges() -> None:
    """Otherwise the fallback for products that cannot span a canvas fails as well."""
    product = cutout(500, 400, held=frozenset({"left", "right"}))
    layout = place_positioned(product, width=900, height=200, safe_area=SAFE, category="")
    assert layout.held_sides == frozenset()
    assert inside(layout.product_box, free_area(900, 200, SAFE))


def test_an_empty_safe_area_is_refused() -> None:
    """Otherwise the product is placed at a point."""
    with pytest.raises(LayoutError, match="empty"):
        place(cutout(), width=500, height=500, safe_area=Insets(left=0.5, right=0.5), category="")
