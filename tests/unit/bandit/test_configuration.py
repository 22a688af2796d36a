"""The file of policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.bandit.configuration import load_policies
from kirakat.bandit.features.schema import load_schema
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification
from kirakat.errors import SettingsError

OWN = """
[pool."*"]
uniform_share = 0.1
[pool."*".exposure]
floor = 0.05
[pool.shoes]
model = "hybrid"
session_stable = 600
extra_arms = ["original", "positioned"]
[pool.shoes.prior]
ridge = 100.0
[pool.mugs]
policy = "thompson"
[pool."*#wide"]
policy = "linucb"
[pool."*#wide".options]
exploration = 2.0
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's file."""
    path = tmp_path / "policies.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_the_shipped_file_says_what_the_code_defaults_to() -> None:
    """If it did not, the file that users copy from would change what it seems to keep."""
    policy = load_policies().for_category("anything")
    assert policy.category == "anything"
    assert policy.specification == PolicySpecification(options={"exploration": 1.0})
    assert (policy.exposure, policy.schema) == (Exposure(), load_schema())
    assert (policy.rule, policy.extra_arms, policy.session_stable) == ("ready", (), 0.0)


def test_a_category_changes_single_values_of_all_others(own: Path) -> None:
    """If it replaced them whole, every pool would have to repeat the file."""
    policies = load_policies(own)
    shoes, lamps = policies.for_category("shoes"), policies.for_category("lamps")
    assert shoes.uniform_share == lamps.uniform_share == 0.1
    assert shoes.exposure == lamps.exposure == Exposure(floor=0.05)
    assert (shoes.specification.model, lamps.specification.model) == ("hybrid", "disjoint")
    assert shoes.specification.prior.ridge == 100.0
    assert shoes.specification.prior.category_ridge == 30.0
    assert shoes.extra_arms == ("original", "positioned")


def test_another_policy_brings_its_own_options(own: Path) -> None:
    """If it kept those of the first, a file could not change the policy alone."""
    assert load_policies(own).for_category("mugs").specification.options == {}


def test_a_schema_lies_beside_the_file(own: Path) -> None:
    """If it did not, nobody could use features of their own."""
    text = 'name = "mine"\nversion = 4\n[[feature]]\nname = "a"\nkind = "hashed"\nbuckets = 2\n'
    own.with_name("features.toml").write_text(text, encoding="utf-8")
    own.write_text(OWN.replace("[pool.mugs]", "[pool.mugs]\nfeatures = 'features.toml'"))
    policies = load_policies(own)
    assert policies.for_category("mugs").schema.label.startswith("mine@4+")
    assert policies.for_category("shoes").schema == load_schema()


def test_a_variants_pool_changes_its_category(own: Path) -> None:
    """If it did not, an experiment could not compare two policies."""
    policies = load_policies(own)
    wide = policies.for_category("shoes#wide")
    assert (wide.category, wide.specification.model) == ("shoes#wide", "hybrid")
    assert wide.specification.options == {"exploration": 2.0}
    assert policies.for_category("shoes#uniform").specification.policy == "uniform"
    assert policies.for_category("shoes#scene-tiny@2").specification.policy == "linucb"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[pool.a]\npolicy = 'none'", "no policy"),
        ("[pool.a]\nrule = 'any'", "rule"),
        ("[pool.a]\nmodel = 'deep'", "model"),
        ("[pool.a]\nfloor = 0.1", "floor"),
        ("[pool.a.exposure]\nfloor = 2", "exposure"),
        ("[pool.a.prior]\nridge = 0", "ridge"),
        ("[pool.a.options]\nexplore = 1", "explore"),
        ("[pool.a]\nextra_arms = ['white']", "extra_arms"),
        ("[pool.a]\nreward_window = 0", "reward_window"),
        ("[pool.a]\nlearn_from = 'clicks'", "learn_from"),
        ("[pool.a]\nfeatures = 'no-such.toml'", "no-such.toml"),
        ("[pool.'*#b']\npolicy = 'none'", "no policy"),
        ("[pool.a]\npolicy = 'thompson'\n[pool.'*#b'.options]\nexploration = 2", "a#b"),
        ("[pools.a]", "pool"),
        ("[pool.a", "policies.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    """If it were not, a typing error would change a policy unseen."""
    path = tmp_path / "policies.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        load_policies(path)
