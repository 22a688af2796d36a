"""What passes the gate waits for a person where its catalogue says so; evidence is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.engine.port.dbos_engine import DbosEngine, open_engine
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.publish import HELD, publish_outcome, store_pictures
from kirakat.engine.worker.publish_together import Ready, publish_together
from kirakat.engine.worker.renderer import Claim, Outcome, Picture
from kirakat.store.ask import ask
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.catalogs import sync_offers
from kirakat.store.creatives import get_creative, waiting_creatives
from kirakat.store.database import Database
from kirakat.store.evidence import read_evidence
from kirakat.store.publish_policies import put_publish_policy
from kirakat.types import Verdict
from tests.support.asks import NOW, SHOP, claim, enter_shop, later, some_ask


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty folder of blobs."""
    return open_blobs(str(tmp_path / "blobs"))


def _claimed(database: Database, *, hold: bool) -> Claim:
    enter_shop(database)
    wanted = some_ask(0)
    with database.writing() as connection:
        sync_offers(connection, SHOP, "main", [wanted.offer], now=NOW)
        if hold:
            put_publish_policy(connection, SHOP, "main", mode="hold", actor="ann", now=NOW)
        ask(connection, [wanted], "online", now=NOW)
    render = claim(database)
    assert render is not None
    with database.reading() as connection:
        keys = tuple(waiting_creatives(connection, render.render_id))
    return Claim(ticket=render.ticket, render=render, keys=keys)


def _outcome(held: Claim, verdict: Verdict) -> Outcome:
    made = {
        record.key: Picture(
            data=b"picture", format="jpeg", width=9, height=9, verdict=verdict, reason="",
            certificate={}, gate={}, attempt=0, evidence={"mask": b"mask", "halo": b"halo"},
        )
        for record in held.keys
    }  # fmt: skip
    return Outcome(pictures=made)


def _publish(
    database: Database, blobs: Blobs, held: Claim, verdict: Verdict, *, together: bool
) -> None:
    outcome = _outcome(held, verdict)
    stored = store_pictures(blobs, outcome)
    engine: DbosEngine = open_engine(database)
    try:
        with database.writing() as connection:
            if together:
                ready = [Ready(claim=held, outcome=outcome, stored=stored)]
                publish_together(connection, engine, ready, now=later(1))
            else:
                publish_outcome(
                    connection, engine, held, outcome, stored,
                    options=WorkerOptions(), now=later(1),
                )  # fmt: skip
    finally:
        engine.close()


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("hold", "verdict", "state"),
    [(True, "pass", "in_review"), (False, "pass", "ready"), (True, "reject", "rejected")],
)
def test_a_held_catalogue_publishes_nothing_by_itself(
    database: Database, blobs: Blobs, together: bool, hold: bool, verdict: Verdict, state: str
) -> None:
    """If it did, a brand that wants to see everything first would read of it in the press."""
    held = _claimed(database, hold=hold)
    _publish(database, blobs, held, verdict, together=together)
    with database.reading() as connection:
        creative = get_creative(connection, SHOP, held.keys[0].key)
    assert creative.state == state
    assert (creative.reason == HELD) is (state == "in_review")


@pytest.mark.parametrize("together", [True, False])
def test_evidence_is_kept_with_the_revision_that_it_shows(
    database: Database, blobs: Blobs, together: bool
) -> None:
    """If it were not, a reviewer would see the steps of another picture, or none."""
    held = _claimed(database, hold=False)
    _publish(database, blobs, held, "review", together=together)
    with database.reading() as connection:
        creative = get_creative(connection, SHOP, held.keys[0].key)
        kept = read_evidence(connection, SHOP, creative.key, creative.revision)
    assert {name: blobs.get(sha256) for name, sha256 in kept.items()} == {
        "mask": b"mask",
        "halo": b"halo",
    }
