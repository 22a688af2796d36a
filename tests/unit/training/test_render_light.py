"""Key lights and their shadow masks in sets larger than a tabletop."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.training.render.light import Key, key_lamp, mask
from kirakat.training.render.stage import Lamp

KEY = Key(azimuth=300.0, elevation=40.0, softness=0.1, temperature="neutral")
SUPPORT = np.array([0.0, 0.0, 0.5])


def _irradiance(lamp: Lamp) -> float:
    distance = float(np.linalg.norm(lamp.position - SUPPORT))
    return float(lamp.radiance.mean()) * lamp.width * lamp.height / distance**2


def test_a_distant_key_light_is_as_bright() -> None:
    """Rooms would be darker than podiums under the same light."""
    near, far = key_lamp(KEY, SUPPORT), key_lamp(KEY, SUPPORT, scale=2.0)
    assert _irradiance(far) == pytest.approx(_irradiance(near))


@pytest.mark.parametrize("lighting", ["window-blind", "foliage-shadow", "spotlight"])
def test_shadow_masks_grow_with_the_set(lighting: str) -> None:
    """A room would get the light of a doll's house window."""
    (small,) = mask(lighting, KEY, SUPPORT, np.random.default_rng(1))
    (large,) = mask(lighting, KEY, SUPPORT, np.random.default_rng(1), scale=2.0)
    np.testing.assert_allclose(
        large.mesh.vertices - SUPPORT, 2.0 * (small.mesh.vertices - SUPPORT), atol=1e-9
    )


@pytest.mark.parametrize("lighting", ["softbox", "sun", "overcast"])
def test_open_lightings_have_no_mask(lighting: str) -> None:
    """Something would stand in the way of the light."""
    assert mask(lighting, KEY, SUPPORT, np.random.default_rng(1)) == ()
