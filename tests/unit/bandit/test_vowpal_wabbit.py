"""The adapter of an optional package."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from kirakat.bandit.policies.vowpal_wabbit import VowpalWabbit
from kirakat.errors import MissingExtraError

HERE = importlib.util.find_spec("vowpalwabbit") is not None


@pytest.mark.skipif(HERE, reason="vowpalwabbit is installed")
def test_a_missing_package_is_named_with_its_extra() -> None:
    """If it were a bare import error, nobody would know what to install."""
    with pytest.raises(MissingExtraError, match=r"kirakat\[vw\]"):
        VowpalWabbit()


@pytest.mark.skipif(not HERE, reason="vowpalwabbit is not installed")
def test_it_learns_which_arm_suits_whom() -> None:
    """If costs had the wrong sign, it would learn to show what nobody clicks."""
    generator = np.random.default_rng(0)
    policy, ready = VowpalWabbit(), np.ones((1, 2), np.bool_)
    for _ in range(3000):
        context = np.array([[1.0, float(generator.random() < 0.5)]])
        shares = policy.probabilities(context, ready)[0]
        arm = int(generator.random() < shares[1])
        rate = 0.5 if arm == int(context[0, 1]) else 0.05
        click = float(generator.random() < rate)
        policy.learn(context, ready, np.array([arm]), np.array([click]), np.array([shares[arm]]))
    both = policy.probabilities(np.array([[1.0, 0.0], [1.0, 1.0]]), np.ones((2, 2), np.bool_))
    policy.close()
    assert both[0, 0] > 0.8
    assert both[1, 1] > 0.8
