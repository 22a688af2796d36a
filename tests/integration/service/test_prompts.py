"""A merchant's prompts: what is entered, paused or planned changes what is shown, at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from kirakat.clock import SystemClock
from kirakat.prompts.pool import load_pools
from kirakat.service.plans import AUTO, PlanId
from kirakat.store.merchants import read_epoch
from kirakat.store.prompt_rows import (
    pause_prompt,
    prompt_history,
    put_prompts,
    resume_prompt,
    retire_prompt,
    schedule_prompt,
)
from kirakat.store.tables import creatives
from kirakat.types import Prompt
from tests.integration.service.case import Case, eventually

_POOL = load_pools().for_category("kitchen")
_FIRST = _POOL[0]
_NEWER = replace(_FIRST, version=9, template="{title} on a cloud")
_ADDED = replace(_FIRST, prompt_id="kitchen-moon", version=1, template="{title} on the moon")


def _arms(case: Case, offer: str = "mug-0") -> list[str]:
    """The arms that may be shown for an offer, as the service remembers them."""
    case.resolve(offer)
    plan_id = PlanId("shop", "default", offer, "300x250", "generated", AUTO)
    plan = case.parts.plans.get_stale(plan_id)
    return sorted(plan.arms) if plan else []


def _write(case: Case, change: Callable[[Connection], object]) -> None:
    with case.parts.database.writing() as connection:
        change(connection)


def _put(case: Case, *prompts: Prompt) -> None:
    _write(case, lambda c: put_prompts(c, "shop", prompts, now=SystemClock().now()))


def test_shipped_prompts_are_the_arms_at_first(case: Case) -> None:
    """Otherwise a merchant without prompts of its own gets no backgrounds."""
    assert _arms(case) == sorted(prompt.arm for prompt in _POOL)


def test_a_new_version_replaces_the_older_one_within_seconds(case: Case) -> None:
    """Otherwise an edited prompt is drawn after a restart only."""
    assert _FIRST.arm in _arms(case)
    _put(case, _NEWER)
    eventually(lambda: _NEWER.arm in _arms(case))
    assert _FIRST.arm not in _arms(case)


def test_a_new_prompt_becomes_an_arm_and_is_asked_for_by_name(case: Case) -> None:
    """Otherwise a merchant's own prompt is never made."""
    _put(case, _ADDED)
    eventually(lambda: _ADDED.arm in _arms(case))
    (item,) = case.resolve("mug-1", prompt=_ADDED.prompt_id)
    assert item["status"] == "pending"
    case.flush()
    with case.parts.database.reading() as connection:
        assert _ADDED.arm in {row.arm for row in connection.execute(creatives.select())}


def test_a_paused_prompt_is_no_arm_until_it_is_resumed(case: Case) -> None:
    """Otherwise a background that offends stays in the ads until the next release."""
    _put(case, _FIRST)
    _write(case, lambda c: pause_prompt(c, "shop", _FIRST.prompt_id))
    eventually(lambda: _FIRST.arm not in _arms(case))
    (item,) = case.resolve("mug-2", prompt=_FIRST.prompt_id)
    assert (item["status"], "no prompt" in item["reason"]) == ("unavailable", True)
    _write(case, lambda c: resume_prompt(c, "shop", _FIRST.prompt_id))
    eventually(lambda: _FIRST.arm in _arms(case))


def test_a_window_opens_and_closes_by_itself(case: Case) -> None:
    """Otherwise somebody has to be awake when a season begins."""
    now = SystemClock().now()
    _put(case, _NEWER)
    _write(
        case,
        lambda c: schedule_prompt(
            c, "shop", _NEWER.prompt_id, 9, paused=False,
            starts_at=now + timedelta(seconds=2), ends_at=now + timedelta(seconds=5),
        ),
    )  # fmt: skip
    assert _NEWER.arm not in _arms(case)
    eventually(lambda: _NEWER.arm in _arms(case))
    eventually(lambda: _FIRST.arm in _arms(case))


def test_one_merchants_prompts_are_nobody_elses(case: Case) -> None:
    """Otherwise a competitor's texts appear in a shop's ads."""
    other = case.key("other")
    _put(case, _ADDED)
    answer = case.ask("GET", "/v1/prompts", token=other)
    assert _ADDED.arm not in {item["arm"] for item in answer.json()["prompts"]}


def test_the_prompts_that_hold_are_listed(case: Case) -> None:
    """Otherwise nobody can tell what the service draws from."""
    _put(case, _NEWER, _ADDED)
    answer = case.ask("GET", "/v1/prompts?category=kitchen")
    arms = [item["arm"] for item in answer.json()["prompts"]]
    assert arms == [_NEWER.arm, *(prompt.arm for prompt in _POOL[1:]), _ADDED.arm]


def test_generations_take_a_merchants_prompt_at_once(case: Case) -> None:
    """Otherwise a preview of a new prompt needs a wait."""
    _put(case, _ADDED)
    body = {"offer_id": "mug-0", "placement": "300x250", "prompt": _ADDED.prompt_id}
    assert case.ask("POST", "/v1/generations", json=body).status_code == 202


def test_a_retired_prompt_comes_back_with_a_new_version_only(case: Case) -> None:
    """Otherwise what was given up for good is resumed by accident."""
    _put(case, _FIRST)
    _write(case, lambda c: retire_prompt(c, "shop", _FIRST.prompt_id, now=SystemClock().now()))
    _write(case, lambda c: resume_prompt(c, "shop", _FIRST.prompt_id))
    eventually(lambda: _FIRST.arm not in _arms(case))
    _put(case, _NEWER)
    eventually(lambda: _NEWER.arm in _arms(case))


def test_history_and_refusals_tell_what_was_said_when(case: Case) -> None:
    """Otherwise an edit under an old number passes unnoticed."""
    _put(case, _FIRST, _NEWER)
    with case.parts.database.writing() as connection:
        before = read_epoch(connection, "shop")
        done = put_prompts(
            connection, "shop", [replace(_NEWER, template="other")], now=SystemClock().now()
        )
        assert (done.new, done.refused) == ((), (_NEWER.arm,))
        assert read_epoch(connection, "shop") > before
        history = prompt_history(connection, "shop", _FIRST.prompt_id)
    assert [row.prompt.version for row in history] == [_FIRST.version, 9]
