"""A feed on its way into a catalogue: staged in many short transactions, shown in one.

Staged rows are offers of a catalogue that nobody can name, inactive until `publish` copies them:
SQLite's write lock is never held while a feed is read, and what was staged before a crash is
garbage that nobody sees and a later upload clears.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, literal, select, update

from kirakat.errors import ConflictError
from kirakat.hashing import digest
from kirakat.store.bulk import AnyRow, in_chunks, upsert_into
from kirakat.store.images import ensure_images
from kirakat.store.json_records import to_json
from kirakat.store.records import OfferChanges
from kirakat.store.tables import catalogs, offers
from kirakat.types import Offer

# Offers in one transaction: some 30 ms of SQLite's lock.
_BATCH = 1_000
# No catalogue's name holds it.
_MARK = "/upload/"
# Uploads that staged nothing for so long have died.
_DEAD_AFTER = timedelta(days=1)
_COPIED = ("record", "content_hash", "image_id", "active", "revision", "updated_at")
_CLEARED_AT_ONCE = 5_000


def in_batches(feed: Iterable[Offer]) -> Iterator[dict[str, Offer]]:
    """The feed in parts for one transaction each; of doubled ids the last one holds."""
    items = iter(feed)
    while batch := {offer.offer_id: offer for offer in islice(items, _BATCH)}:
        yield batch


@dataclass
class CatalogUpload:
    """`begin`, then `sift` and `stage` for every batch, `publish`, and `clear` what was staged.

    Offers are compared by the hash of their content (their line in the feed does not count).
    """

    merchant_id: str
    catalog: str
    # The catalogue's revision that this upload replaces.
    base: int
    staging: str
    # "new", "changed" or "same" by offer id.
    kinds: dict[str, str] = field(default_factory=dict)
    has_staged: bool = False

    @classmethod
    def begin(cls, connection: Connection, merchant_id: str, catalog: str) -> CatalogUpload:
        """An upload on top of the catalogue as it is now."""
        base = int(connection.execute(_revision(merchant_id, catalog)).scalar() or 0)
        staging = f"{catalog}{_MARK}{secrets.token_hex(8)}"
        return cls(merchant_id=merchant_id, catalog=catalog, base=base, staging=staging)

    def sift(self, connection: Connection, batch: Mapping[str, Offer]) -> list[Offer]:
        """Compare a batch with the catalogue; gives the offers to stage. Only reads."""
        known = _known(connection, self.merchant_id, self.catalog, tuple(batch))
        wanted = []
        for offer_id, offer in sorted(batch.items()):
            kind = _kind(offer, known.get(offer_id))
            # A row that came before with other content was staged, and is staged over.
            if kind != "same" or self.kinds.get(offer_id, "same") != "same":
                wanted.append(offer)
            self.kinds[offer_id] = kind
        return wanted

    def stage(self, connection: Connection, wanted: Sequence[Offer], *, now: datetime) -> None:
        """Keep new and changed offers where nobody sees them."""
        if not wanted:
            return
        self.has_staged = True
        images = ensure_images(connection, self.merchant_id, [item.image_link for item in wanted])
        rows = [
            {
                "merchant_id": self.merchant_id,
                "catalog": self.staging,
                "offer_id": offer.offer_id,
                "record": to_json(offer),
                "content_hash": _content_hash(offer),
                "image_id": images[offer.image_link],
                "active": False,
                "revision": self.base + 1,
                "updated_at": now,
            }
            for offer in wanted
        ]
        statement = upsert_into(connection, offers)
        changed = {name: statement.excluded[name] for name in _COPIED}
        keys = ["merchant_id", "catalog", "offer_id"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def publish(
        self, connection: Connection, *, complete: bool, source_url: str, etag: str, now: datetime
    ) -> OfferChanges:
        """Make all of it the catalogue's next revision.

        With `complete`, offers that the feed no longer has become inactive; without it, the
        feed is a part and leaves the rest alone. An offer that came back counts as new. Raises
        `ConflictError` when another upload was published since `begin`.
        """
        self._raise_revision(
            connection, {"source_url": source_url, "etag": etag, "updated_at": now}
        )
        self._copy(connection)
        removed = self._drop_unseen(connection, now) if complete else ()
        return OfferChanges(
            new=tuple(name for name, kind in self.kinds.items() if kind == "new"),
            changed=tuple(name for name, kind in self.kinds.items() if kind == "changed"),
            removed=removed,
            unchanged=sum(kind == "same" for kind in self.kinds.values()),
            revision=self.base + 1,
        )

    def clear(self, connection: Connection) -> int:
        """Remove some of what was staged; gives how many rows."""
        return clear_upload(connection, self.merchant_id, self.staging)

    def _raise_revision(self, connection: Connection, values: Mapping[str, object]) -> None:
        """Compare-and-set; the catalogue's row stays locked, so uploads of it take turns."""
        row = {"merchant_id": self.merchant_id, "name": self.catalog, "revision": 1, **values}
        statement = upsert_into(connection, catalogs).values(**row)
        raised = statement.on_conflict_do_update(
            index_elements=["merchant_id", "name"],
            set_={"revision": catalogs.c.revision + 1, **values},
            where=catalogs.c.revision == self.base,
        ).returning(catalogs.c.revision)
        if connection.execute(raised).scalar_one_or_none() != self.base + 1:
            raise ConflictError(f"another upload of {self.catalog} was faster", name=self.catalog)

    def _copy(self, connection: Connection) -> None:
        """Staged rows become the catalogue's, inside the database."""
        columns = ["merchant_id", "catalog", "offer_id", *_COPIED]
        fixed: dict[str, ColumnElement[Any]] = {
            "catalog": literal(self.catalog),
            "active": literal(True),
        }
        chosen: list[ColumnElement[Any]] = [fixed.get(name, offers.c[name]) for name in columns]
        staged = select(*chosen).where(
            offers.c.merchant_id == self.merchant_id, offers.c.catalog == self.staging
        )
        statement = upsert_into(connection, offers).from_select(columns, staged)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["merchant_id", "catalog", "offer_id"],
                set_={name: statement.excluded[name] for name in _COPIED},
            )
        )

    def _drop_unseen(self, connection: Connection, now: datetime) -> tuple[str, ...]:
        mine = (offers.c.merchant_id == self.merchant_id, offers.c.catalog == self.catalog)
        active = connection.execute(select(offers.c.offer_id).where(*mine, offers.c.active))
        removed = sorted(name for name in active.scalars() if name not in self.kinds)
        for part in in_chunks(removed):
            connection.execute(
                update(offers)
                .where(*mine, offers.c.offer_id.in_(part))
                .values(active=False, revision=self.base + 1, updated_at=now)
            )
        return tuple(removed)


