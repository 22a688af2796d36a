"""What the request path reads: offers of one catalogue, and how far their creatives are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from kirakat.store.bulk import as_record, in_chunks
from kirakat.store.json_records import from_json
from kirakat.store.records import OfferRecord
from kirakat.store.states import CreativeState
from kirakat.store.tables import creatives, offers
from kirakat.types import Offer


class KnownCreative(NamedTuple):
    """How far a key is, without its certificate."""

    key: str
    state: CreativeState
    revision: int
    reason: str
    treatment: str
    arm: str
    # The finished file; None until there is one.
    sha256: str | None
    format: str | None
    requested_at: datetime


def known_creatives(
    connection: Connection, merchant_id: str, keys: Sequence[str]
) -> dict[str, KnownCreative]:
    """Those of the keys that somebody asked for, whatever their state."""
    columns = [creatives.c[name] for name in KnownCreative._fields]
    found = {}
    for part in in_chunks(keys):
        statement = select(*columns).where(
            creatives.c.key.in_(part), creatives.c.merchant_id == merchant_id
        )
        found.update({row.key: KnownCreative(*row) for row in connection.execute(statement)})
    return found


def offers_of_catalog(
    connection: Connection, merchant_id: str, catalog: str, offer_ids: Sequence[str]
) -> dict[str, OfferRecord]:
    """The active offers of these ids in one catalogue."""
    found = {}
    for part in in_chunks(offer_ids):
        statement = select(offers).where(
            offers.c.merchant_id == merchant_id,
            offers.c.catalog == catalog,
            offers.c.offer_id.in_(part),
            offers.c.active,
        )
        for row in connection.execute(statement):
            offer = from_json(Offer, row.record)
            found[row.offer_id] = as_record(OfferRecord, row, offer=offer)
    return found
