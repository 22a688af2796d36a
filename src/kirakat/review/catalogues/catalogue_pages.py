"""The pages of catalogues: all of them, and one with its coverage and offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from kirakat.review.catalogues.coverage import Coverage, count_coverage
from kirakat.review.catalogues.filters import SHOWN, OfferFilters, read_offer_filters
from kirakat.review.catalogues.find_offers import find_offers
from kirakat.review.catalogues.offer_lines import OfferLine, offer_lines
from kirakat.review.standing import LABELS, STANDINGS
from kirakat.review.web.remember import Memory, Remembered
from kirakat.review.web.templates import show
from kirakat.review.web.told import told
from kirakat.review.web.visit import Visit
from kirakat.store.catalogs import get_catalog, list_catalogs
from kirakat.store.controls import list_controls
from kirakat.store.merchants import get_merchant
from kirakat.store.publish_policies import list_publish_policies
from kirakat.store.records import CatalogRecord
from kirakat.store.review_records import Control, PublishPolicy

_PAGE = 50
# A count is good for so long, and as long as nothing has changed.
_GOOD_FOR, _STILL = timedelta(seconds=1), timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class CatalogueLine:
    """One catalogue and what people said about it."""

    record: CatalogRecord
    # None: what passes is published.
    policy: PublishPolicy | None
    # By kind.
    orders: Mapping[str, Control]


def read_lines(connection: Connection, merchant_id: str) -> list[CatalogueLine]:
    """A merchant's catalogues with their policies and orders."""
    policies = {item.catalog: item for item in list_publish_policies(connection, merchant_id)}
    orders: dict[str, dict[str, Control]] = {}
    for order in list_controls(connection, merchant_id):
        if order.scope == "catalog":
            orders.setdefault(order.name, {})[order.kind] = order
    return [
        CatalogueLine(
            record=record,
            policy=policies.get(record.name),
            orders=orders.get(record.name, {}),
        )
        for record in list_catalogs(connection, merchant_id)
    ]


def show_catalogues(visit: Visit) -> Response:
    """All catalogues of the merchant."""
    with visit.desk.database.reading() as connection:
        lines = read_lines(connection, visit.merchant_id)
    return show(visit, "catalogues/catalogues.html.j2", lines=lines)


class CataloguePage:
    """One catalogue; its coverage is counted once for everybody who looks at it."""

    def __init__(self) -> None:
        self._counted: Memory[tuple[object, Coverage]] = Memory(_GOOD_FOR)

    def __call__(self, visit: Visit) -> Response:
        """The whole page, the coverage alone (`part=coverage`), or further offers."""
        name = str(visit.path("name"))
        filters = read_offer_filters(visit.query)
        with visit.desk.database.reading() as connection:
            # Raises for a catalogue of others.
            record = get_catalog(connection, visit.merchant_id, name)
            if visit.query("part") == "coverage":
                return self._coverage(visit, connection, record)
            return self._page(visit, connection, record, filters)

    def _page(
        self, visit: Visit, connection: Connection, record: CatalogRecord, filters: OfferFilters
    ) -> Response:
        merchant_id, after = visit.merchant_id, visit.query("after")
        found = find_offers(connection, merchant_id, record.name, filters, after=after, limit=_PAGE)
        lines = offer_lines(connection, merchant_id, found.offers)
        kept = self._counted.peek((merchant_id, record.name))
        itself = next(
            line for line in read_lines(connection, merchant_id) if line.record.name == record.name
        )
        part = visit.is_partial and after
        return show(
            visit,
            "catalogues/_offers.html.j2" if part else "catalogues/catalogue.html.j2",
            catalogue=itself,
            filters=filters,
            lines=lines,
            after=after,
            next_after=found.next_after,
            shown=SHOWN,
            labels=LABELS,
            told=told(visit),
            placements=_placements(kept.value[1] if kept else None, lines),
        )

    def _coverage(self, visit: Visit, connection: Connection, record: CatalogRecord) -> Response:
        counted = self._count(visit, connection, record)
        return show(
            visit,
            "catalogues/_coverage.html.j2",
            catalogue=record,
            coverage=counted.value[1],
            counted_at=counted.at,
            standings=STANDINGS,
            labels=LABELS,
            filters=read_offer_filters(visit.query),
        )

    def _count(
        self, visit: Visit, connection: Connection, record: CatalogRecord
    ) -> Remembered[tuple[object, Coverage]]:
        """Counted again when something has changed since, but not all the time."""
        merchant = get_merchant(connection, visit.merchant_id)
        mark = (merchant.sequence, merchant.epoch, record.revision)
        key, now = (visit.merchant_id, record.name), visit.desk.clock.now()
        kept = self._counted.peek(key)
        if kept is not None and kept.value[0] == mark and now - kept.at < _STILL:
            return kept
        return self._counted.get(key, lambda: (mark, count_coverage(connection, *key)), now=now)


def _placements(counted: Coverage | None, lines: Sequence[OfferLine]) -> list[str]:
    """What can be chosen from: the whole catalogue's, before they are counted the page's."""
    whole = {one.placement for one in counted.placements} if counted else set()
    return sorted(whole | {one.placement for line in lines for one in line.placements})
