"""What must hold of a ledger and of what was learned from it, whatever was killed meanwhile."""

from __future__ import annotations

import numpy as np
from sqlalchemy import func, select

from kirakat.bandit.learner.evidence import Evidence, sums_at
from kirakat.store.learned_slices import list_stretches
from kirakat.store.tables import events
from tests.support.asks import SHOP
from tests.support.learning_site import Shoppers
from tests.support.shoppers import ARMS


def check_everything(shoppers: Shoppers, state: Evidence) -> dict[str, int]:
    """Every event is in the ledger once, and in the sums once; gives what learners counted."""
    with shoppers.database.reading() as connection:
        kept = connection.execute(select(func.count()).select_from(events)).scalar()
        stretches = list_stretches(connection, SHOP)
    shoppers.database.close()
    assert kept == shoppers.events
    counts: dict[str, int] = {}
    for stretch in stretches:
        for name, number in stretch.counts.items():
            counts[name] = counts.get(name, 0) + number
    assert counts["learned"] == len(shoppers.arms)
    assert counts.get("late", 0) == counts.get("bots", 0) == 0
    width = shoppers.contexts.shape[1]
    sums = sums_at(state, ARMS, width, max(state.epochs), 1.0)
    for index, (count, clicks, outer, reward) in enumerate(shoppers.expected().values()):
        assert (sums.counts[index], sums.clicks[index]) == (count, clicks)
        np.testing.assert_allclose(sums.outer[index], outer, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(sums.reward[index], reward, rtol=1e-10, atol=1e-10)
    return counts
