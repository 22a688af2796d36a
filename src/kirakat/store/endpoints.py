"""Where merchants are called back, and the secrets that sign what they get."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record, insert_all
from kirakat.store.records import Endpoint
from kirakat.store.tables import callbacks, endpoints


def create_endpoint(
    connection: Connection, merchant_id: str, url: str, *, now: datetime
) -> Endpoint:
    """Enter an address with a fresh secret; whether it may be called is the sender's matter."""
    row = {
        "endpoint_id": f"ep_{secrets.token_hex(8)}",
        "merchant_id": merchant_id,
        "url": url,
        "secret": _new_secret(),
        "created_at": now,
    }
    insert_all(connection, endpoints, [row])
    return get_endpoint(connection, merchant_id, row["endpoint_id"])  # type: ignore[arg-type]


def get_endpoint(connection: Connection, merchant_id: str, endpoint_id: str) -> Endpoint:
    """One endpoint; raises `NotFoundError`."""
    row = connection.execute(
        select(endpoints).where(
            endpoints.c.endpoint_id == endpoint_id, endpoints.c.merchant_id == merchant_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no endpoint {endpoint_id}", endpoint_id=endpoint_id)
    return as_record(Endpoint, row)


def list_endpoints(connection: Connection, merchant_id: str) -> list[Endpoint]:
    """A merchant's endpoints, oldest first."""
    statement = (
        select(endpoints)
        .where(endpoints.c.merchant_id == merchant_id)
        .order_by(endpoints.c.created_at, endpoints.c.endpoint_id)
    )
    return [as_record(Endpoint, row) for row in connection.execute(statement)]


def rotate_secret(
    connection: Connection, merchant_id: str, endpoint_id: str, *, old_until: datetime
) -> Endpoint:
    """Give an endpoint a new secret; messages are signed with both until `old_until`."""
    before = get_endpoint(connection, merchant_id, endpoint_id)
    _set(
        connection, endpoint_id,
        secret=_new_secret(), old_secret=before.secret, old_until=old_until,
    )  # fmt: skip
    return get_endpoint(connection, merchant_id, endpoint_id)


def disable_endpoint(
    connection: Connection, merchant_id: str, endpoint_id: str, *, reason: str, now: datetime
) -> None:
    """Call an endpoint no more; its waiting callbacks are kept as disabled, to be replayed."""
    get_endpoint(connection, merchant_id, endpoint_id)
    _set(connection, endpoint_id, enabled=False, reason=reason)
    connection.execute(
        update(callbacks)
        .where(callbacks.c.endpoint_id == endpoint_id)
        .where(callbacks.c.state.in_(("pending", "failed")))
        .values(state="disabled", updated_at=now)
    )


def enable_endpoint(connection: Connection, merchant_id: str, endpoint_id: str) -> None:
    """Call an endpoint again from now on (`replay_callbacks` sends what it missed)."""
    get_endpoint(connection, merchant_id, endpoint_id)
    _set(connection, endpoint_id, enabled=True, reason="")


def _set(connection: Connection, endpoint_id: str, **values: object) -> None:
    connection.execute(
        update(endpoints).where(endpoints.c.endpoint_id == endpoint_id).values(**values)
    )


def _new_secret() -> str:
    """192 random bits in Standard Webhooks' form."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
