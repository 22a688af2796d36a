"""Bucketing, against GrowthBook's own SDK."""

from __future__ import annotations

from growthbook import Experiment, GrowthBook
from growthbook.core import gbhash, inNamespace
from hypothesis import given
from hypothesis import strategies as st

from kirakat.experiments.hash import BUCKETS, bucket, namespace_share
from kirakat.experiments.ranges import first_ranges, owner

_TEXT = st.text(max_size=40)


@given(_TEXT, _TEXT)
def test_bucket_is_hash_version_2_of_growthbook(seed: str, unit: str) -> None:
    """A shop that assigns with a GrowthBook SDK would put its users elsewhere."""
    assert bucket(seed, unit) / BUCKETS == gbhash(seed, unit, 2)


@given(st.text(min_size=1, max_size=40), _TEXT, st.floats(0, 1), st.floats(0, 1))
def test_namespaces_are_those_of_growthbook(unit: str, name: str, start: float, end: float) -> None:
    """Experiments that exclude each other there would overlap here."""
    ours = start <= namespace_share(name, unit) < end
    assert ours == inNamespace(unit, (name, start, end))


@given(
    unit=st.text(min_size=1, max_size=40),
    percents=st.sampled_from([(50, 50), (10, 90), (20, 30, 50), (25, 25, 25, 25)]),
    coverage=st.sampled_from([1.0, 0.5, 0.2]),
)
def test_variants_are_those_of_the_sdk(
    unit: str, percents: tuple[int, ...], coverage: float
) -> None:
    """The start's ranges would not be the published ones."""
    sdk = GrowthBook(attributes={"id": unit})
    theirs = sdk.run(
        Experiment(
            key="test", variations=list(range(len(percents))), hashVersion=2,
            weights=[percent / 100 for percent in percents], coverage=coverage,
        )
    )  # fmt: skip
    ours = owner(first_ranges(percents, coverage), bucket("test", unit))
    assert ours == (theirs.variationId if theirs.inExperiment else None)
