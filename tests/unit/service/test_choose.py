"""The uniform chooser."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kirakat.service.choose import Question, UniformChooser

_ARMS = ["a@1", "b@1", "c@1", "d@1"]


def _question(decision_id: str, ready: list[str]) -> Question:
    return Question(
        decision_id=decision_id, merchant_id="shop", offer_id="o", placement="p",
        eligible=_ARMS, ready=ready, position=None, context={}, user="",
    )  # fmt: skip


@given(st.text(max_size=20), st.lists(st.sampled_from(_ARMS), unique=True))
def test_only_what_is_ready_is_chosen_and_only_what_is_missing_demanded(
    decision_id: str, ready: list[str]
) -> None:
    """Otherwise an empty picture is shown, or a finished one is made again."""
    choice = UniformChooser().choose(_question(decision_id, ready))
    assert choice.chosen in (ready or ["original"])
    assert (choice.demanded in set(_ARMS) - set(ready)) if len(ready) < 4 else not choice.demanded
    assert abs(sum(choice.probabilities.values()) - 1) < 1e-12


def test_every_ready_arm_is_drawn_as_often() -> None:
    """Otherwise the logged propensities are wrong, and so is all that is learned from them."""
    chooser = UniformChooser()
    drawn = Counter(chooser.choose(_question(str(i), _ARMS[:3])).chosen for i in range(6000))
    assert all(abs(count - 2000) < 150 for count in drawn.values())


def test_the_same_decision_is_drawn_again_alike() -> None:
    """Otherwise a log cannot be replayed."""
    chooser = UniformChooser()
    assert chooser.choose(_question("x", _ARMS)) == chooser.choose(_question("x", _ARMS))
