"""Any model of `rembg` (https://github.com/danielgatis/rembg) by its name there."""

from __future__ import annotations

from typing import Any

import numpy as np

from kirakat.errors import MissingExtraError, ModelError
from kirakat.types import RGB, Alpha, ModelInfo


class RembgSegmenter:
    """A `rembg` session; its weights are fetched by `rembg` on first use, and have own licences."""

    def __init__(self, name: str) -> None:
        """Open the model called `name`.

        Raises `MissingExtraError` without `rembg`, and `ModelError` for a name it does not know.
        """
        self._rembg = _import()
        try:
            self._session: Any = self._rembg.new_session(name)
        except ValueError as error:
            raise ModelError(
                f"neither Kirakat nor rembg knows a segmenter {name!r}", name=name
            ) from error
        version = str(getattr(self._rembg, "__version__", "unknown"))
        self._info = ModelInfo(
            name=f"rembg:{name}",
            revision=version,
            licence="see the model's page",
            native_size=1024,
        )

    @property
    def info(self) -> ModelInfo:
        """Name and `rembg`'s version."""
        return self._info

    def segment(self, pixels: RGB) -> Alpha:
        """Coverage (H, W) in [0, 1] of the salient object in an (H, W, 3) picture."""
        mask = self._rembg.remove(pixels, session=self._session, only_mask=True)
        return np.asarray(mask, np.float32).reshape(pixels.shape[:2]) / 255.0


def _import() -> Any:
    try:
        import rembg
    except ModuleNotFoundError as error:
        raise MissingExtraError("rembg", "rembg") from error
    return rembg
