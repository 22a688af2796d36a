"""What the configured generator's certificate will say, without loading it."""

from __future__ import annotations

from kirakat.models.diffusion.load import generator_info
from kirakat.settings import Settings
from kirakat.types import ModelInfo


def configured_info(settings: Settings, generator: str = "") -> ModelInfo:
    """Of `generator`, by default the configured one; a tiny decoder is part of its revision."""
    return generator_info(
        generator or settings.generator,
        models=settings.models,
        tiny_decoder=settings.tiny_decoder if settings.fast else "",
    )
