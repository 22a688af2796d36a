"""Choosing without a database: fallbacks, sessions, pools."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.arms import Arm, ArmSet, Readiness
from kirakat.bandit.configuration import Policies, load_policies
from kirakat.bandit.decide import Decider, replay
from kirakat.bandit.features.parts import Part
from kirakat.bandit.policies.linucb import LinUCB
from kirakat.bandit.posterior import LinearPosterior
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.sessions import session_draw_id
from kirakat.service.choose import Choice, Question
from kirakat.service.contexts import Features
from kirakat.service.policy_chooser import NAMED, NEW_ARM, NO_SNAPSHOT, PolicyChooser
from kirakat.service.sessions import Sessions
from kirakat.service.snapshots import Pool, Serving

ARMS = tuple(Arm(arm_id=f"{name}@1") for name in "abcd")
IDS = tuple(arm.arm_id for arm in ARMS)
ONE = Part(
    columns=(0,), values=(1.0,), missing=(), unknown=(), columns_json="[0,1.0]", storable_json=""
)
NOON = 1.79e9


class FixedSnapshots:
    """Snapshots that never change."""

    def __init__(self, serving: Serving | None) -> None:
        self._serving = serving
        self.wanted: list[Pool] = []

    def serving(self, _: Pool) -> Serving | None:
        """The same for every pool."""
        return self._serving

    def want(self, pool: Pool, _: object) -> None:
        """Note who asked."""
        self.wanted.append(pool)


def learned(*, floor: float = 0.4) -> Serving:
    """A policy that knows the arms a, b and c, of which c is the best."""
    posterior = LinearPosterior(
        theta=np.array([[0.01], [0.02], [0.05]]), spread=np.full((3, 1, 1), 1e-8),
        evidence=np.full(3, 1e6), clicks=np.full(3, 1e4), ctr=0.02,
    )  # fmt: skip
    decider = Decider(
        arms=ArmSet(ARMS[:3]), posterior=posterior, policy=LinUCB(),
        exposure=Exposure(floor=floor), uniform_share=0.0, policy_version="mugs@3",
    )  # fmt: skip
    return Serving(decider, frozenset(IDS[:3]), "")


def question(number: int, ready: tuple[str, ...] = IDS[:3], **rest: object) -> Question:
    """An impression of one item."""
    made = Question(
        decision_id=f"d{number}", merchant_id="shop", category="mugs", offer_id="o",
        placement="p", arms=ARMS, readiness=Readiness(eligible=IDS[:3], ready=ready), unit="",
        features=Features((ONE,), "f@1"), at=NOON,
    )  # fmt: skip
    return made._replace(**rest)  # type: ignore[arg-type]


def chooser(serving: Serving | None, policies: Policies | None = None) -> PolicyChooser:
    """A chooser with a memory of its own."""
    snapshots = FixedSnapshots(serving)
    return PolicyChooser(policies or load_policies(), snapshots, Sessions(10_000))  # type: ignore[arg-type]


def stable(tmp_path: Path, seconds: int = 600) -> Policies:
    """Policies whose choices hold for ten minutes."""
    path = tmp_path / "policies.toml"
    path.write_text(f"[pool.'*']\nsession_stable = {seconds}\n", encoding="utf-8")
    return load_policies(path)


@given(
    st.text(max_size=20).filter(str.isprintable),
    st.lists(st.sampled_from(IDS), unique=True),
    st.sampled_from(["", "mugs"]),
)
def test_only_what_is_ready_is_chosen_and_only_what_is_missing_demanded(
    decision_id: str, ready: list[str], category: str
) -> None:
    """If not, an empty picture is shown, or a finished one is made again."""
    readiness = Readiness(eligible=IDS, ready=tuple(ready))
    asked = question(0, decision_id=decision_id, readiness=readiness, category=category)
    decision = chooser(None).choose([asked])[0].decision
    assert decision.served in (ready or ["original"])
    missing = set(IDS) - set(ready)
    assert decision.demanded in missing if missing else not decision.demanded
    assert sum(decision.probabilities.values()) == 1.0


def test_every_ready_arm_is_drawn_as_often_without_a_snapshot() -> None:
    """If not, the first decisions of a pool would be biased towards some prompt."""
    made = chooser(None).choose([question(number) for number in range(6000)])
    drawn = Counter(choice.decision.chosen for choice in made)
    assert all(abs(drawn[arm] - 2000) < 200 for arm in IDS[:3])
    assert {choice.policy for choice in made} == {NO_SNAPSHOT}


def test_a_snapshot_decides_for_its_pool() -> None:
    """If it did not, nothing that was learned would be shown."""
    made = chooser(learned()).choose([question(number) for number in range(2000)])
    drawn = Counter(choice.decision.chosen for choice in made)
    assert drawn["c@1"] / 2000 == pytest.approx(0.6 + 0.4 / 3, abs=0.04)
    assert {(one.policy, one.decision.policy_version) for one in made} == {("LinUCB", "mugs@3")}


def test_a_new_arm_is_shown_evenly_until_it_is_known() -> None:
    """If it were left out, its propensity would be 0; if the choice failed, nothing would show."""
    policy = chooser(learned())
    asked = question(1, readiness=Readiness(eligible=IDS, ready=IDS))
    choice = policy.choose([asked])[0]
    assert choice.policy == NEW_ARM
    assert set(choice.decision.probabilities.values()) == {0.25}
    assert policy._snapshots.wanted == [("shop", "mugs")]  # type: ignore[attr-defined]


def test_what_the_caller_named_is_nobodys_policy() -> None:
    """If it were, a policy would learn from choices that it did not make."""
    asked = question(1, category="", readiness=Readiness(eligible=IDS[:1], ready=IDS[:1]))
    choice = chooser(learned()).choose([asked])[0]
    assert (choice.policy, choice.decision.chosen) == (NAMED, "a@1")
    assert choice.decision.propensity == 1.0


def test_items_of_one_request_are_answered_in_their_order() -> None:
    """If not, a page shows one item's background behind another."""
    asked = [
        question(number, category=category, offer_id=str(number))
        for number, category in enumerate(["mugs", "", "shoes", "mugs", ""])
    ]
    policy = chooser(learned())
    together = policy.choose(asked)
    assert [one.decision.decision_id for one in together] == [one.decision_id for one in asked]
    assert together == [policy.choose([one])[0] for one in asked]


