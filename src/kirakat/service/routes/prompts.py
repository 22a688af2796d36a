"""`/v1/prompts`: the prompts that a merchant's offers may get at this moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from kirakat.service.routes.deps import PLAIN, Reader, WithParts, problems
from kirakat.service.schemas import PromptBody, PromptPage
from kirakat.store.merchants import read_epoch

router = APIRouter(tags=["catalogs"])


@router.get("/v1/prompts", responses=problems())
def prompts(
    caller: Reader,
    parts: WithParts,
    category: Annotated[
        str, Query(max_length=200, pattern=PLAIN, description="Only this category.")
    ] = "",
) -> PromptPage:
    """The pools: what ships with the service, overlaid by what was entered for the merchant.

    Paused prompts, and those outside their time, are left out.
    """
    with parts.database.reading() as connection:
        epoch = read_epoch(connection, caller.merchant_id)
        pools = parts.pools.of(connection, caller.merchant_id, epoch).pools
    return PromptPage(
        prompts=[
            PromptBody(
                prompt_id=item.prompt_id,
                version=item.version,
                arm=item.arm,
                category=item.category,
                template=item.template,
                negative=item.negative,
                tags=list(item.tags),
                why=item.why,
            )
            for item in pools
            if category in ("", item.category)
        ]
    )
