"""Names that the two ends of the queue share.

A ticket is a durable DBOS workflow that says "renders are due". The worker that takes it claims
the most urgent renders of the database, batch after batch, until none is due; those need not be
the ones that it was issued for. So priorities are those of the rows at the moment of the claim,
and a catalogue of a million renders costs a few dozen tickets. A worker takes one at a time:
the others wake those that are idle. Tickets that are left when nothing is due are withdrawn
(`engine.worker.work_ticket`); what is due without a ticket is found by idle workers at their
next heartbeat (`engine.worker.keeper`).
"""

from __future__ import annotations

APPLICATION = "kirakat"
QUEUE = "kirakat-renders"
WORKFLOW = "kirakat-render"
# Pinned: tickets carry nothing but their id, so workers of every release understand them.
PROTOCOL = "1"
# Tickets for a call of `enqueue`: enough to wake every worker that it can keep busy.
JOBS_A_TICKET = 16
MOST_TICKETS = 64
# The schema of DBOS' tables on PostgreSQL.
SCHEMA = "dbos"


def ticket_id(render_id: str, round_: int, suffix: str = "") -> str:
    """The id of the ticket for a round of a render, or of a later one for the same round."""
    return f"{render_id}:{round_}:{suffix}" if suffix else f"{render_id}:{round_}"
