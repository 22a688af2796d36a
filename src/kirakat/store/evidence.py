"""Pictures that a worker kept of how a creative was made and measured."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from kirakat.store.bulk import insert_missing
from kirakat.store.tables_review import evidence

# What a worker may keep, in the order of the steps.
STEPS = ("source", "mask", "edges", "scene", "generated")
# Grey pictures of the finished picture's size: the product's coverage, and where a measure failed.
OVERLAYS = ("coverage", "expansion", "halo")


def put_evidence(
    connection: Connection,
    merchant_id: str,
    key: str,
    revision: int,
    hashes: Mapping[str, str],
) -> None:
    """Note the blobs, by name, that show how a creative was made; what is there stays."""
    rows = [
        {
            "key": key,
            "revision": revision,
            "name": name,
            "merchant_id": merchant_id,
            "sha256": sha256,
        }
        for name, sha256 in sorted(hashes.items())
    ]
    insert_missing(connection, evidence, rows, evidence.c.name)


def read_evidence(
    connection: Connection, merchant_id: str, key: str, revision: int
) -> dict[str, str]:
    """The blobs' hashes by name; empty where the worker kept none."""
    statement = select(evidence.c.name, evidence.c.sha256).where(
        evidence.c.merchant_id == merchant_id,
        evidence.c.key == key,
        evidence.c.revision == revision,
    )
    return {row.name: row.sha256 for row in connection.execute(statement)}
