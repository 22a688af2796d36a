"""The OpenAPI description, held against what the service answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from kirakat.store.database import open_database
from kirakat.store.schema import upgrade
from tests.integration.service.case import Case, open_case

_CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
# Routes that do not speak JSON, or that wait for other machines.
_LEFT_OUT = ("/metrics", "/livez", "/i/{name}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A service for the whole module: its answers may depend on what was asked before."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('service')}/kirakat.db")
    upgrade(database)
    case = open_case(database, rate_limit=1e6)
    with case.client:
        case.put_feed()
        case.resolve("mug-0")
        case.make_ready()
        yield case


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_described_and_none_is_an_error_of_ours(
    running: Case, mode: GenerationMode
) -> None:
    """Otherwise generated clients break, and odd requests find crashes."""
    document = running.client.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document).exclude(path=list(_LEFT_OUT))
    tried = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        _try_out(result.ok(), running, mode)
        tried += 1
    assert tried >= 15


def _try_out(operation: Any, running: Case, mode: GenerationMode) -> None:
    @settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        token = running.token
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        request = case.as_transport_kwargs(base_url="http://testserver")
        answer = running.client.request(
            request["method"], request["url"], params=request.get("params"),
            headers=dict(request["headers"]), json=request.get("json"),
            content=request.get("data"),
        )  # fmt: skip
        case.validate_response(schemathesis.Response.from_any(answer), checks=_CHECKS)

    with suppress(Unsatisfiable):
        # Where nothing can be got wrong, there is nothing to try.
        attempt()


def test_every_route_has_a_summary_and_an_example_of_its_body(running: Case) -> None:
    """Otherwise the description tells machines only."""
    paths = running.client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
    resolve = paths["/v1/creatives:resolve"]["post"]
    assert resolve["requestBody"]["content"]["application/json"]["example"]


def test_the_examples_are_true(running: Case) -> None:
    """Otherwise the first thing that a reader tries fails."""
    paths = running.client.get("/openapi.json").json()["paths"]
    operation = paths["/v1/creatives:resolve"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["example"]
    answer = running.ask("POST", "/v1/creatives:resolve", json=body)
    assert answer.status_code == 200
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert set(answer.json()["items"][0]) == set(shown["items"][0])
