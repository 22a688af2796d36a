"""What the pipeline works with: models, scenes, prompts, caches; made once for a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from kirakat.catalog.images import ImageSource
from kirakat.clock import Clock, SystemClock
from kirakat.models.protocols import EdgeDetector, Generator, Segmenter
from kirakat.prompts.pool import Pools
from kirakat.quality.thresholds import Thresholds
from kirakat.scenes.library import library_revision
from kirakat.store.stage_cache import StageCache
from kirakat.types import ModelInfo, Scene


@dataclass(frozen=True, kw_only=True)
class Studio:
    """The dependencies of a run.

    The generator is made by its factory when first used, so that a run whose pictures are all
    cached never loads it; what keys need of it is known beforehand in its info.
    """

    images: ImageSource
    pools: Pools
    scenes: tuple[Scene, ...]
    cache: StageCache
    segmenter: Segmenter
    edges: EdgeDetector
    generator_info: ModelInfo
    make_generator: Callable[[], Generator]
    thresholds: Thresholds
    # Most pictures that one call of the generator draws.
    batch_size: int = 1
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def scenes_revision(self) -> str:
        """Changes when a scene is added, replaced or taken away."""
        return library_revision(self.scenes)

    @cached_property
    def generator(self) -> Generator:
        """The generator, loaded at its first use."""
        return self.make_generator()
