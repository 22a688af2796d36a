"""U²-Netp through onnxruntime (Qin et al., U²-Net, Pattern Recognition 2020)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import ModelError
from kirakat.types import RGB, Alpha, ModelInfo

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # ships no types

_SIZE = 320
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
# Below this peak the network saw nothing; stretching its output would show noise.
_LEAST_PEAK = 0.05


class U2NetOnnx:
    """A U²-Net that finds the salient object; one session, safe to share between threads."""

    def __init__(self, path: Path, *, name: str = "u2netp", threads: int = 0) -> None:
        """Load the weights at `path`; `threads` 0 means one a core.

        Raises `ModelError` when the file is missing or no ONNX model.
        """
        if not path.is_file():
            raise ModelError(f"no weights at {path}; install kirakat-assets", path=path)
        self._session = _open(path, threads)
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name
        revision = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        self._info = ModelInfo(
            name=name, revision=revision, licence="Apache-2.0", native_size=_SIZE
        )

    @property
    def info(self) -> ModelInfo:
        """Name, revision (of the weights' SHA-256) and licence."""
        return self._info

    def segment(self, pixels: RGB) -> Alpha:
        """Coverage (H, W) in [0, 1] of the salient object in an (H, W, 3) picture."""
        import cv2

        batch = _normalised(pixels)
        saliency = self._session.run([self._output], {self._input: batch})[0][0, 0]
        stretched = _stretched(np.asarray(saliency, np.float32))
        size = (pixels.shape[1], pixels.shape[0])
        full = cv2.resize(stretched, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(full, np.float32)


def _open(path: Path, threads: int) -> InferenceSession:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Idle threads sleep: spinning starves everything else on a busy machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (
        ort.capi.onnxruntime_pybind11_state.Fail,
        ort.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    ) as error:
        raise ModelError(f"{path} is no ONNX model: {error}", path=path) from error


def _normalised(pixels: RGB) -> NDArray[np.float32]:
    """(1, 3, 320, 320): scaled by the picture's brightest value, then ImageNet's statistics."""
    import cv2

    small = cv2.resize(pixels, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small /= max(float(small.max()), 1.0)
    return np.ascontiguousarray(((small - _MEAN) / _SPREAD).transpose(2, 0, 1)[None])


def _stretched(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """Saliency stretched to [0, 1], or all zero where the network saw nothing."""
    low, high = float(saliency.min()), float(saliency.max())
    if high < _LEAST_PEAK or high - low < 1e-6:
        return np.zeros_like(saliency)
    return (saliency - low) / (high - low)
