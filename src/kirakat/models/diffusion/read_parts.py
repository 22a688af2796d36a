"""Read a checkpoint's parts from disk, quietly, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirakat.errors import ModelError

if TYPE_CHECKING:
    import torch


def read_part(
    model_class: Any, folder: Path | None, dtype: torch.dtype | dict[str, Any], **options: Any
) -> Any:
    """`from_pretrained` of a model or pipeline class; only safetensors are read.

    Raises `ModelError` naming the folder when a file is missing or does not fit the class.
    """
    variant = "fp16" if folder is not None and _has_only_half(folder) else None
    try:
        with _no_bars():
            return model_class.from_pretrained(
                folder, variant=variant, use_safetensors=True, dtype=dtype, **options
            )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder}: cannot be loaded as {model_class.__name__}: {error}; check that every "
            "file was downloaded",
            folder=folder,
        ) from error


def _has_only_half(folder: Path) -> bool:
    """Whether a part, or the UNet of a pipeline, is there as its fp16 variant alone."""
    inner = folder / "unet" if (folder / "unet").is_dir() else folder
    weights = [path.name for path in inner.glob("*.safetensors")]
    return bool(weights) and all(".fp16." in name for name in weights)


@contextmanager
def quiet() -> Iterator[None]:
    """Neither progress bars nor notes of diffusers; errors are raised, not logged."""
    from diffusers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with _no_bars():
            yield
    finally:
        logging.set_verbosity(level)


@contextmanager
def _no_bars() -> Iterator[None]:
    """No progress bars of the libraries; afterwards as before."""
    from diffusers.utils import logging as diffusers_log
    from transformers.utils import logging as transformers_log

    logs: list[Any] = [diffusers_log, transformers_log]
    shown = [log for log in logs if log.is_progress_bar_enabled()]
    for log in shown:
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log in shown:
            log.enable_progress_bar()
