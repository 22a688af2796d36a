"""Whatever is lost, doubled and reordered: after healing the cache says what is true."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from kirakat.client import ChangePage, CreativeCache, CreativeEvent
from tests.unit.client.events import make_event

KEYS = ("a", "b", "c")
# What happens next: to which key, and how far the feed's counter jumps.
STEPS = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(1, 5)), min_size=1, max_size=25)


@st.composite
def histories(draw: st.DrawFn) -> list[CreativeEvent]:
    """Keys become ready and are retired or rejected in turn, as the service's states allow."""
    steps = draw(STEPS)
    changes = accumulate(jump for _, jump in steps)
    made: dict[str, int] = {}
    events = []
    for number, ((key, _), change) in enumerate(zip(steps, changes, strict=True), 1):
        turn = made[key] = made.get(key, 0) + 1
        gone = draw(st.sampled_from(("creative.retired", "creative.rejected")))
        events.append(
            make_event(
                "creative.ready" if turn % 2 else gone,  # type: ignore[arg-type]
                key,
                sequence=number,
                change=change,
                revision=(turn + 1) // 2,
            )
        )
    return events


def _feed(history: Sequence[CreativeEvent], since: int) -> ChangePage:
    later = [event for event in history if event.change > since]
    page = later[:3]
    return ChangePage(
        changes=tuple(page), next=page[-1].change if page else since, more=len(later) > 3
    )


def _truth(history: Sequence[CreativeEvent]) -> dict[str, str | None]:
    urls: dict[str, str | None] = dict.fromkeys(KEYS)
    urls.update((event.key, event.image_url) for event in history)
    return urls


def _content(cache: CreativeCache) -> dict[str, str | None]:
    return {key: cache.url(key) for key in KEYS}


@given(histories(), st.data())
def test_after_healing_the_cache_is_right(
    history: list[CreativeEvent], data: st.DataObject
) -> None:
    """If it were not, a lost callback would leave a retired picture in the shop."""
    cache = CreativeCache()
    sent = data.draw(st.lists(st.sampled_from(history), max_size=40))
    for event in sent:
        cache.apply([event])
        if data.draw(st.booleans()):
            # The feed can be no further behind than what was called back already.
            known = data.draw(st.integers(history.index(event) + 1, len(history)))
            cache.heal(partial(_feed, history[:known]))
    cache.heal(partial(_feed, history))
    assert _content(cache) == _truth(history)
    assert not cache.needs_healing()


@given(histories(), st.data())
def test_all_callbacks_in_any_order_are_enough(
    history: list[CreativeEvent], data: st.DataObject
) -> None:
    """If they were not, ordinary retries would leave the cache wrong until it is healed."""
    cache = CreativeCache()
    cache.apply(data.draw(st.permutations(history)))
    assert _content(cache) == _truth(history)


@given(histories(), st.data(), st.integers(1, 2))
def test_a_small_cache_never_shows_what_was_dropped(
    history: list[CreativeEvent], data: st.DataObject, size: int
) -> None:
    """If it did, a busy shop would show retired pictures for lack of memory."""
    cache = CreativeCache(size=size)
    cache.apply(data.draw(st.permutations(history)))
    truth = _truth(history)
    shown = {key: url for key, url in _content(cache).items() if url is not None}
    assert shown.items() <= truth.items()


@given(histories(), st.data())
def test_a_silent_gap_is_never_closed(history: list[CreativeEvent], data: st.DataObject) -> None:
    """If the cursor passed a callback that is missing, healing would never read it."""
    cache = CreativeCache(patience=0.0)
    cut = data.draw(st.integers(0, len(history)))
    cache.heal(partial(_feed, history[:cut]))
    lost = data.draw(st.sets(st.sampled_from(range(len(history)))))
    cache.apply(event for n, event in enumerate(history) if n not in lost)
    missing = [history[n].change for n in lost if n >= cut]
    assert not missing or cache.cursor < min(missing)
