"""Segmenters by name."""

from __future__ import annotations

from pathlib import Path

from kirakat.errors import MissingExtraError
from kirakat.models.protocols import Segmenter


def load_segmenter(name: str = "u2netp", *, threads: int = 0) -> Segmenter:
    """The segmenter called `name`: "u2netp", the path of a U²-Net ONNX file, or one of `rembg`.

    `threads` 0 means one a core. Raises `ModelError` for unknown names and broken files, and
    `MissingExtraError` where a package is missing.
    """
    from kirakat.models.segmenters.u2net_onnx import U2NetOnnx

    if name == "u2netp":
        return U2NetOnnx(shipped_weights(), threads=threads)
    if name.endswith(".onnx"):
        return U2NetOnnx(Path(name), name=Path(name).stem, threads=threads)
    from kirakat.models.segmenters.rembg_models import RembgSegmenter

    return RembgSegmenter(name)


def shipped_weights() -> Path:
    """Where `kirakat-assets` keeps U²-Netp."""
    try:
        import kirakat_assets
    except ModuleNotFoundError as error:
        raise MissingExtraError("kirakat-assets", "assets") from error
    return kirakat_assets.root() / "models" / "u2netp" / "u2netp.onnx"
