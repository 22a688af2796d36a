"""A Google Merchant Center supplemental feed of the generated pictures.

Generated scenes belong in `lifestyle_image_link` and `additional_image_link`; the main image
is never touched. Source: Merchant Center product data specification (lifestyle_image_link,
additional_image_link, minimum of 500 x 500 pixels, 16 MB, at most 10 additional images).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kirakat.output.paths import creative_path, creative_url
from kirakat.types import Creative, ImageFormat, OfferResult

COLUMNS: Final = ("id", "lifestyle_image_link", "additional_image_link")
RELATIVE_LINKS: Final = (
    "supplemental-feed.tsv holds relative paths, and Merchant Center needs absolute links: "
    "run again with --base-url once the folder's address is known."
)
_FORMATS: Final[frozenset[ImageFormat]] = frozenset({"jpeg", "png"})
_SHORTEST_SIDE: Final = 500
_MOST_BYTES: Final = 16_000_000
_MOST_ADDITIONAL: Final = 10
_PREFERRED_RATIOS: Final = (1.0, 4 / 5)


@dataclass(frozen=True, kw_only=True)
class FeedRow:
    """One offer's pictures for Merchant Center."""

    offer_id: str
    lifestyle: Creative
    # Best first, at most ten; those of other prompts come before further sizes of the same.
    additional: tuple[Creative, ...]


class MerchantFeedWriter:
    """Writes `supplemental-feed.tsv`, one offer at a time, each flushed at once."""

    def __init__(self, path: Path, *, base_url: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._base_url = base_url
        self._file = path.open("w", encoding="utf-8", newline="", errors="replace")
        self._writer = csv.writer(self._file, dialect="excel-tab", lineterminator="\n")
        self._write(COLUMNS)

    def add(self, result: OfferResult) -> None:
        """Append the offer's row if it has a picture that Merchant Center takes."""
        row = feed_row(result)
        if row is not None:
            additional = ",".join(self._link(creative) for creative in row.additional)
            self._write((row.offer_id, self._link(row.lifestyle), additional))

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, cells: Iterable[str]) -> None:
        self._writer.writerow(cells)
        self._file.flush()

    def _link(self, creative: Creative) -> str:
        # Merchant Center splits the additional links at commas.
        return creative_url(self._base_url, creative_path(creative)).replace(",", "%2C")


def feed_row(result: OfferResult) -> FeedRow | None:
    """The offer's best picture and up to ten others; None when none may be shown."""
    ranked = _one_prompt_after_another(sorted(filter(is_eligible, result.creatives), key=_rank))
    if not ranked:
        return None
    return FeedRow(
        offer_id=result.offer.offer_id,
        lifestyle=ranked[0],
        additional=tuple(ranked[1 : 1 + _MOST_ADDITIONAL]),
    )


def is_eligible(creative: Creative) -> bool:
    """Whether it is generated, passed the gate, and Merchant Center takes such a file."""
    placement = creative.key.placement
    return (
        creative.key.treatment == "generated"
        and creative.gate.verdict == "pass"
        and placement.format in _FORMATS
        and min(placement.width, placement.height) >= _SHORTEST_SIDE
        and len(creative.data) <= _MOST_BYTES
    )


def _rank(creative: Creative) -> tuple[float, int]:
    placement = creative.key.placement
    distance = min(abs(math.log(placement.ratio / ratio)) for ratio in _PREFERRED_RATIOS)
    # A hundredth in the ratio is a rounded size, not another shape.
    return round(distance, 2), -placement.width * placement.height


def _one_prompt_after_another(creatives: list[Creative]) -> list[Creative]:
    seen: dict[str, int] = {}
    rounds: list[int] = []
    for creative in creatives:
        arm = creative.prompt.arm if creative.prompt else ""
        rounds.append(seen.get(arm, 0))
        seen[arm] = rounds[-1] + 1
    order = sorted(range(len(creatives)), key=rounds.__getitem__)
    return [creatives[index] for index in order]
