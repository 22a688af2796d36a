"""Whether altered product pixels are found."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kirakat.imaging.resample import interior, resample_product
from kirakat.quality.exact_resample import exact_resample
from kirakat.quality.fidelity import encoded_psnr, fidelity
from kirakat.types import Box, Layout


@pytest.mark.parametrize("strict", [False, True])
def test_untouched_product_differs_by_nothing(shot, strict: bool) -> None:  # type: ignore[no-untyped-def]
    """Else every good creative is rejected."""
