"""What has come of an offer so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kirakat.errors import KirakatError
from kirakat.pipeline.wanted import Wanted
from kirakat.types import RGB, Creative, Offer, OfferResult, PhotoFacts, Rejection, StepPicture


@dataclass
class Work:
    """Collects creatives and rejections of one offer; an `OfferResult` at the end."""

    offer: Offer
    category: str
    # What told the category.
    category_from: str
    thumbnail: RGB | None = None
    photo: PhotoFacts | None = None
    steps: tuple[StepPicture, ...] = ()
    cached: int = 0
    creatives: dict[str, Creative] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    def keep(self, creatives: Iterable[Creative]) -> None:
        """Take finished creatives up."""
        for creative in creatives:
            self.creatives[creative.key.digest] = creative

    def missing(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """What is wanted and not there yet."""
        return [item for item in wanted if item.key.digest not in self.creatives]

    def reject(self, what: str, value: str, error: KirakatError) -> None:
        """Record what could not be made: the field or creative, its value, the reason."""
        self.rejections.append(
            Rejection(
                offer_id=self.offer.offer_id,
                line=self.offer.line,
                field=what,
                value=value[:200],
                reason=str(error),
            )
        )

    def result(self, wanted: Sequence[Wanted], seconds: float) -> OfferResult:
        """The finished record, creatives in the order in which they were wanted."""
        digests = [item.key.digest for item in wanted]
        return OfferResult(
            offer=self.offer,
            category=self.category,
            category_from=self.category_from,
            thumbnail=self.thumbnail,
            creatives=tuple(self.creatives[key] for key in digests if key in self.creatives),
            rejections=tuple(self.rejections),
            steps=self.steps,
            cached=self.cached,
            seconds=seconds,
            photo=self.photo,
        )
