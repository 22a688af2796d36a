"""The products that experiments are made with: photos, and exact mattes where they are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from kirakat.catalog.links import is_remote
from kirakat.catalog.read_feed import read_feed
from kirakat.errors import ImageError, LayoutError, MaskError
from kirakat.hashing import digest, sha256_array
from kirakat.pipeline.step2_place import place
from kirakat.pipeline.studio import Studio
from kirakat.pipeline.subject import Subject, cut_out
from kirakat.prompts.category import category_of
from kirakat.prompts.render import render_prompt
from kirakat.types import Alpha, Offer, Placement, Rejection, RenderedPrompt, SourceImage

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MERCHANT = "figures"
# What every experiment draws.
SQUARE = Placement(name="figure", width=1080, height=1080, max_bytes=900_000)


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product cut out, and the prompts of its category's pool."""

    subject: Subject
    # Whether its matte is known and not estimated.
    exact: bool
    prompts: tuple[RenderedPrompt, ...]

    @property
    def name(self) -> str:
        """The offer's id."""
        return self.subject.offer.offer_id


def read_offers(feed: Path) -> list[Offer]:
    """The offers of a feed, local links made absolute; rows that cannot be used are left out."""
    skipped: list[Rejection] = []
    offers = read_feed(feed, merchant_id=_MERCHANT, reject=skipped.append)
    return [
        offer
        if is_remote(offer.image_link)
        else replace(offer, image_link=str((feed.parent / offer.image_link).resolve()))
        for offer in offers
    ]


def offers_of_folder(folder: Path) -> list[Offer]:
    """One offer a picture of a folder; the file's name is the title."""
    return [
        Offer(
            offer_id=path.stem,
            merchant_id=_MERCHANT,
            title=path.stem.replace("_", " ").replace("-", " "),
            image_link=str(path.resolve()),
        )
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
    ]


def load_products(
    offers: Iterable[Offer], studio: Studio, *, mattes: Path | None, skipped: list[str]
) -> Iterator[Product]:
    """Each offer's product; `mattes` holds exact ones as <offer id>.png.

    The ids of offers whose photo cannot be used, or whose product finds no place in a square,
    are added to `skipped`.
    """
    for offer in offers:
        try:
            yield _load(offer, studio, mattes)
        except (ImageError, MaskError, LayoutError):
            skipped.append(offer.offer_id)


def spread(products: Sequence[Product], limit: int) -> list[Product]:
    """At most `limit` products (0: all), category by category in turn."""
    by_category: dict[str, list[Product]] = {}
    for product in products:
        by_category.setdefault(product.subject.category, []).append(product)
    queues = list(by_category.values())
    longest = max((len(queue) for queue in queues), default=0)
    ordered = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
    return ordered[:limit] if limit else ordered


def _load(offer: Offer, studio: Studio, mattes: Path | None) -> Product:
    image = studio.images.load(offer.image_link)
    known = mattes / f"{offer.offer_id}.png" if mattes else None
    exact = known is not None and known.is_file()
    if known is not None and exact:
        image = _with_matte(image, known)
    category = category_of(offer, studio.pools.categories).category
    pool = studio.pools.for_category(category)
    subject = cut_out(offer, image, category, studio)
    # Found out here, so that no experiment stops half-way for one product.
    place(
        subject.cutout,
        width=SQUARE.width,
        height=SQUARE.height,
        safe_area=SQUARE.safe_area,
        category=category,
        view=subject.view,
    )
    return Product(
        subject=subject,
        exact=exact or image.alpha is not None,
        prompts=tuple(render_prompt(prompt, offer) for prompt in pool),
    )


def _with_matte(image: SourceImage, path: Path) -> SourceImage:
    """The photo with a known matte as its own alpha; another picture, so another hash."""
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None or read.shape != image.pixels.shape[:2]:
        raise ImageError(f"{path} does not fit {image.uri}")
    alpha: Alpha = np.asarray(read, np.float32) / 255.0
    return replace(image, alpha=alpha, sha256=digest("exact", image.sha256, sha256_array(alpha)))
