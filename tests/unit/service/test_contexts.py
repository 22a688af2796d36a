"""What policies are told of an impression."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kirakat.bandit.configuration import load_policies
from kirakat.service.contexts import Contexts, RequestContext
from kirakat.service.facts import price_of
from kirakat.service.metrics import Metrics
from kirakat.service.plans import PlanId, build_plan
from kirakat.service.shopper import Shopper, shopper_of
from kirakat.store.records import OfferRecord
from kirakat.types import Offer
from tests.integration.service.case import generation

AT = datetime(2026, 11, 21, 20, tzinfo=UTC)
SECRET = "s" * 32


def plan_of(prompt: str = "auto", placement: str = "300x250") -> Any:
    """A mug's plan."""
    offer = Offer(
        offer_id="mug", merchant_id="shop", title="Navy mug", image_link="https://a.example/m.jpg",
        price="12.90 EUR", attributes={"size": "small"},
    )  # fmt: skip
    record = OfferRecord(
        catalog="default", offer=offer, content_hash="", image_id="i", active=True, updated_at=AT
    )
    return build_plan(
        PlanId("shop", "default", "mug", placement, "generated", prompt), record, generation()
    )


def told(
    shopper: Shopper, position: int | None = 0, **context: Any
) -> tuple[dict[str, Any], list[list[float]]]:
    """What is stored raw, and the columns."""
    contexts = Contexts(load_policies(), Metrics())
    request = RequestContext(context, shopper, AT)
    features = contexts.features(plan_of(), request, position)
    assert features is not None
    return json.loads(features.storable_json), json.loads(features.columns_json)


def test_item_placement_position_and_moment_are_known_without_being_told() -> None:
    """If they were not, a recommender would have to send the catalogue along."""
    stored, columns = told(Shopper())
    assert stored["item.price"] == 12.9
    assert stored["placement.shape"] == "landscape"
    assert stored["widget.position"] == 1
    assert stored["context.daypart"] == "evening"
    assert columns[0] == [0, 1.0]


def test_the_shoppers_own_hour_goes_before_the_services() -> None:
    """If it did not, mornings in Tokyo would be nights in London."""
    assert told(Shopper(), hour=8)[0]["context.daypart"] == "morning"


def test_a_shoppers_features_count_and_are_not_stored() -> None:
    """If they did not count, nothing would be personal; if they were stored, too much."""
    stored, columns = told(Shopper("u", {"segment": "gift-hunters"}))
    without = told(Shopper("u"))[1]
    assert len(columns) == len(without) + 1
    assert "user.segment" not in stored


def test_where_the_caller_chose_there_is_no_context() -> None:
    """If there were, a policy would learn from what it did not decide."""
    contexts = Contexts(load_policies(), Metrics())
    request = RequestContext({}, Shopper(), AT)
    for plan in (plan_of(prompt="kitchen-wood-breakfast"), plan_of(placement="728x90")):
        assert plan.problem == ""
        assert contexts.features(plan, request, 0) is None
        assert len(contexts.facts(plan).arms) == 1


def test_gaps_are_counted() -> None:
    """If they were not, a renamed feature would go unnoticed for weeks."""
    metrics = Metrics()
    contexts = Contexts(load_policies(), metrics)
    request = RequestContext({"device": "fridge"}, Shopper(), AT)
    contexts.features(plan_of(), request, None)
    value = metrics.registry.get_sample_value
    assert value("kirakat_features_total", {"feature": "context.device", "kind": "unknown"}) == 1.0
    assert value("kirakat_features_total", {"feature": "user.segment", "kind": "missing"}) == 1.0


@pytest.mark.parametrize(
    ("text", "price"),
    [("19.99 EUR", 19.99), ("USD 1,299.00", 1299.0), ("1.299,5 EUR", 1299.5), ("1,299", 1299.0),
     ("", None), ("free", None), ("7", 7.0)],
)  # fmt: skip
def test_prices_are_read_as_feeds_write_them(text: str, price: float | None) -> None:
    """If they were not, a dear product would pass for a cheap one."""
    assert price_of(text) == price


@pytest.mark.parametrize(
    ("user", "has_unit", "consent", "features"),
    [(None, False, True, {}), ("ann", True, True, {}), ({"id": "ann"}, True, True, {}),
     ({"features": {"a": 1}}, False, True, {"a": 1}),
     ({"id": "ann", "consent": True, "features": {"a": 1}}, True, True, {"a": 1}),
     ({"id": "ann", "consent": False, "features": {"a": 1}}, False, False, {})],
)  # fmt: skip
def test_a_shopper_is_what_was_agreed_to(
    user: Any, has_unit: bool, consent: bool, features: dict[str, Any]
) -> None:
    """If it were more, consent would be a word."""
    shopper = shopper_of(SECRET, "shop", user)
    assert (bool(shopper.unit), shopper.consent, shopper.features) == (has_unit, consent, features)
    assert "ann" not in shopper.unit
