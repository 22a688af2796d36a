"""Where and how precisely a model runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kirakat.errors import MissingExtraError
from kirakat.hashing import digest
from kirakat.models.diffusion.device import choose_device, choose_dtype
from kirakat.types import ModelInfo

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Device, precision and memory layout of a loaded model."""

    device: torch.device
    dtype: torch.dtype
    # Convolution weights with channels last: faster on most GPUs.
    channels_last: bool

    def fingerprint(self, info: ModelInfo) -> str:
        """Names everything that decides an embedding's bits."""
        return digest("model", info.name, info.revision, self.device.type, str(self.dtype))


def make_runtime(device: str, dtype: str, *, channels_last: bool = False) -> Runtime:
    """Device and precision by name; raises `ModelError` when one is not there."""
    try:
        _import_quietly()
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "diffusers", "diffusion") from error
    chosen = choose_device(device)
    return Runtime(device=chosen, dtype=choose_dtype(dtype, chosen), channels_last=channels_last)


def _import_quietly() -> None:
    """The libraries, without transformers' note on torchvision, which nothing here needs."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        from kirakat.models.diffusion import pipelines  # noqa: F401  imported for its effect
    finally:
        logging.set_verbosity(level)
