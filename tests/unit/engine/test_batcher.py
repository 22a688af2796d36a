"""Renders are claimed, made together, and fail apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from kirakat.engine.worker.batcher import Batcher, Failed, Made, Share
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim
from kirakat.errors import StoreError
from tests.support.claims import make_claim
from tests.support.pixelless import PixellessRenderer


class Desk:
    """Hands out claims in order, and takes what comes of them."""

    def __init__(self, *claims: Claim | StoreError) -> None:
        self.left = list(claims)
        self.asked: list[int] = []
        self.shares: list[Share] = []
        # Ends of shares: given at once, or by the test.
        self.ends: list[Future[None]] = []
        self.settles = True

    def claim(self, count: int) -> list[Claim]:
        """The next claims, up to `count`; raises when an error is next."""
        self.asked.append(count)
        given: list[Claim] = []
        while self.left and len(given) < count:
            item = self.left.pop(0)
            if isinstance(item, StoreError):
                raise item
            given.append(item)
        return given

    def settle(self, share: Share) -> Future[None]:
        """Note it."""
        self.shares.append(share)
        end: Future[None] = Future()
        if self.settles:
            end.set_result(None)
        self.ends.append(end)
        return end


def _batcher(desk: Desk, renderer: PixellessRenderer, size: int = 4) -> Batcher:
    options = WorkerOptions(batch_size=size, batch_wait=0.01)
    return Batcher(desk.claim, renderer, desk.settle, options)


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


def test_one_call_works_off_the_whole_queue() -> None:
    """If it did not, a catalogue would need a wake-up call for every picture."""
    desk, renderer = Desk(*map(make_claim, range(10))), PixellessRenderer()
    batcher = _batcher(desk, renderer)
    with running(batcher):
        assert batcher.call().result(10) is True
    assert renderer.batches == [4, 4, 2]
    assert [type(share) for share in desk.shares] == [Made] * 10


def test_a_made_share_holds_a_picture_for_every_key() -> None:
    """If it did not, some sizes of a product would be missing."""
    desk = Desk(make_claim(0))
    batcher = _batcher(desk, PixellessRenderer())
    with running(batcher):
        batcher.call().result(10)
    (share,) = desk.shares
    assert isinstance(share, Made)
    assert set(share.outcome.pictures) == {item.key for item in share.claim.keys}


def test_a_poisoned_render_fails_alone() -> None:
    """If it did not, one product that crashes the model would block its whole batch."""
    desk = Desk(make_claim(0), make_claim(1, title="poison"), make_claim(2))
    renderer = PixellessRenderer()
    batcher = _batcher(desk, renderer, 3)
    with running(batcher):
        batcher.call().result(10)
    assert [type(share) for share in desk.shares] == [Made, Failed, Made]
    assert isinstance(desk.shares[1], Failed)
    assert "cannot draw poison" in desk.shares[1].error
    assert renderer.batches == [3, 1, 1, 1]


def test_out_of_memory_goes_on_with_single_renders() -> None:
    """If it did not, a batch that is too large for the machine would never be made."""
    desk = Desk(make_claim(0), make_claim(1, title="hungry"))
    batcher = _batcher(desk, PixellessRenderer(), 2)
    with running(batcher):
        batcher.call().result(10)
    assert [type(share) for share in desk.shares] == [Made, Made]


def test_a_call_without_work_ends() -> None:
    """If it did not, surplus tickets would fill the worker's threads for good."""
    batcher = _batcher(Desk(), PixellessRenderer())
    with running(batcher):
        assert batcher.call().result(10) is True
        assert not batcher.is_called


def test_a_stopped_batcher_claims_nothing() -> None:
    """If it did, a worker could not stop while its queue is full."""
    desk = Desk(make_claim(0))
    batcher = _batcher(desk, PixellessRenderer())
    early = batcher.call()
    batcher.stop()
    assert early.result(10) is False
    assert batcher.call().result(10) is False
    assert desk.asked == []


def test_a_database_that_is_away_does_not_end_the_batcher() -> None:
    """If it did, a worker would stand still for good after a restart of PostgreSQL."""
    desk = Desk(StoreError("away"), make_claim(0))
    batcher = _batcher(desk, PixellessRenderer())
    with running(batcher):
        batcher.call().result(10)
        assert desk.shares == []
        batcher.call().result(10)
    assert len(desk.shares) == 1


def test_a_render_nobody_waits_for_is_not_drawn() -> None:
    """If it were, cancelled work would still cost a GPU's time."""
    renderer = PixellessRenderer()
    desk = Desk(make_claim(0, placements=()))
    batcher = _batcher(desk, renderer)
    with running(batcher):
        batcher.call().result(10)
    assert isinstance(desk.shares[0], Made)
    assert renderer.batches == []


def test_no_more_than_two_batches_wait_behind_the_renderer() -> None:
    """If more did, a store that is away would make a worker claim all that is queued."""
    desk = Desk(*map(make_claim, range(20)))
    desk.settles = False
    renderer = PixellessRenderer(seconds=0.02)
    batcher = _batcher(desk, renderer, 2)
    with running(batcher):
        done = batcher.call()
        while len(desk.ends) < 6:
            threading.Event().wait(0.01)
        threading.Event().wait(0.1)
        assert len(desk.ends) == 6
        desk.settles = True
        for end in desk.ends:
            end.set_result(None)
        done.result(10)
    assert len(desk.shares) == 20


def test_what_is_drawn_in_no_time_is_claimed_by_the_dozen() -> None:
    """If it were not, photos that are shown as they are would wait for the database."""
    desk, renderer = Desk(*map(make_claim, range(20))), PixellessRenderer()
    batcher = _batcher(desk, renderer, 2)
    with running(batcher):
        batcher.call().result(10)
    assert desk.asked[:2] == [2, 16]
    assert set(renderer.batches) == {2}


def test_a_worker_for_one_batch_claims_one() -> None:
    """If it did not, `kirakat worker --once` would work through the night."""
    desk, renderer = Desk(*map(make_claim, range(9))), PixellessRenderer()
    options = WorkerOptions(batch_size=4, batch_wait=0.01, most_batches=1)
    batcher = Batcher(desk.claim, renderer, desk.settle, options)
    with running(batcher):
        batcher.call().result(10)
    assert renderer.batches == [4]


def test_what_was_tried_before_is_drawn_when_all_else_is_settled() -> None:
    """If it were not, a picture that kills the process would take finished ones along."""
    desk = Desk(make_claim(0))
    desk.settles = False
    renderer = PixellessRenderer()
    batcher = _batcher(desk, renderer)
    with running(batcher):
        batcher.call().result(10)
        desk.left = [make_claim(1, attempts=2)]
        done = batcher.call()
        threading.Event().wait(0.1)
        assert renderer.batches == [1]
        desk.settles = True
        desk.ends[0].set_result(None)
        done.result(10)
    assert renderer.batches == [1, 1]
