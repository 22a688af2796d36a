"""Assignment of units."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kirakat.experiments.assign import assign
from kirakat.experiments.definition import Namespace, Targeting, Variant
from tests.support.experiments import running, some_experiment

_UNITS = [f"unit-{number}" for number in range(400)]
_POLICIES = (Variant(name="random", policy="uniform"), Variant(name="learned", policy="linucb"))


def _variants(*states: object, **attributes: str) -> list[list[str]]:
    return [
        [one.variant for one in assign(states, unit=unit, attributes=attributes)]  # type: ignore[arg-type]
        for unit in _UNITS
    ]


def test_both_variants_get_users() -> None:
    """One group would stay empty."""
    found = _variants(running(some_experiment()))
    assert 150 < found.count(["old"]) < 250
    assert found.count(["old"]) + found.count(["new"]) == len(_UNITS)


def test_another_process_assigns_alike() -> None:
    """Two processes of the service would show one user two variants."""
    program = (
        "from tests.support.experiments import *\n"
        "from kirakat.experiments.assign import assign\n"
        "states = [running(some_experiment())]\n"
        "units = [f'unit-{n}' for n in range(400)]\n"
        "print(''.join(assign(states, unit=u, attributes={})[0].variant[0] for u in units))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    here = "".join(found[0][0] for found in _variants(running(some_experiment())))
    assert done.stdout.strip() == here


def test_nobody_without_an_id_is_assigned() -> None:
    """Requests without a user would all land in one variant."""
    assert assign([running(some_experiment())], unit="", attributes={}) == []


def test_coverage_leaves_users_out() -> None:
    """A cautious start would reach everybody."""
    found = _variants(running(some_experiment(coverage=0.1)))
    assert 330 < found.count([]) < 390


@pytest.mark.parametrize(
    ("targeting", "attributes", "takes_part"),
    [
        (Targeting(placements=("mpu",)), {"placement": "mpu"}, True),
        (Targeting(placements=("mpu",)), {"placement": "banner"}, False),
        (Targeting(catalogs=("spring",)), {"catalog": "spring"}, True),
        (Targeting(categories=("shoes",)), {"category": "mugs"}, False),
        (Targeting(attributes={"country": ("HU", "AT")}), {"country": "AT"}, True),
        (Targeting(attributes={"country": ("HU", "AT")}), {}, False),
    ],
)
def test_targeting_looks_at_the_item_and_the_request(
    targeting: Targeting, attributes: dict[str, str], takes_part: bool
) -> None:
    """An experiment would reach items that it was not meant for."""
    state = running(some_experiment(targeting=targeting))
    assert bool(assign([state], unit="unit-1", attributes=attributes)) is takes_part


def test_a_tester_sees_what_was_set() -> None:
    """Nobody could look at a variant before the users do."""
    other = assign([running(some_experiment())], unit="unit-1", attributes={})[0].variant
    wanted = "old" if other == "new" else "new"
    state = running(some_experiment(), {"unit-1": wanted})
    found = assign([state], unit="unit-1", attributes={})[0]
    assert (found.variant, found.is_override) == (wanted, True)


def test_namespaces_keep_users_apart() -> None:
    """Two experiments that exclude each other would share users."""
    one = running(some_experiment("one", namespace=Namespace(name="n", start=0, end=0.5)))
    two = running(some_experiment("two", namespace=Namespace(name="n", start=0.5, end=1)))
    for unit in _UNITS:
        found = assign([one, two], unit=unit, attributes={})
        assert len(found) == 1


def test_the_earlier_of_two_that_change_the_same_wins() -> None:
    """Two experiments would both claim an item's treatment."""
    states = [running(some_experiment("one")), running(some_experiment("two"))]
    found = assign(states, unit="unit-1", attributes={})
    assert [one.experiment for one in found] == ["one"]


def test_a_control_that_changes_nothing_conflicts_as_well() -> None:
    """Only treated users would be kept out of the second experiment: a biased sample."""
    passive = (Variant(name="as-is"), Variant(name="new", prompt="on-marble"))
    states = [
        running(some_experiment("one", variants=passive)),
        running(some_experiment("two", variants=_POLICIES)),
    ]
    for unit in _UNITS:
        assert [one.experiment for one in assign(states, unit=unit, attributes={})] == ["one"]


def test_experiments_on_different_things_share_users() -> None:
    """A recipe test would stop a policy test for no reason."""
    recipes = (Variant(name="old", recipe="a@1"), Variant(name="new", recipe="a@2"))
    states = [
        running(some_experiment("one", variants=recipes)),
        running(some_experiment("two", variants=_POLICIES)),
    ]
    found = assign(states, unit="unit-1", attributes={})
    assert [one.experiment for one in found] == ["one", "two"]


def test_experiments_with_different_seeds_are_independent() -> None:
    """Users of one variant would all be in the same variant of the next test."""
    one, two = (_variants(running(some_experiment(name))) for name in ("one", "two"))
    alike = sum(a == b for a, b in zip(one, two, strict=True))
    assert 150 < alike < 250
