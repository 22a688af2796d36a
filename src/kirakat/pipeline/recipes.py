"""The recipe that a generator is used with unless another is asked for."""

from __future__ import annotations

from pathlib import PurePath

from kirakat.models.diffusion.known_models import default_sampling
from kirakat.types import ModelInfo, Recipe

# Raised whenever a change of the code changes pixels, so that no cache answers with old ones.
PIPELINE_VERSION = 3
# Blur of a model's change; see `Recipe.smoothing`. Full-size models need none.
_SMOOTHING = {"tiny": 0.16}


def default_recipe(generator: str, model: ModelInfo, *, segmenter: ModelInfo) -> Recipe:
    """A generator's own sampling, starting from scenes."""
    return Recipe(
        name=f"scene-{PurePath(generator).name}",
        version=1,
        pipeline_version=PIPELINE_VERSION,
        generator=generator,
        model_revision=model.revision,
        segmenter=f"{segmenter.name}@{segmenter.revision}",
        sampling=default_sampling(generator),
        smoothing=_SMOOTHING.get(generator, 0.0),
    )
