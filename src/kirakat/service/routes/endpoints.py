"""`/v1/endpoints`: where a merchant is called back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response

from kirakat.service.callback_address import check_callback_address
from kirakat.service.problems import ProblemError
from kirakat.service.routes.deps import CallbackKeeper, WithParts, problems
from kirakat.service.schemas import (
    EndpointBody,
    EndpointChange,
    EndpointList,
    EndpointSecret,
    NewEndpoint,
    Rotation,
)
from kirakat.store.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    rotate_secret,
)
from kirakat.store.merchants import ensure_merchant
from kirakat.store.records import Endpoint
from kirakat.store.remove_endpoint import remove_endpoint

router = APIRouter(tags=["callbacks"])
EndpointId = Annotated[str, Path(pattern="^ep_[0-9a-f]{16}$", examples=["ep_0123456789abcdef"])]
_MAX_ENDPOINTS = 20


@router.post("/v1/endpoints", status_code=201, responses=problems(400))
def create(
    body: NewEndpoint, response: Response, caller: CallbackKeeper, parts: WithParts
) -> EndpointSecret:
    """Enter an address; the answer tells its secret, this once."""
    check_callback_address(body.url, allow_private_addresses=parts.settings.allow_private_addresses)
    now = parts.clock.now()
    with parts.database.writing() as connection:
        ensure_merchant(connection, caller.merchant_id, now=now)
        if len(list_endpoints(connection, caller.merchant_id)) >= _MAX_ENDPOINTS:
            raise ProblemError(422, f"There are {_MAX_ENDPOINTS} endpoints already.")
        endpoint = create_endpoint(connection, caller.merchant_id, body.url, now=now)
    response.headers["Location"] = f"/v1/endpoints/{endpoint.endpoint_id}"
    return _with_secret(endpoint)


@router.get("/v1/endpoints", responses=problems())
def list_all(caller: CallbackKeeper, parts: WithParts) -> EndpointList:
    """All endpoints, oldest first, without their secrets."""
    with parts.database.reading() as connection:
        found = list_endpoints(connection, caller.merchant_id)
    return EndpointList(endpoints=[_body(item) for item in found])


@router.get("/v1/endpoints/{endpoint_id}", responses=problems(404))
def get(endpoint_id: EndpointId, caller: CallbackKeeper, parts: WithParts) -> EndpointBody:
    """One endpoint, without its secret."""
    with parts.database.reading() as connection:
        return _body(get_endpoint(connection, caller.merchant_id, endpoint_id))


@router.patch("/v1/endpoints/{endpoint_id}", responses=problems(400, 404))
def change(
    endpoint_id: EndpointId, body: EndpointChange, caller: CallbackKeeper, parts: WithParts
) -> EndpointBody:
    """Stop calling an endpoint, or call it again; `callbacks:replay` sends what it missed."""
    with parts.database.writing() as connection:
        if body.enabled:
            enable_endpoint(connection, caller.merchant_id, endpoint_id)
        else:
            disable_endpoint(
                connection, caller.merchant_id, endpoint_id, reason="disabled by the API",
                now=parts.clock.now(),
            )  # fmt: skip
        return _body(get_endpoint(connection, caller.merchant_id, endpoint_id))


@router.delete("/v1/endpoints/{endpoint_id}", status_code=204, responses=problems(404))
def remove(endpoint_id: EndpointId, caller: CallbackKeeper, parts: WithParts) -> None:
    """Forget an endpoint and all its callbacks."""
    with parts.database.writing() as connection:
        remove_endpoint(connection, caller.merchant_id, endpoint_id)


@router.post("/v1/endpoints/{endpoint_id}:rotateSecret", responses=problems(400, 404))
def rotate(
    endpoint_id: EndpointId, body: Rotation, caller: CallbackKeeper, parts: WithParts
) -> EndpointSecret:
    """A new secret, told this once; for `hours`, messages are signed with the old one as well."""
    until = parts.clock.now() + timedelta(hours=body.hours)
    with parts.database.writing() as connection:
        return _with_secret(
            rotate_secret(connection, caller.merchant_id, endpoint_id, old_until=until)
        )


def _with_secret(endpoint: Endpoint) -> EndpointSecret:
    return EndpointSecret(**_body(endpoint).model_dump(), secret=endpoint.secret)


def _body(endpoint: Endpoint) -> EndpointBody:
    return EndpointBody(
        endpoint_id=endpoint.endpoint_id,
        url=endpoint.url,
        enabled=endpoint.enabled,
        reason=endpoint.reason,
        old_secret_until=endpoint.old_until,
        created_at=endpoint.created_at,
    )
