"""The only reader of the environment and of `kirakat.toml`.

Every setting is one field of `Settings` with its meaning beside it. A value comes from, in
this order: `KIRAKAT_<NAME>` in the environment, the `[kirakat]` table of the file that
`KIRAKAT_CONFIG` names (default `kirakat.toml` in the working folder, if it exists), the default.
docs/reference/settings.md shows the same table; a test fails when one is missing there.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kirakat.errors import SettingsError


class Settings(BaseSettings):
    """Everything that can be configured without a command-line option."""

    model_config = SettingsConfigDict(env_prefix="KIRAKAT_", frozen=True, extra="forbid")

    merchant_id: str = Field(
        default="default", description="Merchant that owns offers and creatives"
    )
    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "kirakat",
        description="Folder of fetched images and results",
    )
    generator: str = Field(
        default="tiny", description="tiny, sd15, sdxl, or the path of a diffusers checkpoint"
    )
    models: str = Field(
        default="", description="Folder with local copies of hub models; empty: the hub's own cache"
    )
    device: str = Field(default="auto", description="auto, cpu, cuda or cuda:N")
    fast: bool = Field(
        default=False, description="Draw with the fast path; compiled and in bfloat16 on CUDA"
    )
    tiny_decoder: str = Field(
        default="",
        description="Folder or hub repository of a tiny decoder for the fast path; empty: none",
    )
    segmenter: str = Field(default="u2netp", description="u2netp, or the name of a rembg model")
    batch_size: int = Field(
        default=4, ge=1, description="Most pictures that one generator call draws"
    )
    threads: int = Field(default=0, ge=0, description="CPU threads of the models; 0: one a core")
    scenes: str = Field(default="", description="Folder of further scenes, beside the shipped ones")
    prompts: str = Field(
        default="", description="Folder of prompt pools, instead of the shipped ones"
    )
    placements: str = Field(default="", description="TOML file of further placements")
    prices: str = Field(
        default="", description="TOML file of your prices, instead of the shipped ones"
    )
    image_max_megapixels: float = Field(
        default=40.0, gt=0, description="Largest source image, in millions of pixels"
    )
    image_max_megabytes: float = Field(
        default=20.0, gt=0, description="Largest source file, in millions of bytes"
    )
    fetch_timeout: float = Field(
        default=10.0, gt=0, description="Seconds to wait for an image server"
    )
    allow_private_addresses: bool = Field(
        default=False, description="Fetch images from loopback and private networks too"
    )
    allow_any_path: bool = Field(
        default=False, description="Read images from outside the feed's folder too"
    )
    database: str = Field(
        default="sqlite:///kirakat.db",
        description="Address of the database: sqlite:///PATH or postgresql://USER@HOST/NAME",
    )
    blobs: str = Field(
        default="kirakat-blobs",
        description="Folder, or s3://, gs:// or az:// address, of finished images",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address under which the service is reached: where image addresses begin",
    )
    resolve_timeout: float = Field(
        default=0.03, gt=0, description="Seconds that resolve waits for the database"
    )
    cache_entries: int = Field(
        default=200_000, ge=100, description="Creatives whose state a service process remembers"
    )
    buffer_entries: int = Field(
        default=10_000, ge=1, description="Keys and decisions that wait in memory to be written"
    )
    rate_limit: float = Field(
        default=2000.0, gt=0, description="Requests a second of one API key, for each process"
    )
    feed_max_megabytes: float = Field(
        default=500.0, gt=0, description="Largest feed, unpacked, in millions of bytes"
    )
    image_secret: str = Field(
        default="",
        repr=False,
        description="Secret that signs image addresses, of 16 characters or more",
    )
    signed_images: str = Field(
        default="",
        description="Merchants, separated by commas, whose image addresses expire; *: all",
    )
    image_hours: float = Field(
        default=24.0, gt=0, description="Hours for which a signed image address works"
    )
    policies: str = Field(
        default="", description="TOML file of bandit policies by category; empty: the shipped one"
    )
    pseudonym_secret: str = Field(
        default="",
        repr=False,
        description="Secret that makes shoppers' ids into pseudonyms; empty: one for each process",
    )
    durable_decisions: bool = Field(
        default=True, description="Write decisions before resolve answers; false: soon after"
    )
    durable_wait: float = Field(
        default=0.03, gt=0, description="Seconds that resolve waits for its decisions to be written"
    )
    decision_tokens: bool = Field(
        default=False, description="Answer decisions as opaque tokens instead of writing them"
    )
    token_secret: str = Field(
        default="",
        repr=False,
        description="Secret that seals decision tokens, of 16 characters or more",
    )
    session_hours: float = Field(
        default=12.0, gt=0, description="Hours after which people sign in to the pages again"
    )
    login_header: str = Field(
        default="",
        description="Header in which a proxy names who is signed in; empty: none is trusted",
    )
    login_secret: str = Field(
        default="",
        repr=False,
        description="What that proxy sends as X-Kirakat-Proxy-Secret, of 16 characters or more",
    )
    learn_slice: float = Field(
        default=600.0,
        gt=0,
        description="Seconds of arrivals that are learned together; never changed afterwards",
    )
    learn_wait: float = Field(
        default=300.0, ge=0, description="Seconds that events may be late for their reward window"
    )
    bot_clicks: int = Field(
        default=30, ge=1, description="Clicks of one shopper in an hour above which it is a bot"
    )
    max_attempts: int = Field(
        default=5, ge=1, description="Tries of a render before it is a dead letter"
    )
    batch_wait: float = Field(
        default=0.05, ge=0, description="Longest seconds that a lone job waits for company"
    )
    daily_renders: int = Field(
        default=0,
        ge=0,
        description="Renders a day of a merchant that a feed makes known; 0: no cap",
    )
    worker_poll: float = Field(
        default=0.2, gt=0, description="Seconds between a worker's looks at the queue"
    )
    worker_heartbeat: float = Field(
        default=5.0, gt=0, description="Seconds between a worker's signs of life"
    )
    worker_lease: float = Field(
        default=30.0, gt=0, description="Seconds of silence after which a worker's jobs are taken"
    )
    worker_retry: float = Field(
        default=2.0, gt=0, description="Seconds before a second try; four times as long each time"
    )
    worker_drain: float = Field(
        default=60.0, ge=0, description="Seconds in which a stopping worker finishes its work"
    )
    otel_endpoint: str = Field(
        default="",
        description="Where traces go, OTLP over HTTP: http://HOST:4318; empty: none are made",
    )
    worker_megabytes: float = Field(
        default=0.0, ge=0, description="Memory above which a worker unloads its models; 0: no cap"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes before what the caller hands in, which is the file's table."""
        return env_settings, init_settings


def load_settings(config: Path | None = None) -> Settings:
    """Settings from the environment and the configuration file.

    Raises `SettingsError` naming the setting for an unknown name or an illegal value, and
    naming the file when one was asked for that does not exist or is no TOML.
    """
    named = config or (Path(os.environ["KIRAKAT_CONFIG"]) if _is_named() else None)
    path = named or Path("kirakat.toml")
    values = _read_table(path, required=named is not None)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(sorted(Settings.model_fields))
        raise SettingsError(
            f"setting {name}: {first['msg']} (got {first.get('input')!r}; known settings: {known})",
            name=name,
        ) from error


def _is_named() -> bool:
    return bool(os.environ.get("KIRAKAT_CONFIG"))


def _read_table(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise SettingsError(f"{path}: no such configuration file")
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("kirakat", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return dict(table)
