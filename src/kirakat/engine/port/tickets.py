"""Names that the two ends of the queue share.

A ticket is a durable DBOS workflow that says "compute one more render". Whoever runs it claims
the most urgent render of the database, which need not be the one that it was issued for. So
priorities are those of the rows at the moment of the claim, and the queue itself only has to
hold at least as many tickets as there are renders. One ticket too many finds nothing and ends;
one too few is noticed by idle workers, who issue it again (`engine.worker.top_up`).
"""

from __future__ import annotations

APPLICATION = "kirakat"
QUEUE = "kirakat-renders"
WORKFLOW = "kirakat-render"
# Pinned: tickets carry nothing but their id, so workers of every release understand them.
PROTOCOL = "1"
# The schema of DBOS' tables on PostgreSQL.
SCHEMA = "dbos"


def ticket_id(render_id: str, round_: int, suffix: str = "") -> str:
    """The id of the ticket for a round of a render, or of a later one for the same round."""
    return f"{render_id}:{round_}:{suffix}" if suffix else f"{render_id}:{round_}"
