"""An offer as the report shows it: texts and small pictures, nothing large."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kirakat.output.certificate_facts import Fact, certificate_facts
from kirakat.output.choose import best_creative
from kirakat.output.paths import creative_path
from kirakat.output.thumbnails import Thumbnail, as_thumbnail, decode_small, shrink
from kirakat.types import Creative, OfferResult, PhotoFacts, Rejection, Verdict

# Longest sides in pixels: sixty offers of fifteen creatives make some 15 MB.
_COMPARED: Final = 520
_STEP: Final = 220
_CREATIVE_WIDTH: Final = 480
_CREATIVE_HEIGHT: Final = 260

_FOUND_BY: Final = {
    "google_product_category": "from the feed's google_product_category",
    "product_type": "from the feed's product_type",
    "title": "from words of the title",
    "default": "by default, for nothing in the feed told it",
}


@dataclass(frozen=True, kw_only=True)
class CreativeView:
    """One creative's card."""

    # The placement's name; without a prompt the treatment's, and `note` is the placement's.
    label: str
    note: str
    width: int
    height: int
    verdict: Verdict
    defects: tuple[str, ...]
    reasons: tuple[str, ...]
    picture: Thumbnail
    alt: str
    # The file, relative to the report.
    href: str
    format: str
    # Bytes of the file.
    size: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """The creatives of one prompt, or those without one."""

    title: str
    # Such as "v2 · home"; empty without a prompt.
    note: str
    text: str
    negative: str
    creatives: tuple[CreativeView, ...]


@dataclass(frozen=True, kw_only=True)
class StepView:
    """One step's picture."""

    name: str
    picture: Thumbnail


@dataclass(frozen=True, kw_only=True)
class OfferView:
    """One offer's section."""

    title: str
    offer_id: str
    category: str
    found_by: str
    source: Thumbnail | None
    # Such as "quality .93 of 1, plain ground", and the parts of that; empty: not measured.
    photo: str
    photo_parts: str
    best: Thumbnail | None
    # What `best` is, such as "marble-morning on square".
    best_name: str
    # One sentence on the product's pixels, and whether it is bad news.
    untouched: str
    altered: bool
    steps: tuple[StepView, ...]
    groups: tuple[GroupView, ...]
    rejections: tuple[Rejection, ...]
    # Creatives, and how many of them a cache had.
    creatives: int
    cached: int
    # Wall-clock seconds.
    seconds: float

    @property
    def size(self) -> int:
        """Characters of its pictures, which are nearly all of its share of the page."""
        cards = (creative.picture for group in self.groups for creative in group.creatives)
        pictures = (self.source, self.best, *(step.picture for step in self.steps), *cards)
        return sum(len(picture.uri) for picture in pictures if picture)


def category_origin(category_from: str) -> str:
    """How a category was found, in words."""
    return _FOUND_BY.get(category_from, f"from {category_from}")


def view_offer(result: OfferResult) -> OfferView:
    """An offer with its pictures shrunk to what a page needs."""
    best = best_creative(result)
    return OfferView(
        title=result.offer.title or result.offer.offer_id,
        offer_id=result.offer.offer_id,
        category=result.category,
        found_by=category_origin(result.category_from),
        source=_source(result),
        photo=_photo(result.photo),
        photo_parts=_photo_parts(result.photo),
        best=None if best is None else _small(best, _COMPARED, _COMPARED),
        best_name="" if best is None else _name(best),
        untouched=_untouched(result.creatives),
        altered=any(item.certificate.product_difference for item in result.creatives),
        steps=tuple(
            StepView(
                name=step.name,
                picture=as_thumbnail(shrink(step.pixels, width=_STEP, height=_STEP)),
            )
            for step in result.steps
        ),
        groups=_groups(result),
        rejections=result.rejections,
        creatives=len(result.creatives),
        cached=result.cached,
        seconds=result.seconds,
    )


def _source(result: OfferResult) -> Thumbnail | None:
    if result.thumbnail is None:
        return None
    return as_thumbnail(shrink(result.thumbnail, width=_COMPARED, height=_COMPARED))


def _photo(photo: PhotoFacts | None) -> str:
    return "" if photo is None else f"quality {photo.quality:.2f} of 1, {photo.composition}"


def _photo_parts(photo: PhotoFacts | None) -> str:
    parts = {} if photo is None else photo.parts
    return ", ".join(f"{name} {value:.2f}" for name, value in parts.items())


def _small(creative: Creative, width: int, height: int) -> Thumbnail:
    return as_thumbnail(decode_small(creative.data, width=width, height=height))


def _name(creative: Creative) -> str:
    prompt = creative.prompt.prompt_id if creative.prompt else creative.key.treatment
    return f"{prompt} in {creative.key.placement.name}"


def _untouched(creatives: Iterable[Creative]) -> str:
    """One sentence on the product's pixels in all creatives that were compared."""
    compared = [c.certificate for c in creatives if c.certificate.product_pixels]
    if not compared:
        return ""
    worst = max(certificate.product_difference for certificate in compared)
    if worst:
        return f"Product pixels differ by up to {worst} of 255 levels"
    pixels = sum(certificate.product_pixels for certificate in compared)
    count = "the one creative" if len(compared) == 1 else f"all {len(compared)} creatives"
    return f"Product untouched in {count}: difference 0 over {pixels:,} pixels"


def _groups(result: OfferResult) -> tuple[GroupView, ...]:
    grouped: dict[str, list[Creative]] = {}
    for creative in sorted(result.creatives, key=lambda item: item.prompt is not None):
        grouped.setdefault(creative.prompt.arm if creative.prompt else "", []).append(creative)
    return tuple(_group(creatives, result.offer.title) for creatives in grouped.values())


def _group(creatives: list[Creative], title: str) -> GroupView:
    key, prompt = creatives[0].key, creatives[0].prompt
    return GroupView(
        title=prompt.prompt_id if prompt else "No background generated",
        note=f"v{prompt.version} · {prompt.category}" if prompt else "",
        text=key.prompt_text,
        negative=key.prompt_negative,
        creatives=tuple(_creative(creative, title) for creative in creatives),
    )


def _creative(creative: Creative, title: str) -> CreativeView:
    placement, treatment = creative.key.placement, creative.key.treatment
    return CreativeView(
        label=placement.name if creative.prompt else treatment,
        note="" if creative.prompt else placement.name,
        width=placement.width,
        height=placement.height,
        verdict=creative.gate.verdict,
        defects=tuple(str(defect).replace("_", " ") for defect in creative.gate.defects),
        reasons=creative.gate.reasons,
        picture=_small(creative, _CREATIVE_WIDTH, _CREATIVE_HEIGHT),
        alt=f"{title}, {_name(creative)}",
        href=str(creative_path(creative)),
        format=placement.format.upper(),
        size=len(creative.data),
        facts=certificate_facts(creative),
    )
