"""`kirakat run FEED --ray local`: a real Ray cluster of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.store.database import open_database
from kirakat.store.jobs import list_attempts, list_renders
from tests.support.installation import Installation
from tests.support.small_catalog import write_catalog

for package in ("ray", "dbos", "kirakat_assets", "onnxruntime"):
    pytest.importorskip(package, reason="needs kirakat[ray,serve,assets]")


def _states(place: Installation) -> dict[str, tuple[str, int]]:
    """State and tries by render."""
    database = open_database(place.database)
    with database.reading() as connection:
        found: dict[str, tuple[str, int]] = {
            item.render_id: (item.state, len(list_attempts(connection, item.render_id)))
            for item in list_renders(connection, limit=1000)
        }
    database.close()
    return found


@pytest.mark.slow
def test_a_feed_is_made_on_ray_and_only_once(tmp_path: Path) -> None:
    """Otherwise a cluster makes pictures that no service finds, or makes them again each night."""
    # Ray runs its workers at niceness 15, which starves them beside other tests.
    place = Installation(tmp_path / "shop", settings={"RAY_worker_niceness": "0"})
    feed = write_catalog(tmp_path / "catalog")
    wanted = ("--treatments", "original", "--placements", "300x250", "--ray", "local")
    place.run("db", "upgrade")
    assert "done" in place.run("run", str(feed), *wanted)
    states = _states(place)
    # One of the five photos is no picture.
    assert sorted(states.values()) == [("dead", 1), *[("done", 1)] * 4]
    assert any((place.folder / "blobs").rglob("*"))
    assert "none were missing" in place.run("run", str(feed), *wanted)
    assert _states(place) == states
