"""What a worker does with good, bad, cancelled, urgent and unaffordable work."""

from __future__ import annotations

from kirakat.clock import SystemClock
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.port.engine import Job
from kirakat.engine.worker.waiting_reasons import BUDGET_REASON
from kirakat.store.creatives import get_creative
from kirakat.store.jobs import cancel_render, get_render, list_attempts, list_renders, revive_render
from kirakat.store.merchants import put_merchant
from tests.support.asks import SHOP, SMALL, some_ask
from tests.support.fleet import Fleet, titled_ask

_THREE_TRIES = {"max_attempts": 3, "retry": 0.1}


def test_every_verdict_has_its_state_and_failures_stay_alone(fleet: Fleet) -> None:
    """If they did not, one bad photo would hold up a catalogue, or show what nobody checked."""
    good = [some_ask(number) for number in range(40)]
    ends = {
        "blurred": "in_review", "ugly": "rejected", "bodiless": "dead", "poison": "dead",
        "hungry": "ready",
    }  # fmt: skip
    bad = {title: titled_ask(100 + number, title) for number, title in enumerate(ends)}
    fleet.ask([*good, *bad.values()])
    worker = fleet.start(options=_THREE_TRIES)
    fleet.wait_until_ended()
    fleet.stop(worker)
    assert fleet.states() == {"ready": 41, "in_review": 1, "rejected": 1, "dead": 2}
    with fleet.database.reading() as connection:
        for title, state in ends.items():
            assert get_creative(connection, SHOP, bad[title].key).state == state
        poison = bad["poison"]
        assert "cannot draw poison" in get_creative(connection, SHOP, poison.key).reason
        tries = list_attempts(connection, poison.render_id)
    assert [item.outcome for item in tries] == ["failed", "failed", "dead"]
    fleet.check()


def test_a_dead_letter_can_be_tried_again(fleet: Fleet) -> None:
    """If it could not, mending the cause would not help what failed before."""
    ask = titled_ask(0, "bodiless")
    fleet.ask([ask])
    worker = fleet.start()
    fleet.wait_until_ended()
    engine = open_engine(fleet.database)
    with fleet.database.writing() as connection:
        number = revive_render(
            connection,
            render_id=ask.render_id,
            reason="mended",
            actor="test",
            now=SystemClock().now(),
        )
        engine.enqueue(connection, [Job(ask.render_id, number)])
    engine.close()
    fleet.wait_until_ended()
    fleet.stop(worker)
    with fleet.database.reading() as connection:
        assert get_creative(connection, SHOP, ask.key).revision == 1
        assert len(list_attempts(connection, ask.render_id)) == 2
    fleet.check()


def test_cancelled_work_is_not_published(fleet: Fleet) -> None:
    """If it were, a withdrawn product would be advertised all the same."""
    asks = [some_ask(number) for number in range(30)]
    fleet.ask(asks)
    with fleet.database.writing() as connection:
        for ask in asks[:10]:
            cancel_render(
                connection,
                render_id=ask.render_id,
                reason="gone",
                actor="test",
                now=SystemClock().now(),
            )
    worker = fleet.start(seconds=0.5)
    fleet.wait(lambda: fleet.jobs()["running"] > 0)
    with fleet.database.writing() as connection:
        running = list_renders(connection, states=("running",))
        for render in running:
            cancel_render(
                connection,
                render_id=render.render_id,
                reason="gone",
                actor="test",
                now=SystemClock().now(),
            )
    fleet.wait_until_ended()
    fleet.stop(worker)
    cancelled = 10 + len(running)
    assert fleet.states() == {"ready": 30 - cancelled, "cancelled": cancelled}
    fleet.check()


def test_online_comes_before_catalogue_and_most_asked_first(fleet: Fleet) -> None:
    """If it did not, a shopper's first request would wait for a night's catalogue."""
    fleet.ask([some_ask(number) for number in range(16)])
    urgent = [some_ask(number) for number in range(100, 106)]
    fleet.ask(urgent, "online")
    fleet.ask([urgent[4]] * 3, "online")
    worker = fleet.start(options={"batch_size": 2})
    fleet.wait_until_ended()
    fleet.stop(worker)
    order = [line.split()[0] for line in fleet.log.read_text().splitlines()]
    assert order[0] == urgent[4].render_id
    assert set(order[:6]) == {ask.render_id for ask in urgent}
    fleet.check()


def test_a_spent_budget_waits_and_says_so(fleet: Fleet) -> None:
    """If it did not, a merchant's bill would have no upper end, or its queue no explanation."""
    with fleet.database.writing() as connection:
        put_merchant(connection, SHOP, now=SystemClock().now(), daily_renders=5)
    asks = [some_ask(number) for number in range(12)]
    fleet.ask(asks)
    worker = fleet.start()
    fleet.wait(lambda: fleet.states()["ready"] == 5)
    fleet.wait(lambda: _waiting_reasons(fleet) == {BUDGET_REASON})
    assert fleet.jobs() == {"done": 5, "queued": 7}
    with fleet.database.writing() as connection:
        put_merchant(connection, SHOP, now=SystemClock().now(), daily_renders=100)
    fleet.wait_until_ended()
    fleet.stop(worker)
    assert fleet.states() == {"ready": 12}
    fleet.check()


def test_keys_that_come_while_their_render_runs_are_made_too(fleet: Fleet) -> None:
    """If they were not, the second size of a picture would be forgotten now and then."""
    first = some_ask(0)
    fleet.ask([first])
    worker = fleet.start(seconds=0.5)
    fleet.wait(lambda: fleet.jobs()["running"] > 0)
    fleet.ask([some_ask(0, placement=SMALL)])
    fleet.wait_until_ended()
    fleet.stop(worker)
    assert fleet.states() == {"ready": 2}
    with fleet.database.reading() as connection:
        assert get_render(connection, first.render_id).round == 1
    fleet.check()


def _waiting_reasons(fleet: Fleet) -> set[str]:
    with fleet.database.reading() as connection:
        return {item.error for item in list_renders(connection, states=("queued",))}
