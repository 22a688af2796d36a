"""Mattes that people drew or chose, by source image: the last one holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from kirakat.store.bulk import as_record, insert_all
from kirakat.store.review_records import EditedMatte
from kirakat.store.tables_review import edited_mattes


def add_edited_matte(
    connection: Connection,
    merchant_id: str,
    image_id: str,
    *,
    sha256: str,
    model: str,
    actor: str,
    now: datetime,
) -> int:
    """Keep a matte whose blob is stored already; gives its number.

    Two people who save at the same moment: the second raises `StoreError`, and may try again.
    """
    highest = select(func.max(edited_mattes.c.number)).where(edited_mattes.c.image_id == image_id)
    number = (connection.execute(highest).scalar_one() or 0) + 1
    row = {
        "image_id": image_id,
        "number": number,
        "merchant_id": merchant_id,
        "sha256": sha256,
        "model": model,
        "actor": actor,
        "at": now,
    }
    insert_all(connection, edited_mattes, [row])
    return number


def list_edited_mattes(
    connection: Connection, merchant_id: str, image_id: str
) -> list[EditedMatte]:
    """The mattes of a source image, the one that holds first."""
    statement = (
        select(edited_mattes)
        .where(edited_mattes.c.merchant_id == merchant_id, edited_mattes.c.image_id == image_id)
        .order_by(edited_mattes.c.number.desc())
    )
    return [as_record(EditedMatte, row) for row in connection.execute(statement)]
