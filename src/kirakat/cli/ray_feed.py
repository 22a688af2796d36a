"""`kirakat run FEED --ray`: a feed over a Ray cluster, with Ray Data.

The feed is put on the queue as by `--engine`. Every Ray actor is then a worker with a studio of
its own: claims, publishing, tries and dead letters are those of `kirakat worker`, and both may
work at the same time. Ray places the actors, counts what has ended and starts lost ones anew.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirakat.errors import MissingExtraError, SettingsError
from kirakat.settings import Settings

if TYPE_CHECKING:
    import numpy as np

# Renders whose end an actor waits for before it takes the next ones.
_TOGETHER = 16
# Seconds between two looks at them.
_LOOK_EVERY = 0.2
_LOCAL = "local"
# What an actor's parts read from settings of their own.
_PLACES = ("database", "blobs", "cache_dir")


@dataclass(frozen=True, kw_only=True)
class RayDone:
    """What became of a feed's renders, by state; "queued" are those that wait for a budget."""

    states: Counter[str] = field(default_factory=Counter)
    actors: int = 0

    def __str__(self) -> str:
        """For a person."""
        counts = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return f"renders: {counts or 'none were missing'} ({self.actors} Ray actors)"


def work_on_ray(
    settings: Settings, merchant_id: str, *, base: Path, address: str, actors: int
) -> RayDone:
    """Have a Ray cluster make everything of a merchant that is queued.

    `address` is "local" for a cluster on this machine, else what `ray.init` takes. `actors` is
    how many studios work at a time; 0: one for each GPU, or one without any. Raises
    `MissingExtraError` without the extra `ray`, and `SettingsError` for a cluster that cannot
    reach the database.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray") from error
    settings = _reachable_settings(settings)
    wanted = _queued(settings, merchant_id)
    if not wanted:
        return RayDone()
    # Ray Data's own progress bars would be drawn into logs.
    ray.init(
        address=None if address == _LOCAL else address,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        _refuse_sqlite_on_many(settings, len(ray.nodes()))  # type: ignore[no-untyped-call]
        ray.data.DataContext.get_current().enable_progress_bars = False
        gpus = int(ray.cluster_resources().get("GPU", 0))  # type: ignore[no-untyped-call]
        count = min(actors or max(1, gpus), -(-len(wanted) // _TOGETHER))
        ended = ray.data.from_items([{"render_id": name} for name in wanted]).map_batches(
            RenderActor,
            fn_constructor_args=(settings.model_dump_json(), str(base.resolve())),
            batch_size=_TOGETHER,
            compute=ray.data.ActorPoolStrategy(size=count),
            num_gpus=1 if gpus else None,
        )
        states = Counter(str(row["state"]) for row in ended.iter_rows())
    finally:
        ray.shutdown()
    return RayDone(states=states, actors=count)


class RenderActor:
    """A worker inside of a Ray actor; called with the renders whose end is waited for."""

    def __init__(self, settings: str, base: str) -> None:
        from kirakat.cli.worker import open_worker

        read = Settings.model_validate_json(settings)
        os.environ.update({f"KIRAKAT_{name.upper()}": str(getattr(read, name)) for name in _PLACES})
        self._database, self._worker = open_worker(read, Path(base))
        self._worker.start()

    def __call__(self, batch: dict[str, np.ndarray[Any, Any]]) -> dict[str, list[str]]:
        """The renders with the states in which they were left."""
        from kirakat.store.render_states import ENDED, states_of

        wanted = [str(name) for name in batch["render_id"]]
        while True:
            is_idle = self._worker.has_nothing_due()
            with self._database.reading() as connection:
                states = states_of(connection, wanted)
            going = {state for state in states.values() if state not in ENDED}
            # What is left queued waits for another day's budget, or for another worker.
            if not going or (is_idle and "running" not in going):
                return {"render_id": list(states), "state": list(states.values())}
            time.sleep(_LOOK_EVERY)


def _queued(settings: Settings, merchant_id: str) -> list[str]:
    """What is not made yet, the most wanted first."""
    from kirakat.cli.open_store import open_configured_database
    from kirakat.store.render_states import unfinished_renders

    with (
        closing(open_configured_database(settings.database)) as database,
        database.reading() as connection,
    ):
        return unfinished_renders(connection, merchant_id)


def _reachable_settings(settings: Settings) -> Settings:
    """Addresses that mean the same in every folder: actors start in others."""
    prefix = "sqlite:///"
    database, blobs = settings.database, settings.blobs
    if database.startswith(prefix):
        database = f"{prefix}{Path(database.removeprefix(prefix)).resolve()}"
    if "://" not in blobs:
        blobs = str(Path(blobs).resolve())
    return settings.model_copy(update={"database": database, "blobs": blobs})


def _refuse_sqlite_on_many(settings: Settings, nodes: int) -> None:
    if nodes > 1 and settings.database.startswith("sqlite"):
        raise SettingsError(
            f"the cluster has {nodes} nodes, and SQLite is for one: set database to postgresql://"
        )
