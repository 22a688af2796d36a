"""Forget an endpoint altogether."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from kirakat.store.endpoints import get_endpoint
from kirakat.store.tables import callbacks, endpoints


def remove_endpoint(connection: Connection, merchant_id: str, endpoint_id: str) -> None:
    """Remove an endpoint with all its callbacks; raises `NotFoundError`."""
    get_endpoint(connection, merchant_id, endpoint_id)
    connection.execute(delete(callbacks).where(callbacks.c.endpoint_id == endpoint_id))
    connection.execute(delete(endpoints).where(endpoints.c.endpoint_id == endpoint_id))