def dead_uploads(connection: Connection, merchant_id: str, *, now: datetime) -> list[str]:
    """The `staging` names of uploads that died half-way."""
    statement = select(offers.c.catalog).where(
        offers.c.merchant_id == merchant_id,
        offers.c.catalog.contains(_MARK, autoescape=True),
        offers.c.updated_at < now - _DEAD_AFTER,
    )
    return list(connection.execute(statement.distinct()).scalars())


def clear_upload(connection: Connection, merchant_id: str, staging: str) -> int:
    """Remove some of what an upload staged; gives how many rows."""
    mine = (offers.c.merchant_id == merchant_id, offers.c.catalog == staging)
    ids = select(offers.c.offer_id).where(*mine).limit(_CLEARED_AT_ONCE)
    return connection.execute(delete(offers).where(*mine, offers.c.offer_id.in_(ids))).rowcount


def _revision(merchant_id: str, catalog: str) -> Select[int]:
    return select(catalogs.c.revision).where(
        catalogs.c.merchant_id == merchant_id, catalogs.c.name == catalog
    )


def _known(
    connection: Connection, merchant_id: str, catalog: str, offer_ids: Sequence[str]
) -> dict[str, AnyRow]:
    statement = select(offers.c.offer_id, offers.c.content_hash, offers.c.active).where(
        offers.c.merchant_id == merchant_id,
        offers.c.catalog == catalog,
        offers.c.offer_id.in_(offer_ids),
    )
    return {row.offer_id: row for row in connection.execute(statement)}


def _kind(offer: Offer, before: AnyRow | None) -> str:
    if before is None or not before.active:
        return "new"
    return "same" if before.content_hash == _content_hash(offer) else "changed"


def _content_hash(offer: Offer) -> str:
    return digest("offer", replace(offer, line=0))
