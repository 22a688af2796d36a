"""The small parts: buffers, limits, ranges, placements and addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kirakat.clock import FrozenClock
from kirakat.errors import SettingsError
from kirakat.imaging.placements import load_placements
from kirakat.prompts.pool import load_pools
from kirakat.service.demand import Demand
from kirakat.service.generation import Generation
from kirakat.service.images import read_range
from kirakat.service.lru import Lru
from kirakat.service.plans import Candidate, Plan
from kirakat.service.problems import ProblemError
from kirakat.service.rate_limit import RateLimit
from kirakat.service.read_placement import placement_problem, placement_text, read_placement
from kirakat.store.image_addresses import ImageAddresses
from kirakat.types import Placement
from tests.support.asks import RECIPE

_NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_least_recently_used_goes_first() -> None:
    """Otherwise a cache forgets what is asked for most."""
    table: Lru[str, int] = Lru(2)
    table.put("a", 1)
    table.put("b", 2)
    table.get("a")
    table.put("c", 3)
    assert (table.get("a"), table.get("b"), table.get("c")) == (1, None, 3)


def test_a_rate_refills_with_time() -> None:
    """Otherwise a caller that was too fast once is locked out for good."""
    clock = FrozenClock(at=_NOW)
    limit = RateLimit(1.0, clock)
    assert [limit.take("k") for _ in range(2)] == [0.0, 0.0]
    assert limit.take("k") > 0
    clock.advance(1.0)
    assert limit.take("k") == 0.0


def test_looking_at_a_rate_takes_nothing() -> None:
    """Otherwise good keys are counted as guesses."""
    limit = RateLimit(1.0, FrozenClock(at=_NOW))
    assert [limit.take("k", 0.0) for _ in range(9)] == [0.0] * 9


def test_demand_counts_and_keeps_its_bound() -> None:
    """Otherwise memory grows with every new offer, or hot ones do not come first."""
    demand = Demand(2, FrozenClock(at=_NOW))
    plan = Plan("o", None)
    taken = [demand.offer(plan, Candidate("a", key, None), revive=False) for key in "aabc"]
    assert taken == [True, True, True, False]
    assert [item.asked for item in demand.take(10)] == [2, 1]


def test_a_key_that_was_written_is_written_again_after_a_pause_only() -> None:
    """Otherwise every page view of a waiting picture is a write."""
    clock = FrozenClock(at=_NOW)
    demand, plan, one = Demand(9, clock), Plan("o", None), Candidate("a", "k", None)
    demand.offer(plan, one, revive=False)
    demand.written(demand.take(9))
    for _ in range(3):
        demand.offer(plan, one, revive=False)
    assert demand.take(9) == []
    clock.advance(6.0)
    demand.offer(plan, one, revive=False)
    assert [item.asked for item in demand.take(9)] == [4]


@pytest.mark.parametrize(
    ("text", "part"),
    [("bytes=0-0", (0, 1)), ("bytes=5-", (5, 10)), ("bytes=-3", (7, 10)), ("bytes=0-99", (0, 10)),
     ("bytes=3-1", None), ("bytes=0-1,3-4", None), ("lines=1-2", None), ("bytes=-", None)],
)  # fmt: skip
def test_ranges(text: str, part: tuple[int, int] | None) -> None:
    """Otherwise a download that is taken up again is garbage."""
    assert read_range(text, 10) == part


def test_bytes_beyond_the_end_are_refused() -> None:
    """Otherwise a client waits for what never comes."""
    with pytest.raises(ProblemError):
        read_range("bytes=10-", 10)


@pytest.mark.parametrize(
    "value",
    [7, None, [], "", "x" * 101, {}, {"width": 10, "height": 100}, {"width": 300.5, "height": 9},
     {"width": 300, "height": 250, "format": ["jpeg"]}, {"width": 300, "height": 250, "x": 1},
     {"width": True, "height": 250}, {"width": 300, "height": 250, "safe_area": {"left": 1.0}},
     {"width": 300, "height": 250, "safe_area": {"left": 0.6, "right": 0.5}}],
)  # fmt: skip
def test_what_is_no_placement_is_told(value: object) -> None:
    """Otherwise a wrong placement fails deep inside."""
    assert placement_problem(value)


def test_equal_placements_have_equal_texts() -> None:
    """Otherwise the order of fields makes another picture."""
    one = placement_text({"width": 640, "height": 400}, {"format": "webp"})
    other = placement_text({"format": "webp", "height": 400, "width": 640}, {})
    assert one == other
    assert read_placement(one, {}).format == "webp"


def test_a_placements_bucket_depends_on_nothing_else() -> None:
    """Otherwise the same picture is drawn once for every page that shows it."""
    made = Generation(
        recipe=RECIPE, native_size=512, pools=load_pools(), placements=load_placements()
    )
    alone = Placement(name="mine", width=301, height=251)
    first = made.bucket_of(alone)
    made.bucket_of(Placement(name="other", width=200, height=390))
    assert made.bucket_of(alone) == first
    assert made.bucket_of(Placement(name="square", width=99, height=99)) == "512x512"
    assert made.bucket_of(Placement(name="tile", width=728, height=90)) == ""


def test_signing_needs_a_secret() -> None:
    """Otherwise signatures can be made by anybody."""
    with pytest.raises(SettingsError):
        ImageAddresses(public_url="https://a.example", signed=frozenset({"shop"}), secret="x")  # noqa: S106


def test_a_signature_is_for_one_merchant_and_one_image() -> None:
    """Otherwise one signed address opens all others."""
    addresses = ImageAddresses(
        public_url="https://a.example", signed=frozenset({"*"}), secret="s" * 32
    )
    query = addresses.url("shop", "a" * 64, "jpeg", now=_NOW).partition("?e=")[2]
    expires, _, signature = query.partition("&s=")
    good = ("shop", "a" * 64, expires, signature)
    assert addresses.allows(*good, now=_NOW)
    assert not addresses.allows("rival", *good[1:], now=_NOW)
    assert not addresses.allows("shop", "b" * 64, expires, signature, now=_NOW)
    assert not addresses.allows(*good, now=datetime(2027, 1, 1, tzinfo=UTC))
