"""Tickets are gathered, rendered together, and fail apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from kirakat.engine.worker.batcher import Batcher, Failed, Made, Nothing, Share
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim
from kirakat.errors import StoreError
from tests.support.claims import make_claim
from tests.support.pixelless import PixellessRenderer


class Claims:
    """Hands out claims in order, one a ticket, in batches of equal kind."""

    def __init__(self, *claims: Claim) -> None:
        self.left = list(claims)
        self.asked: list[list[str]] = []

    def __call__(self, tickets: Sequence[str]) -> list[Claim]:
        """Claims for the first of the tickets."""
        self.asked.append(list(tickets))
        given = [
            Claim(ticket=ticket, render=claim.render, keys=claim.keys)
            for ticket, claim in zip(tickets, self.left, strict=False)
        ]
        del self.left[: len(given)]
        return given


@contextmanager
def running(batcher: Batcher) -> Iterator[None]:
    """The batcher's thread, ended at the end."""
    thread = threading.Thread(target=batcher.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        batcher.stop()
        thread.join(10)
        assert not thread.is_alive()


def _submit(batcher: Batcher, count: int) -> list[Future[Share]]:
    return [batcher.submit(f"ticket {number}") for number in range(count)]


def test_what_is_asked_for_together_is_made_together() -> None:
    """If it were not, a GPU would draw one picture at a time."""
    renderer = PixellessRenderer()
    batcher = Batcher(Claims(*map(make_claim, range(4))), renderer, WorkerOptions(batch_size=4))
    shares = _submit(batcher, 4)
    with running(batcher):
        results = [share.result(10) for share in shares]
    assert renderer.batches == [4]
    assert all(isinstance(result, Made) for result in results)


def test_a_lone_ticket_is_served_without_company() -> None:
    """If it were not, the last job of the evening would wait until morning."""
    batcher = Batcher(Claims(make_claim(0)), PixellessRenderer(), WorkerOptions(batch_size=4))
    with running(batcher):
        result = batcher.submit("ticket").result(10)
    assert isinstance(result, Made)
    assert set(result.outcome.pictures) == {item.key for item in result.claim.keys}


def test_a_poisoned_render_fails_alone() -> None:
    """If it did not, one product that crashes the model would block its whole batch."""
    claims = [make_claim(0), make_claim(1, title="poison"), make_claim(2)]
    renderer = PixellessRenderer()
    batcher = Batcher(Claims(*claims), renderer, WorkerOptions(batch_size=3))
    shares = _submit(batcher, 3)
    with running(batcher):
        results = [share.result(10) for share in shares]
    assert [type(result) for result in results] == [Made, Failed, Made]
    assert isinstance(results[1], Failed)
    assert "cannot draw poison" in results[1].error
    assert renderer.batches == [3, 1, 1, 1]


def test_out_of_memory_goes_on_with_single_renders() -> None:
    """If it did not, a batch that is too large for the machine would never be made."""
    claims = [make_claim(0), make_claim(1, title="hungry")]
    batcher = Batcher(Claims(*claims), PixellessRenderer(), WorkerOptions(batch_size=2))
    shares = _submit(batcher, 2)
    with running(batcher):
        results = [share.result(10) for share in shares]
    assert [type(result) for result in results] == [Made, Made]


def test_a_ticket_without_work_ends() -> None:
    """If it did not, surplus tickets would fill the worker's threads for good."""
    batcher = Batcher(Claims(), PixellessRenderer(), WorkerOptions())
    with running(batcher):
        assert batcher.submit("ticket").result(10) == Nothing()


def test_tickets_that_did_not_fit_the_batch_are_served_next() -> None:
    """If they were dropped, their renders would wait for somebody to notice."""
    claims = Claims(*map(make_claim, range(3)))

    def one_at_a_time(tickets: Sequence[str]) -> list[Claim]:
        return claims(tickets[:1])

    batcher = Batcher(one_at_a_time, PixellessRenderer(), WorkerOptions(batch_size=3))
    shares = _submit(batcher, 3)
    with running(batcher):
        results = [share.result(10) for share in shares]
    assert all(isinstance(result, Made) for result in results)


def test_a_stopped_batcher_hands_tickets_back() -> None:
    """If it did not, a worker could not stop while its queue is full."""
    claims = Claims(make_claim(0))
    batcher = Batcher(claims, PixellessRenderer(), WorkerOptions())
    early = batcher.submit("early")
    batcher.stop()
    assert early.result(10) == Nothing(stopped=True)
    assert batcher.submit("late").result(10) == Nothing(stopped=True)
    assert claims.asked == []


def test_a_database_that_is_away_does_not_end_the_batcher() -> None:
    """If it did, a worker would stand still for good after a restart of PostgreSQL."""
    claims = Claims(make_claim(0))
    answers = iter([StoreError("away")])

    def claim(tickets: Sequence[str]) -> list[Claim]:
        for error in answers:
            raise error
        return claims(tickets)

    batcher = Batcher(claim, PixellessRenderer(), WorkerOptions())
    with running(batcher):
        assert batcher.submit("first").result(10) == Nothing()
        assert isinstance(batcher.submit("second").result(10), Made)


def test_a_render_nobody_waits_for_is_not_drawn() -> None:
    """If it were, cancelled work would still cost a GPU's time."""
    renderer = PixellessRenderer()
    batcher = Batcher(Claims(make_claim(0, placements=())), renderer, WorkerOptions())
    with running(batcher):
        assert isinstance(batcher.submit("ticket").result(10), Made)
    assert renderer.batches == []
