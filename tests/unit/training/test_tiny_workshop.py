"""The stages of a training, one after another in one folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kirakat.errors import TrainingError
from kirakat.training.tiny.sketches import write_sketches
from kirakat.training.tiny.smallest import smallest_config
from kirakat.training.tiny.workshop import Workshop
from tests.support.generation import one_thread

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

CONFIG = smallest_config()


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A folder in which both stages have run, for a few steps."""
    folder = tmp_path_factory.mktemp("work")
    write_sketches(folder / "renders", range(6), CONFIG.data.picture, seed=0)
    workshop = Workshop(folder=folder, config=CONFIG)
    assert list(workshop.autoencoder())
    assert list(workshop.diffusion())
    return workshop


def test_held_out_renders_are_measured(trained: Workshop) -> None:
    """If they were not, a model card would quote what the model learnt by heart."""
    found = trained.evaluate(batches=2, pictures=4)
    assert found.reconstruction.pictures >= 1
    assert np.isfinite([found.reconstruction.psnr, found.velocity_error]).all()
    assert found.memorising.generated == 4


def test_the_trained_weights_are_exported(trained: Workshop, tmp_path: Path) -> None:
    """If they were not, nobody could generate with them."""
    trained.export(tmp_path / "model")
    assert (tmp_path / "model" / "model_index.json").is_file()


def test_nothing_held_out_is_said(tmp_path: Path) -> None:
    """If it were not, an evaluation on nothing would look like one on something."""
    write_sketches(tmp_path / "renders", range(2), CONFIG.data.picture, seed=0)
    everything = replace(CONFIG, data=replace(CONFIG.data, held_out=0.001))
    with pytest.raises(TrainingError, match="held-out"):
        Workshop(folder=tmp_path, config=everything).evaluate()


def test_few_step_weights_are_exported_with_their_own_solver(
    trained: Workshop, tmp_path: Path
) -> None:
    """If the solver stayed of second order, it would correct steps that are exact already."""
    assert [step.student_steps for step in trained.distil()] == [4, 4, 2, 2]
    trained.export(tmp_path / "fast", distilled=True)
    text = (tmp_path / "fast" / "scheduler" / "scheduler_config.json").read_text()
    assert json.loads(text)["solver_order"] == 1
