"""How far renders are, without their inputs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from kirakat.store.bulk import in_chunks
from kirakat.store.states import RenderState
from kirakat.store.tables import renders

ENDED: tuple[RenderState, ...] = ("done", "dead", "cancelled")


def states_of(connection: Connection, render_ids: Sequence[str]) -> dict[str, RenderState]:
    """The state of each render that is known, by its id."""
    found: dict[str, RenderState] = {}
    for part in in_chunks(render_ids):
        statement = select(renders.c.render_id, renders.c.state).where(
            renders.c.render_id.in_(part)
        )
        found.update({row.render_id: row.state for row in connection.execute(statement)})
    return found


def unfinished_renders(connection: Connection, merchant_id: str) -> list[str]:
    """A merchant's renders that have not ended, the most wanted first."""
    statement = (
        select(renders.c.render_id)
        .where(renders.c.merchant_id == merchant_id, renders.c.state.not_in(ENDED))
        .order_by(renders.c.lane.desc(), renders.c.asked.desc(), renders.c.created_at)
    )
    return list(connection.execute(statement).scalars())
