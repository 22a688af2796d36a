"""`POST /v1/generations`: have one creative made without showing anything."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from kirakat import tracing
from kirakat.bandit.draw import uniform_draw
from kirakat.service.operations import operation_body
from kirakat.service.parts import Parts
from kirakat.service.plans import Candidate, Plan, ask_of, build_plan
from kirakat.service.problems import ProblemError
from kirakat.service.request_making import request_making
from kirakat.service.resolve_request import plan_id_of
from kirakat.service.routes.deps import Asker, WithParts, problems
from kirakat.service.schemas import GenerationBody, OperationBody
from kirakat.store.creatives import get_creative
from kirakat.store.known_creatives import known_creatives, offers_of_catalog
from kirakat.store.merchants import ensure_merchant, read_epoch

router = APIRouter(tags=["creatives"])
# Seconds after which asking again makes sense.
_RETRY_AFTER = "5"


@router.post("/v1/generations", status_code=202, responses=problems(400, 404, 409))
def generate(
    body: GenerationBody, request: Request, response: Response, caller: Asker, parts: WithParts
) -> OperationBody:
    """Have one creative made; one that was rejected, failed or was cancelled is made again.

    With the prompt `auto`, one of the prompts that are not ready yet is drawn.
    """
    plan = _plan(body, caller.merchant_id, parts)
    now = parts.clock.now()
    with parts.database.writing() as connection:
        ensure_merchant(connection, caller.merchant_id, now=now)
        # Not what a pool's policy may show instead.
        candidates = [item for item in plan.candidates if item.prompt or not plan.category]
        keys = [item.key for item in candidates]
        known = known_creatives(connection, caller.merchant_id, keys)
        ready = {key for key, item in known.items() if item.state == "ready"}
        missing = [item for item in candidates if item.key not in ready]
        candidate = _drawn(missing or candidates, request.state.request_id)
        ask = replace(ask_of(plan, candidate, parts.generation), trace=tracing.current())
        request_making(parts.engine, connection, [ask], {ask.key}, reason=None, now=now)
        creative = get_creative(connection, caller.merchant_id, ask.key)
    parts.creatives.drop(ask.key)
    response.headers["Location"] = f"/v1/operations/{ask.key}"
    response.headers["Retry-After"] = _RETRY_AFTER
    return operation_body(creative, parts)


def _plan(body: GenerationBody, merchant_id: str, parts: Parts) -> Plan:
    plan_id = plan_id_of(body.model_dump(exclude_none=True), merchant_id, body.catalog, {})
    with parts.database.reading() as connection:
        found = offers_of_catalog(connection, merchant_id, body.catalog, (body.offer_id,))
        epoch = read_epoch(connection, merchant_id)
        known = parts.pools.of(connection, merchant_id, epoch)
    plan = build_plan(
        plan_id, found.get(body.offer_id), parts.generation, known.pools, known.orders
    )
    if plan.offer is None:
        raise ProblemError(404, f"The catalogue {body.catalog} has no offer {body.offer_id}.")
    if plan.problem:
        raise ProblemError(422, plan.problem)
    if plan.frozen:
        raise ProblemError(409, plan.frozen)
    return plan


def _drawn(candidates: list[Candidate], request_id: str) -> Candidate:
    return candidates[int(uniform_draw("generate", request_id) * len(candidates))]