def _stretches(policy: PolicyChooser, units: int) -> list[list[Choice]]:
    asked = [
        [question(9 * unit + look, unit=f"u{unit}") for look in range(3)] for unit in range(units)
    ]
    return [[policy.choose([one])[0] for one in looks] for looks in asked]


def test_a_shopper_keeps_an_items_background_for_a_while(tmp_path: Path) -> None:
    """If not, pictures flicker from page to page."""
    policy = chooser(learned(), stable(tmp_path))
    for looks in _stretches(policy, 50):
        assert len({one.decision.chosen for one in looks}) == 1
        assert [one.repeat for one in looks] == [False, True, True]
        assert len({one.decision.propensity for one in looks}) == 1


def test_first_looks_of_a_stretch_have_exact_propensities(tmp_path: Path) -> None:
    """If not, holding a choice would bias every estimate."""
    policy = chooser(learned(), stable(tmp_path))
    firsts = [looks[0].decision for looks in _stretches(policy, 4000)]
    drawn = Counter(decision.chosen for decision in firsts)
    for arm, share in firsts[0].probabilities.items():
        error = (share * (1 - share) / 4000) ** 0.5
        assert drawn[arm] / 4000 == pytest.approx(share, abs=4 * error)


def test_a_choice_ends_with_its_creative_and_the_next_is_drawn_anew(tmp_path: Path) -> None:
    """If the old draw were used again, what follows a rejection would not have its propensity."""
    policy = chooser(learned(), stable(tmp_path))
    after: Counter[str] = Counter()
    for unit in range(4000):
        first = policy.choose([question(unit, unit=f"u{unit}")])[0].decision
        if first.chosen != "c@1":
            continue
        gone = question(-unit, IDS[:2], unit=f"u{unit}")
        second = policy.choose([gone])[0]
        assert (second.repeat, second.stretch) == (False, 0.0)
        assert replay(second.decision) == second.decision.chosen
        after[second.decision.chosen] += 1
        assert policy.choose([gone])[0].repeat
    # Of a and b, b is the better one: .8 = .6 + .4 / 2.
    assert after["b@1"] / after.total() == pytest.approx(0.8, abs=0.03)


def test_another_process_draws_the_same_first_choice_and_it_replays(tmp_path: Path) -> None:
    """If not, a shopper would see other backgrounds behind another load balancer's back."""
    asked = question(1, unit="u1")
    here, there = (
        chooser(learned(), stable(tmp_path)).choose([replace_id(asked, name)])[0]
        for name in ("d1", "d2")
    )
    assert here.decision.chosen == there.decision.chosen
    draw_id = session_draw_id(asked.category, "u1", "o", "p", at=NOON, seconds=here.stretch)
    assert replay(there.decision, draw_id) == there.decision.chosen


def test_a_shopper_who_enters_an_experiment_is_drawn_for_anew() -> None:
    """If not, a choice from before it would count as the variant's own."""
    plain, varied = (
        session_draw_id(pool, "u1", "o", "p", at=NOON, seconds=3600.0)
        for pool in ("kitchen", "kitchen#linucb")
    )
    assert plain != varied


def test_stretches_end(tmp_path: Path) -> None:
    """If not, a shopper would never see what was learned since."""
    policy = chooser(learned(), stable(tmp_path))
    policy.choose([question(1, unit="u1")])
    later = policy.choose([question(2, unit="u1", at=NOON + 601.0)])[0]
    assert not later.repeat


def test_without_a_shopper_nothing_holds(tmp_path: Path) -> None:
    """If it did, all strangers would see the same background."""
    policy = chooser(learned(floor=1.0), stable(tmp_path))
    made = policy.choose([question(number) for number in range(100)])
    assert len({one.decision.chosen for one in made}) == 3
    assert not any(one.repeat for one in made)


def test_a_literal_choice_is_kept_and_shown_once_it_is_there(tmp_path: Path) -> None:
    """If not, the paper's rule and sessions could not be used together."""
    serving = learned(floor=0.0)
    literal = serving._replace(decider=replace(serving.decider, rule="literal"))
    policy = chooser(literal, stable(tmp_path))
    first = policy.choose([question(1, IDS[:1], unit="u1")])[0].decision
    assert (first.chosen, first.served, first.demanded) == ("c@1", "original", "c@1")
    again = policy.choose([question(2, unit="u1")])[0]
    assert (again.decision.served, again.repeat) == ("c@1", True)


def replace_id(asked: Question, decision_id: str) -> Question:
    """The same impression under another id."""
    return asked._replace(decision_id=decision_id)
