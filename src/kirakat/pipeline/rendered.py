"""A render with what it was prepared from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kirakat.pipeline.background import model_change
from kirakat.pipeline.prepare import Prepared
from kirakat.types import Render


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What finished pictures of any size are composed from."""

    prepared: Prepared
    render: Render

    @cached_property
    def change(self) -> NDArray[np.float32] | None:
        """What the model changed in the scene (h, w, 3), computed once for all sizes.

        None for a render that was started from noise.
        """
        reconstruction = self.render.reconstruction
        if reconstruction is None:
            return None
        return model_change(
            self.render.pixels,
            reconstruction,
            self.prepared.product,
            smoothing=self.prepared.job.recipe.smoothing,
        )
