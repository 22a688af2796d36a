"""One offer's product on its way through the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kirakat.hashing import digest, sha256_array
from kirakat.imaging.geometry import estimate_view, is_suspended
from kirakat.pipeline.codecs import decode_cutout, encode_cutout, quantised
from kirakat.pipeline.recipes import PIPELINE_VERSION
from kirakat.pipeline.step1_mask import mask
from kirakat.pipeline.studio import Studio
from kirakat.quality.photo import PHOTO_VERSION, photo_facts
from kirakat.quality.photo_facts import decode_facts, encode_facts
from kirakat.types import Alpha, Cutout, Offer, PhotoFacts, ProductView, SourceImage

# Words of a title that say how the product is used, whatever the photo shows.
_HUNG = frozenset({"hanging", "pendant", "chandelier"})
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
    photo: PhotoFacts


def cut_out(
    offer: Offer,
    image: SourceImage,
    category: str,
    studio: Studio,
    *,
    object_mask: Alpha | None = None,
) -> Subject:
    """Step 1 through the cache, and the product's view.

    `object_mask` (H, W), of the photo's size, is a person's correction. The feed's `product_view`
    wins over the title, and that over the estimate. Raises `MaskError` when the photo shows no
    product that can be told from its ground.
    """
    key = _mask_key(image, studio, object_mask)
    kept = studio.cache.load("mask", key)
    if kept is None:
        made = mask(image, segmenter=studio.segmenter, object_mask=object_mask)
        kept = encode_cutout(replace(made, alpha=quantised(made.alpha)))
        studio.cache.save("mask", key, kept)
    cutout = decode_cutout(kept)
    photo = _judged(image, cutout, key, studio)
    if is_suspended(cutout.alpha, cutout.border_contact):
        # A cable is too thin to count as contact, and must not end in mid-air.
        cutout = replace(cutout, border_contact=cutout.border_contact | {"top"})
    return Subject(
        offer=offer,
        image=image,
        cutout=cutout,
        matte_sha256=sha256_array(cutout.alpha),
        category=category,
        view=_view(offer, cutout, category),
        photo=photo,
    )


def known_photo(
    image: SourceImage, studio: Studio, *, object_mask: Alpha | None = None
) -> PhotoFacts | None:
    """What was measured on a photo whose product was cut out before; None without a cutout.

    `object_mask` as for `cut_out`.
    """
    key = _mask_key(image, studio, object_mask)
    facts = studio.cache.load("photo", _photo_key(key))
    if facts is not None:
        return decode_facts(facts)
    cutout = studio.cache.load("mask", key)
    return None if cutout is None else _judged(image, decode_cutout(cutout), key, studio)


def _judged(image: SourceImage, cutout: Cutout, mask_key: str, studio: Studio) -> PhotoFacts:
    """The photo's facts, kept beside its cutout under a version of their own."""
    key = _photo_key(mask_key)
    kept = studio.cache.load("photo", key)
    if kept is not None:
        return decode_facts(kept)
    facts = photo_facts(image, cutout)
    studio.cache.save("photo", key, encode_facts(facts))
    return facts


def _photo_key(mask_key: str) -> str:
    return digest("photo", mask_key, PHOTO_VERSION)


def _mask_key(image: SourceImage, studio: Studio, object_mask: Alpha | None) -> str:
    key = digest("mask", image.sha256, studio.segmenter.info, PIPELINE_VERSION)
    return key if object_mask is None else digest(key, sha256_array(object_mask))


def _view(offer: Offer, cutout: Cutout, category: str) -> ProductView:
    stated = offer.attributes.get("product_view", "").strip().lower()
    for view in _VIEWS:
        if stated == view:
            return view
    if _HUNG & set(offer.title.lower().split()):
        return "hanging"
    return estimate_view(cutout.alpha, category, cutout.border_contact)
