"""`PUT /v1/catalogs/{name}`: a feed as the body, or the address of one."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from kirakat.errors import NotFoundError
from kirakat.service.fetch_feed import fetch_feed
from kirakat.service.parts import Parts
from kirakat.service.problems import ProblemError
from kirakat.service.routes.deps import CatalogName, WithParts, Writer, problems
from kirakat.service.schemas import CatalogBody, FeedAddress, RejectedRow
from kirakat.service.sync_feed import Synced, sync_feed
from kirakat.service.unpack_feed import FeedTooLargeError, unpack_feed
from kirakat.store.catalogs import get_catalog
from kirakat.store.database import Database
from kirakat.store.records import CatalogRecord

router = APIRouter(tags=["catalogs"])

# Ending of the file by the media type of the body.
_ENDINGS = {
    "text/xml": ".xml", "application/xml": ".xml", "application/rss+xml": ".xml",
    "application/atom+xml": ".xml", "text/csv": ".csv", "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".jsonl", "application/jsonl": ".jsonl", "application/gzip": ".feed",
    "text/plain": ".txt", "application/octet-stream": ".feed",
}  # fmt: skip
_JSON = "application/json"
_MAX_ADDRESS_BODY = 10_000
_FEED = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"$ref": "#/components/schemas/FeedAddress"}},
            "text/tab-separated-values": {
                "schema": {"type": "string"},
                "example": "id\ttitle\timage_link\nmug-navy\tNavy mug\thttps://shop.example/1.jpg\n",
            },
            **dict.fromkeys(("text/xml", "text/csv", "application/x-ndjson"), _FEED),
        },
    }
}


@router.put("/v1/catalogs/{name}", responses=problems(400, 415, 502), openapi_extra=_BODY)
async def put_catalog(
    name: CatalogName,
    request: Request,
    caller: Writer,
    parts: WithParts,
    complete: Annotated[
        bool, Query(description="Whether offers that the feed lacks are gone.")
    ] = True,
) -> CatalogBody:
    """Bring a catalogue up to a feed: all of it, or nothing when the feed cannot be read.

    The body is the feed (XML, TSV, CSV or JSON lines, gzipped or not; its content-type says
    which), or `{"url": ...}`. Only what changed is touched. Creatives whose photo no offer shows
    any more are retired, with callbacks.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON and kind not in _ENDINGS:
        raise ProblemError(415, f"Send {_JSON}, {', '.join(sorted(_ENDINGS))}.")
    with tempfile.TemporaryDirectory(prefix="kirakat-feed-") as folder:
        if kind == _JSON:
            url = await _address(request)
            target = Path(folder) / "feed.fetched"
            return await run_in_threadpool(
                _from_address, parts, caller.merchant_id, name, url, target, complete
            )
        target = Path(folder) / f"feed{_ENDINGS[kind]}"
        await _save(request.stream(), target)
        return await run_in_threadpool(
            _sync, parts, target, caller.merchant_id, name, complete, "", ""
        )


async def _address(request: Request) -> str:
    body = await request.body()
    if len(body) > _MAX_ADDRESS_BODY:
        raise ProblemError(413, "The body is too large for an address.")
    try:
        return FeedAddress.model_validate_json(body).url
    except ValidationError as error:
        raise ProblemError(422, 'Send {"url": "https://..."}.') from error


async def _save(pieces: AsyncIterator[bytes], target: Path) -> None:
    with target.open("wb") as file:
        async for piece in pieces:
            await run_in_threadpool(file.write, piece)


def _from_address(
    parts: Parts, merchant_id: str, name: str, url: str, target: Path, complete: bool
) -> CatalogBody:
    known = _known(parts.database, merchant_id, name)
    settings = parts.settings
    fetched = fetch_feed(
        url,
        target,
        etag=known.etag if known and known.source_url == url else "",
        max_bytes=_limit(parts),
        timeout=settings.fetch_timeout,
        allow_private_addresses=settings.allow_private_addresses,
    )
    if known and not fetched.is_new:
        return CatalogBody(
            name=name, revision=known.revision, new=0, changed=0, removed=0, unchanged=0,
            rejected=0, first_rejections=[], retired_creatives=0,
        )  # fmt: skip
    path = target.rename(target.with_name(f"feed{_ENDINGS.get(fetched.media_type, '.feed')}"))
    return _sync(parts, path, merchant_id, name, complete, url, fetched.etag)


def _known(database: Database, merchant_id: str, name: str) -> CatalogRecord | None:
    try:
        with database.reading() as connection:
            return get_catalog(connection, merchant_id, name)
    except NotFoundError:
        return None


def _sync(
    parts: Parts, path: Path, merchant_id: str, name: str, complete: bool, url: str, etag: str
) -> CatalogBody:
    try:
        feed = unpack_feed(path, max_bytes=_limit(parts))
    except FeedTooLargeError as error:
        raise ProblemError(413, str(error)) from error
    synced = sync_feed(
        parts.database, feed, merchant_id=merchant_id, catalog=name, complete=complete,
        source_url=url, etag=etag, clock=parts.clock,
    )  # fmt: skip
    parts.plans.note_revisions({(merchant_id, name): synced.changes.revision})
    for key in synced.retired:
        parts.creatives.drop(key)
    return _body(name, synced)


def _limit(parts: Parts) -> int:
    return int(parts.settings.feed_max_megabytes * 1e6)


def _body(name: str, synced: Synced) -> CatalogBody:
    changes = synced.changes
    return CatalogBody(
        name=name,
        revision=changes.revision,
        new=len(changes.new),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unchanged=changes.unchanged,
        rejected=synced.rejected,
        first_rejections=[
            RejectedRow(offer_id=one.offer_id, line=one.line, field=one.field, reason=one.reason)
            for one in synced.first_rejections
        ],
        retired_creatives=len(synced.retired),
    )
