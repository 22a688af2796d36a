"""Choices that hold for a while: a shopper keeps seeing an item's background.

The draw is hashed from (pool, unit, offer, placement, stretch of time) instead of the decision,
so every process draws alike, and a decision's chance of its arm is still the probability that is
logged: the hash is as good as new for every shopper, item and stretch. What is shown again within
the stretch is the first decision's outcome; it carries that decision's probabilities and the flag
`repeat`, and is no independent evidence: estimates leave it out, or count one shopper's decisions
together.
"""

from __future__ import annotations

from kirakat.bandit.draw import uniform_draw


def session_draw_id(
    pool: str, unit: str, offer_id: str, placement: str, *, at: float, seconds: float
) -> str:
    """What the draw of a stretch is hashed from; `at` in seconds since 1970.

    The pool is in it, so that a shopper who enters an experiment keeps no choice from before.
    Stretches begin at another moment for every shopper and item, so that a page's backgrounds
    do not all change at once.
    """
    who = f"{pool}\x1f{unit}\x1f{offer_id}\x1f{placement}"
    stretch = int(at / seconds + uniform_draw("session", who))
    return f"{who}\x1f{stretch}"
