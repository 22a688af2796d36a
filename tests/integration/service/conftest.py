"""Fixtures of the service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kirakat.store.database import Database
from tests.integration.service.case import Case, open_case


@pytest.fixture
def case(database: Database) -> Iterator[Case]:
    """A running service with one catalogue of three mugs."""
    opened = open_case(database)
    with opened.client:
        assert opened.put_feed().status_code == 200
        yield opened
