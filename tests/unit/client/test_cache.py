"""The cache of ready creatives: bounded, dated, right after whatever order of callbacks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kirakat.client import ChangePage, CreativeCache, CreativeEvent
from tests.unit.client.events import make_event


@dataclass
class Feed:
    """A change feed in memory, in pages of two."""

    events: list[CreativeEvent] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def changes(self, since: int) -> ChangePage:
        """What came after `since`."""
        self.asked.append(since)
        later = [event for event in self.events if event.change > since]
        page = later[:2]
        return ChangePage(
            changes=tuple(page),
            next=page[-1].change if page else since,
            more=len(later) > len(page),
        )


@pytest.fixture
def history() -> list[CreativeEvent]:
    """Two creatives become ready; the first is retired and made again."""
    return [
        make_event("creative.ready", "a", sequence=1, change=10),
        make_event("creative.ready", "b", sequence=2, change=20),
        make_event("creative.retired", "a", sequence=3, change=30),
        make_event("creative.ready", "a", sequence=4, change=40, revision=2),
    ]


def test_ready_is_kept(history: list[CreativeEvent]) -> None:
    """If it were not, the cache would be empty."""
    cache = CreativeCache()
    cache.apply(history[:1])
    assert cache.url("a") == history[0].image_url


@pytest.mark.parametrize("kind", ["creative.retired", "creative.rejected"])
def test_retired_and_rejected_are_dropped(kind: str) -> None:
    """If they were not, a picture that a person stopped would go on being shown."""
    cache = CreativeCache()
    cache.apply([make_event("creative.ready", "a", sequence=1, change=1)])
    cache.apply([make_event(kind, "a", sequence=2, change=2)])  # type: ignore[arg-type]
    assert cache.url("a") is None


def test_an_overtaken_ready_does_not_come_back(history: list[CreativeEvent]) -> None:
    """If it did, a retry that arrives hours late would bring a retired picture back."""
    cache = CreativeCache()
    cache.apply([history[2], history[0]])
    assert cache.url("a") is None


def test_an_overtaken_retirement_drops_nothing_newer(history: list[CreativeEvent]) -> None:
    """If it did, a creative made again would be lost to the cache."""
    cache = CreativeCache()
    cache.apply([history[3], history[2]])
    assert cache.url("a") == history[3].image_url


def test_entries_end_after_their_time(history: list[CreativeEvent]) -> None:
    """If they did not, a retirement that never arrived would never take effect."""
    now = [0.0]
    cache = CreativeCache(ttl=60.0, monotonic=lambda: now[0])
    cache.apply(history[:1])
    now[0] = 60.0
    assert cache.url("a") is None


def test_the_least_used_goes_first() -> None:
    """If the cache grew without end, it would take the recommender down."""
    cache = CreativeCache(size=2)
    cache.apply(
        [make_event("creative.ready", key, sequence=1, change=n + 1) for n, key in enumerate("ab")]
    )
    cache.url("a")
    cache.put("c", "https://images.example/c", mark=cache.mark())
    assert [cache.url(key) is not None for key in "abc"] == [True, False, True]


def test_an_answer_older_than_a_retirement_is_not_kept(history: list[CreativeEvent]) -> None:
    """If it were, a request in flight would bring a retired picture back."""
    cache = CreativeCache()
    mark = cache.mark()
    cache.apply([history[2]])
    assert not cache.put("a", "https://images.example/old", mark=mark)
    assert cache.url("a") is None


def test_an_answer_is_not_kept_over_what_may_have_been_forgotten() -> None:
    """If it were, a small cache would forget a retirement and show the picture again."""
    cache = CreativeCache(size=1)
    mark = cache.mark()
    cache.apply(
        [make_event("creative.retired", key, sequence=n, change=n) for n, key in enumerate("ab", 1)]
    )
    assert not cache.put("a", "https://images.example/a", mark=mark)


def test_a_forgotten_retirement_still_holds() -> None:
    """If it did not, an older ready event would bring the picture back once it was forgotten."""
    cache = CreativeCache(size=1)
    cache.apply([make_event("creative.retired", "a", sequence=5, change=50)])
    cache.apply([make_event("creative.ready", "b", sequence=6, change=60)])
    cache.apply([make_event("creative.retired", "a", sequence=3, change=30)])
    cache.apply([make_event("creative.ready", "a", sequence=4, change=40)])
    assert cache.url("a") is None


def test_a_lost_callback_is_healed(history: list[CreativeEvent]) -> None:
    """If it were not, a retirement that was lost would be noticed only when the entry ends."""
    cache, feed = CreativeCache(patience=0.0), Feed(history[:2])
    cache.heal(feed.changes)
    cache.apply([history[3]])
    feed.events = history
    assert cache.needs_healing()
    cache.heal(feed.changes)
    assert not cache.needs_healing()
    assert (cache.url("a"), cache.cursor) == (history[3].image_url, 40)


def test_in_order_nothing_needs_healing(history: list[CreativeEvent]) -> None:
    """If it did, every callback would cost a request to the feed."""
    cache = CreativeCache(patience=0.0)
    cache.apply(history[:1])
    cache.heal(Feed(history[:1]).changes)
    cache.apply(history[1:])
    assert (cache.needs_healing(), cache.cursor) == (False, 40)


def test_a_callback_overtaken_for_a_moment_is_waited_for(history: list[CreativeEvent]) -> None:
    """If it were not, ordinary reordering would cause a storm of requests."""
    now = [0.0]
    cache = CreativeCache(patience=5.0, monotonic=lambda: now[0])
    cache.apply(history[:1])
    cache.heal(Feed(history[:1]).changes)
    cache.apply([history[2]])
    now[0] = 4.0
    waited = cache.needs_healing()
    now[0] = 5.0
    assert (waited, cache.needs_healing()) == (False, True)


def test_healing_goes_on_where_it_was(history: list[CreativeEvent]) -> None:
    """If it began anew, each gap would read the whole history."""
    feed = Feed(history[:2])
    cache = CreativeCache()
    cache.heal(feed.changes)
    feed.events, feed.asked = history, []
    cache.heal(feed.changes)
    assert feed.asked == [20]


def test_an_endpoint_made_anew_is_noticed() -> None:
    """If it were not, its first callbacks could be lost without anybody seeing."""
    cache = CreativeCache(patience=0.0)
    old = [make_event("creative.ready", "a", sequence=n, change=n) for n in (1, 2, 3)]
    cache.apply(old)
    cache.heal(Feed(old).changes)
    cache.apply([make_event("creative.ready", "b", sequence=2, change=9)])
    assert cache.needs_healing()


def test_a_page_that_leads_nowhere_ends_the_reading() -> None:
    """If it did not, a faulty service would be asked without end."""
    cache = CreativeCache(cursor=7)
    assert cache.heal(lambda _: ChangePage(changes=(), next=7, more=True)) == 0
