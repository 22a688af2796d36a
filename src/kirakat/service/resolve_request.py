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
# Values of a context, or of a shopper, and numbers of one that is an embedding.
MAX_FEATURES = 100
MAX_EMBEDDING = 1_024
_TREATMENTS = frozenset(get_args(Treatment))
_FIELDS = frozenset({"offer_id", "placement", "treatment", "prompt", "position"})
_BODY_FIELDS = frozenset({"catalog", "placement_defaults", "items", "context", "user"})
_USER_FIELDS = frozenset({"id", "consent", "features"})
_MAX_ERRORS = 20


class ResolveRequest(NamedTuple):
    """What is asked for."""

    items: tuple[PlanId, ...]
    # Place in the widget of each item.
    positions: tuple[int | None, ...]
    context: Mapping[str, Any]
    # The shopper's id, or an object {id, consent, features}; None: nobody is named.
    user: str | Mapping[str, Any] | None


def read_resolve(body: bytes, merchant_id: str) -> ResolveRequest:
    """The request. Raises `ProblemError` 400 naming the fields, and 413 above 100 items."""
    value = read_object(body)
    errors: list[dict[str, str]] = []
    catalog = value.get("catalog", "default")
    defaults = value.get("placement_defaults") or {}
    context, user = value.get("context") or {}, value.get("user") or None
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
    problem = features_problem(value.get("context"))
    if problem:
        errors.append(_error("context", problem))
    _check_user(value.get("user"), errors)


def _check_user(user: object, errors: list[dict[str, str]]) -> None:
    if user is None or user == "" or _is_text(user):
        return
    if not isinstance(user, dict):
        errors.append(_error("user", f"is a text of at most {MAX_TEXT} characters, or an object"))
        return
    for name in sorted(set(user) - _USER_FIELDS)[:3]:
        errors.append(_error(f"user.{name[:40]}", "is no field of a user"))
    if not (user.get("id") in (None, "") or _is_text(user["id"])):
        errors.append(_error("user.id", f"is a text of at most {MAX_TEXT} characters"))
    if user.get("consent") not in (None, True, False) or type(user.get("consent")) is int:
        errors.append(_error("user.consent", "is true or false"))
    problem = features_problem(user.get("features"))
    if problem:
        errors.append(_error("user.features", problem))


def features_problem(value: object) -> str:
    """What is wrong with an object of features; empty when nothing is."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        return "is an object"
    if len(value) > MAX_FEATURES:
        return f"has more than {MAX_FEATURES} values"
    for name, one in value.items():
        if len(name) > MAX_TEXT or not _is_value(one):
            return f"has a value that is no number, short text or list of numbers: {name[:40]}"
    return ""


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, list):
        return len(value) <= MAX_EMBEDDING and all(type(one) in (int, float) for one in value)
    return value is None or isinstance(value, bool | int | float)


def _is_text(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_TEXT and "\x00" not in value


def _error(field: str, message: str) -> dict[str, str]:
    return {"field": field.removesuffix("."), "message": message}
