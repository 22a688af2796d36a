"""The experiments that run, as this process last read them; followed, never asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from logging import WARNING

from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.experiments.state import ExperimentState, read_states
from kirakat.service.generation import Generation
from kirakat.service.json_logs import LOGGER
from kirakat.store.database import Database
from kirakat.store.experiments import read_positions
from kirakat.store.prompt_rows import get_recipe


class RunningExperiments:
    """Of all merchants; `look` runs beside the requests, never among them."""

    def __init__(self, database: Database, generation: Generation) -> None:
        self._database, self._generation = database, generation
        # Number of the last log entry that was taken over, by merchant.
        self._seen: dict[str, int] = {}
        self._running: dict[str, tuple[ExperimentState, ...]] = {}
        # By merchant and recipe's label. Never forgotten: cached plans still name them.
        self._made_by: dict[tuple[str, str], Generation] = {}

    def of(self, merchant_id: str) -> tuple[ExperimentState, ...]:
        """A merchant's started experiments, the earliest first."""
        return self._running.get(merchant_id, ())

    def generation(self, merchant_id: str, recipe: str) -> Generation:
        """How pictures of a recipe (name@version) are made; empty: as they always are."""
        return self._made_by[merchant_id, recipe] if recipe else self._generation

    def look(self) -> None:
        """Take over what was started, changed and stopped since the last look.

        Raises `StoreError`.
        """
        with self._database.reading() as connection:
            for merchant_id, position in read_positions(connection).items():
                if self._seen.get(merchant_id) != position:
                    self._running[merchant_id] = self._read(connection, merchant_id)
                    self._seen[merchant_id] = position

    def _read(self, connection: Connection, merchant_id: str) -> tuple[ExperimentState, ...]:
        states = read_states(connection, merchant_id).values()
        running = [state for state in states if state.status == "running"]
        running.sort(key=lambda state: (state.started_at, state.experiment.name))
        return tuple(self._usable(connection, merchant_id, running))

    def _usable(
        self, connection: Connection, merchant_id: str, running: Iterable[ExperimentState]
    ) -> Iterable[ExperimentState]:
        """Those whose recipes are known: half an experiment is none."""
        for state in running:
            try:
                for variant in state.experiment.variants:
                    if variant.recipe is not None:
                        self._learn(connection, merchant_id, variant.recipe)
            except NotFoundError as error:
                fields = {"merchant": merchant_id, "what": str(error)}
                name = state.experiment.name
                LOGGER.log(WARNING, f"experiment {name} left out", extra={"fields": fields})
            else:
                yield state

    def _learn(self, connection: Connection, merchant_id: str, label: str) -> None:
        if (merchant_id, label) not in self._made_by:
            recipe = get_recipe(connection, merchant_id, label)
            same = recipe == self._generation.recipe
            made_by = self._generation if same else replace(self._generation, recipe=recipe)
            self._made_by[merchant_id, label] = made_by
