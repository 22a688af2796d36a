"""Read the body of `POST /v1/creatives:resolve`; by hand, since every page view waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import orjson

from kirakat.service.plans import AUTO, PlanId
from kirakat.service.problems import ProblemError
from kirakat.service.read_placement import defaults_problem, placement_problem, placement_text
from kirakat.types import Treatment

MAX_ITEMS = 100
MAX_TEXT = 200
_TREATMENTS = frozenset(get_args(Treatment))
_FIELDS = frozenset({"offer_id", "placement", "treatment", "prompt", "position"})
_BODY_FIELDS = frozenset({"catalog", "placement_defaults", "items", "context", "user"})
_MAX_ERRORS = 20


class ResolveRequest(NamedTuple):
    """What is asked for."""

    items: tuple[PlanId, ...]
    # Place in the widget of each item.
    positions: tuple[int | None, ...]
    context: Mapping[str, Any]
    user: str


def read_resolve(body: bytes, merchant_id: str) -> ResolveRequest:
    """The request. Raises `ProblemError` 400 naming the fields, and 413 above 100 items."""
    value = read_object(body)
    errors: list[dict[str, str]] = []
    catalog = value.get("catalog", "default")
    defaults = value.get("placement_defaults") or {}
    context, user = value.get("context") or {}, value.get("user") or ""
    _check_frame(value, errors)
    items = value.get("items")
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        raise ProblemError(413, f"More than {MAX_ITEMS} items in one request.")
    if not isinstance(items, list) or not items:
        errors.append(_error("items", f"is a list of 1 to {MAX_ITEMS} items"))
        items = []
    for index, item in enumerate(items):
        problem = item_problem(item)
        if problem:
            errors.append(_error(f"items[{index}].{problem[0]}", problem[1]))
    if errors:
        raise ProblemError(400, "The body is not well-formed.", errors=errors[:_MAX_ERRORS])
    return ResolveRequest(
        items=tuple(plan_id_of(item, merchant_id, catalog, defaults) for item in items),
        positions=tuple(item.get("position") for item in items),
        context=context,
        user=user,
    )


def read_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises `ProblemError` 400 when it is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"The body is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ProblemError(400, "The body is no JSON object.")
    return value


def item_problem(item: object) -> tuple[str, str] | None:
    """Field and fault of an item that is not well-formed."""
    if not isinstance(item, dict):
        return "", "is an object"
    if not _FIELDS.issuperset(item):
        return sorted(set(item) - _FIELDS)[0][:40], "is no field of an item"
    if not _is_text(item.get("offer_id")):
        return "offer_id", f"is a text of 1 to {MAX_TEXT} characters"
    placement = item.get("placement")
    problem = placement_problem(placement)
    if problem:
        return "placement", problem
    treatment = item.get("treatment", "generated")
    if type(treatment) is not str or treatment not in _TREATMENTS:
        return "treatment", f"is one of {', '.join(sorted(_TREATMENTS))}"
    if not _is_text(item.get("prompt", AUTO)):
        return "prompt", f"is a text of 1 to {MAX_TEXT} characters"
    position = item.get("position")
    if position is not None and not (type(position) is int and 0 <= position < 10_000):
        return "position", "is a whole number from 0"
    return None


def plan_id_of(
    item: Mapping[str, Any], merchant_id: str, catalog: str, defaults: Mapping[str, Any]
) -> PlanId:
    """What a well-formed item depends on."""
    placement = item["placement"]
    if type(placement) is not str:
        placement = placement_text(placement, defaults)
    return PlanId(
        merchant_id, catalog, item["offer_id"], placement,
        item.get("treatment", "generated"), item.get("prompt", AUTO),
    )  # fmt: skip


def _check_frame(value: Mapping[str, Any], errors: list[dict[str, str]]) -> None:
    for name in sorted(set(value) - _BODY_FIELDS)[:3]:
        errors.append(_error(name[:40], "is no field of the request"))
    if not _is_text(value.get("catalog", "default")):
        errors.append(_error("catalog", f"is a text of 1 to {MAX_TEXT} characters"))
    if value.get("placement_defaults") is not None:
        problem = defaults_problem(value["placement_defaults"])
        if problem:
            errors.append(_error("placement_defaults", problem))
    if not isinstance(value.get("context") or {}, dict):
        errors.append(_error("context", "is an object"))
    user = value.get("user")
    if user is not None and not (user == "" or _is_text(user)):
        errors.append(_error("user", f"is a text of at most {MAX_TEXT} characters"))


def _is_text(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_TEXT and "\x00" not in value


def _error(field: str, message: str) -> dict[str, str]:
    return {"field": field.removesuffix("."), "message": message}
