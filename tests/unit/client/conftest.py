"""A service for the client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.client.fake_service import FakeService, running_service


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def service() -> Iterator[FakeService]:
    """A service on this machine."""
    with running_service() as server:
        yield server
