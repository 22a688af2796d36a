"""Source images of a catalog: fetched, cached and decoded behind one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kirakat.catalog.decode_image import DecodeLimits, decode_image
from kirakat.catalog.fetch_http import fetch_http
from kirakat.catalog.fetch_image import fetch_image
from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.catalog.image_cache import ImageCache
from kirakat.catalog.links import is_remote, link_problem
from kirakat.types import SourceImage

if TYPE_CHECKING:
    from ssrfguard.httpx import Client


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """Where a run gets its product photos."""

    # Relative links start here: the feed's folder.
    base: Path
    fetch: FetchLimits = field(default_factory=FetchLimits)
    decode: DecodeLimits = field(default_factory=DecodeLimits)
    # From `open_image_client`; None keeps the run off the network.
    client: Client | None = None
    # Keeps remote pictures; local files are read where they lie.
    cache: ImageCache | None = None

    def load(self, link: str) -> SourceImage:
        """The decoded picture behind `link`. Raises an `ImageError`."""
        return decode_image(self.read(link), link, limits=self.decode)

    def read(self, link: str) -> bytes:
        """The file behind `link`; a cached one only after its server said it is unchanged."""
        if self.cache is None or not is_remote(link) or link_problem(link):
            return fetch_image(link, base=self.base, limits=self.fetch, client=self.client)
        kept = self.cache.load(link)
        validators = kept.validators if kept else {}
        answer = fetch_http(link, limits=self.fetch, client=self.client, validators=validators)
        if answer.body is None and kept is not None:
            return kept.data
        data = answer.body or b""
        self.cache.save(link, data, answer.validators)
        return data
