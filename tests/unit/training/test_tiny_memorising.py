"""Memorising is told from learning."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.training.tiny.memorising import Pixels, measure_memorising


def _pictures(seed: int, count: int) -> list[Pixels]:
    """Soft random gradients: all of a kind, no two alike."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, 64)[:, None, None]
    ends = rng.integers(0, 256, (count, 2, 1, 1, 3))
    return [
        np.broadcast_to(low * (1 - ramp) + high * ramp, (64, 64, 3)).astype(np.uint8)
        for low, high in ends
    ]


def test_repeated_training_pictures_are_seen() -> None:
    """If they were not, a model that sells its training data as new would pass."""
    training = _pictures(1, 40)
    found = measure_memorising(training[:10], training, _pictures(2, 20))
    assert found.copies == 1.0
    assert found.nearest < 0.1 * found.held_out_nearest
    assert found.neighbours == tuple(range(10))


def test_new_pictures_of_the_same_kind_are_no_copies() -> None:
    """If they were, no model could pass."""
    found = measure_memorising(_pictures(3, 40), _pictures(1, 40), _pictures(2, 40))
    assert found.copies <= 0.1
    assert found.nearest == pytest.approx(found.held_out_nearest, rel=0.3)


def test_pictures_of_another_kind_are_far_away() -> None:
    """If they were not, the distance would not tell a good model from a broken one."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3)).astype(np.uint8)
    alien = measure_memorising(list(noise), _pictures(1, 40), _pictures(2, 40))
    assert alien.energy > alien.energy_floor + 0.2
