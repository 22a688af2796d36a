"""Put a studio together from settings: the one place where parts meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kirakat.catalog.decode_image import DecodeLimits
from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.catalog.image_cache import ImageCache
from kirakat.catalog.image_client import open_image_client
from kirakat.catalog.images import ImageSource
from kirakat.cli.configured_model import configured_info
from kirakat.errors import MissingExtraError
from kirakat.models.diffusion.load import load_fast_generator, load_generator
from kirakat.models.edges.canny import CannyEdgeDetector
from kirakat.models.protocols import Generator
from kirakat.models.segmenters.registry import load_segmenter
from kirakat.pipeline.recipes import default_recipe
from kirakat.pipeline.studio import Studio
from kirakat.prompts.pool import load_pools
from kirakat.quality.thresholds import Thresholds
from kirakat.scenes.library import load_scenes
from kirakat.settings import Settings
from kirakat.store.stage_cache import folder_cache
from kirakat.types import Recipe, Scene


@contextmanager
def open_studio(settings: Settings, *, base: Path, generator: str) -> Iterator[Studio]:
    """A studio whose relative image links start at `base`; closes its connections at the end."""
    limits = FetchLimits(
        max_bytes=int(settings.image_max_megabytes * 1e6),
        timeout=settings.fetch_timeout,
        allow_private_addresses=settings.allow_private_addresses,
        allow_any_path=settings.allow_any_path,
    )
    with open_image_client(limits) as client:
        yield Studio(
            images=ImageSource(
                base=base,
                fetch=limits,
                decode=DecodeLimits(
                    max_bytes=int(settings.image_max_megabytes * 1e6),
                    max_pixels=int(settings.image_max_megapixels * 1e6),
                ),
                client=client,
                cache=ImageCache(settings.cache_dir / "images", merchant_id=settings.merchant_id),
            ),
            pools=load_pools(Path(settings.prompts) if settings.prompts else None),
            scenes=find_scenes(settings),
            cache=folder_cache(settings.cache_dir / "results"),
            segmenter=load_segmenter(settings.segmenter, threads=settings.threads),
            edges=CannyEdgeDetector(),
            generator_info=configured_info(settings, generator),
            make_generator=lambda: _load(generator, settings),
            thresholds=Thresholds.load(),
            batch_size=settings.batch_size,
        )


def recipe_for(studio: Studio, generator: str) -> Recipe:
    """The generator's default recipe with this studio's models."""
    return default_recipe(
        generator,
        studio.generator_info,
        segmenter=studio.segmenter.info,
    )


def find_scenes(settings: Settings) -> tuple[Scene, ...]:
    """The shipped scenes and those of the user's folder."""
    folders = [assets_folder() / "scenes"]
    if settings.scenes:
        folders.append(Path(settings.scenes))
    return load_scenes(folders)


def assets_folder() -> Path:
    """Where `kirakat-assets` keeps models, scenes and the sample catalogue."""
    try:
        import kirakat_assets
    except ModuleNotFoundError as error:
        raise MissingExtraError("kirakat-assets", "assets") from error
    return kirakat_assets.root()


def _load(generator: str, settings: Settings) -> Generator:
    if settings.threads:
        import torch

        torch.set_num_threads(settings.threads)
    if not settings.fast:
        return load_generator(generator, device=settings.device, models=settings.models)
    return load_fast_generator(
        generator,
        device=settings.device,
        models=settings.models,
        tiny_decoder=settings.tiny_decoder,
    )
