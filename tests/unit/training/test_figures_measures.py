"""What the figures measure on pictures whose truth is known."""

from __future__ import annotations

import numpy as np

from kirakat.training.figures.measures import (
    background_colours,
    find_object,
    product_colours,
    rim_contrast,
)
from kirakat.types import RGB, Alpha, ModelInfo

SIZE = 160


class Finder:
    """A segmenter that finds what is pure red."""

    info = ModelInfo(name="red", revision="1", licence="-", native_size=SIZE)

    def segment(self, pixels: RGB) -> Alpha:
        """Coverage (H, W)."""
        return np.asarray((pixels == (255, 0, 0)).all(-1), np.float32)


def _matte() -> Alpha:
    matte = np.zeros((SIZE, SIZE), np.float32)
    matte[60:100, 60:100] = 1.0
    return matte


def _picture(product: tuple[int, int, int], ground: tuple[int, int, int]) -> RGB:
    picture = np.full((SIZE, SIZE, 3), ground, np.uint8)
    picture[_matte() > 0.5] = product
    return picture


def test_an_object_that_was_drawn_on_counts_by_its_area() -> None:
    """If it did not, Figure 1 would compare nothing."""
    picture = _picture((255, 0, 0), (200, 200, 200))
    picture[60:100, 100:120] = (255, 0, 0)
    found = find_object(picture, _matte(), Finder())
    assert found.union == 0.5
    assert 0.4 < found.expansion < 0.5


def test_what_stood_there_before_was_not_added() -> None:
    """A podium of the scene must not count as an extension of what stands on it."""
    picture = _picture((255, 0, 0), (200, 200, 200))
    picture[60:100, 100:120] = (255, 0, 0)
    found = find_object(picture, _matte(), Finder(), untouched=picture)
    assert (found.union, found.product_found) == (0.0, 1.0)


def test_another_object_apart_from_the_product_is_no_extension() -> None:
    """Otherwise a vase at the far side would count as an extended product."""
    picture = _picture((255, 0, 0), (200, 200, 200))
    picture[10:20, 10:20] = (255, 0, 0)
    found = find_object(picture, _matte(), Finder())
    assert found.expansion == 0.0
    assert found.union > 0.0


def test_an_object_that_is_not_seen_is_said_to_be_missed() -> None:
    """Else a picture with no recognisable product would pass for one without extension."""
    found = find_object(_picture((90, 90, 90), (200, 200, 200)), _matte(), Finder())
    assert found.product_found == 0.0


def test_rim_contrast_grows_with_the_distance_of_the_colours() -> None:
    """If it did not, a product lost in its background would look as clear as any."""
    faint = rim_contrast(_picture((140, 140, 140), (150, 150, 150)), _matte())
    clear = rim_contrast(_picture((20, 20, 20), (230, 230, 230)), _matte())
    assert faint < 6.0 < 60.0 < clear


def test_a_background_in_the_products_colours_is_near_it() -> None:
    """Figure 2 would otherwise not see what conditioning is for."""
    related = _picture((180, 60, 40), (190, 80, 60))
    foreign = _picture((180, 60, 40), (40, 90, 190))
    own = product_colours(related, _matte())
    assert background_colours(related, _matte()).apart(own) < 15.0
    assert background_colours(foreign, _matte()).apart(own) > 60.0
