"""The control image."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.errors import MaskError
from kirakat.models.edges.canny import CannyEdgeDetector
from kirakat.pipeline.step3_edges import draw_edges
from kirakat.types import RGB, Alpha


def _product(top: int = 16) -> tuple[RGB, Alpha]:
    """A grey box with a white stripe before a busy backdrop."""
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    pixels[top:48, 16:48] = 90
    pixels[30:34, 16:48] = 250
    alpha = np.zeros((64, 64), np.float32)
    alpha[top:48, 16:48] = 1.0
    return pixels, alpha


def _edges(*, contour: bool, top: int = 16) -> RGB:
    pixels, alpha = _product(top)
    return draw_edges(pixels, alpha, detector=CannyEdgeDetector(), contour=contour)


def test_the_backdrop_draws_nothing() -> None:
    """The photo's old background would come back in the new one."""
    edges = _edges(contour=False)
    outside = np.ones((64, 64), bool)
    outside[17:47, 17:47] = False
    assert edges[17:47, 17:47].any()
    assert not edges[outside].any()


def test_the_products_own_edges_are_kept() -> None:
    """The model would not know what the product looks like inside its outline."""
    rows = np.flatnonzero(_edges(contour=False)[:, 32, 0])
    assert [round(float(row)) for row in rows] == [29, 33] or set(rows) <= {29, 30, 33, 34}


def test_the_contour_is_closed() -> None:
    """The model would continue the product through a gap in its outline."""
    edges = _edges(contour=True)[..., 0]
    assert edges[16, 16:48].all()
    assert edges[47, 16:48].all()
    assert edges[16:48, 16].all()
    assert edges[16:48, 47].all()


def test_a_product_cut_off_by_the_picture_gets_no_line_there() -> None:
    """A cut-off product would end in a hard line at the picture's border."""
    edges = _edges(contour=True, top=0)[..., 0]
    assert not edges[0, 20:44].any()
    assert edges[0, 16]


def test_white_on_black_in_three_equal_channels() -> None:
    """ControlNet expects an RGB picture of white lines."""
    edges = _edges(contour=True)
    assert edges.shape == (64, 64, 3)
    assert edges.dtype == np.uint8
    assert set(np.unique(edges)) == {0, 255}
    assert (edges[..., :1] == edges).all()


def test_an_empty_mask_is_refused() -> None:
    """A lost product would be generated over without a word."""
    pixels, alpha = _product()
    with pytest.raises(MaskError, match="covers no pixel"):
        draw_edges(pixels, alpha * 0, detector=CannyEdgeDetector(), contour=True)


def test_sizes_must_agree() -> None:
    """Edges of one layout would be used with the mask of another."""
    pixels, alpha = _product()
    with pytest.raises(MaskError, match="differ in size"):
        draw_edges(pixels[:32], alpha, detector=CannyEdgeDetector(), contour=True)
