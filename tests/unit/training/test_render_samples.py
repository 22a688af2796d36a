"""The sample catalogue's feed."""

from __future__ import annotations

import csv
import io

import pytest

from kirakat.training.render.products import COLOURS, KINDS
from kirakat.training.render.render_samples import COLUMNS, feed_text, studio
from kirakat.training.render.sample_products import SAMPLES, Sample


def _rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(feed_text()), delimiter="\t"))


def test_feed_has_the_merchant_center_columns() -> None:
    """The sample feed could not be imported."""
    assert tuple(_rows()[0]) == COLUMNS


def test_every_row_is_complete_except_the_photograph_colour() -> None:
    """Prompts would be filled with empty attributes."""
    for row in _rows():
        empty = {name for name, value in row.items() if not value}
        # Only where the photo alone would mislead does a row say how it was taken.
        assert empty - {"product_view"} <= ({"color"} if row["id"] == "coffee" else set())


def test_feed_spans_many_categories() -> None:
    """The demonstration would show one kind of product only."""
    assert len({row["google_product_category"] for row in _rows()}) >= 6


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.kind], ids=lambda s: s.id)
def test_sample_fills_the_frame_and_stays_in_it(sample: Sample) -> None:
    """A catalogue photograph would cut its product off."""
    assert sample.kind in KINDS
    assert sample.colour in COLOURS
    stage = studio(sample)
    places = [stage.camera.project(p) for part in stage.product for p in part.mesh.vertices[::7]]
    x, y = [p[0] for p in places], [p[1] for p in places]
    assert min(x) > 0.02
    assert max(x) < 0.98
    assert min(y) > 0.02
    assert max(y) < 0.98
    assert max(max(x) - min(x), max(y) - min(y)) > 0.5
