"""Every fault, one after another, in one run of two thousand keys on each database."""

from __future__ import annotations

import pytest

from tests.databases import PostgresServer
from tests.support.fault_course import PHASES, Course
from tests.support.fleet import Fleet
from tests.unit.webhooks.receiver import running_receiver


def test_every_fault_in_turn(fleet: Fleet, request: pytest.FixtureRequest) -> None:
    """If a key were lost, made twice or called back twice, production could not be trusted."""
    server: PostgresServer | None = None
    if not fleet.database.is_sqlite:
        server = request.getfixturevalue("postgresql")
    with running_receiver() as receiver:
        course = Course(fleet, 2000 // PHASES + 1, receiver, server, limit=120)
        course.run()
    assert course.asked >= 2000
    ends = course.rows[-1].ends
    assert ends["ready"] >= course.asked - 5, ends
