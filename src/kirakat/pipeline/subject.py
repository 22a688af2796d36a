"""One offer's product on its way through the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kirakat.hashing import digest, sha256_array
from kirakat.imaging.geometry import estimate_view
from kirakat.pipeline.codecs import decode_cutout, encode_cutout, quantised
from kirakat.pipeline.recipes import PIPELINE_VERSION
from kirakat.pipeline.step1_mask import mask
from kirakat.pipeline.studio import Studio
from kirakat.types import Cutout, Offer, ProductView, SourceImage

_VIEWS: tuple[ProductView, ...] = ("standing", "lying", "hanging")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A product cut out of its photo, and what is known of it."""

    offer: Offer
    image: SourceImage
    cutout: Cutout
    matte_sha256: str
    category: str
    view: ProductView


def cut_out(offer: Offer, image: SourceImage, category: str, studio: Studio) -> Subject:
    """Step 1 through the cache, and the product's view.

    The feed's `product_view` wins over the estimate. Raises `MaskError` when the photo shows
    no product that can be told from its ground.
    """
    key = digest("mask", image.sha256, studio.segmenter.info, PIPELINE_VERSION)
    kept = studio.cache.load("mask", key)
    if kept is None:
        made = mask(image, segmenter=studio.segmenter)
        kept = encode_cutout(replace(made, alpha=quantised(made.alpha)))
        studio.cache.save("mask", key, kept)
    cutout = decode_cutout(kept)
    return Subject(
        offer=offer,
        image=image,
        cutout=cutout,
        matte_sha256=sha256_array(cutout.alpha),
        category=category,
        view=_view(offer, cutout, category),
    )


def _view(offer: Offer, cutout: Cutout, category: str) -> ProductView:
    stated = offer.attributes.get("product_view", "").strip().lower()
    for view in _VIEWS:
        if stated == view:
            return view
    return estimate_view(cutout.alpha, category, cutout.border_contact)
