"""What all items of one request share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from kirakat.service.assign import Exposure
    from kirakat.service.contexts import RequestContext
    from kirakat.service.shopper import Shopper


class Moment(NamedTuple):
    """A request, as far as its items are concerned."""

    merchant_id: str
    request_id: str
    catalog: str
    context: RequestContext
    shopper: Shopper
    # What experiments say of each item; empty where none concerns the shopper.
    exposures: Mapping[int, Exposure]
    at: datetime
    recipe: str
    # What is down, so that nothing is written or no creative is shown; empty when all is well.
    trouble: str
    blobs_are_up: bool
