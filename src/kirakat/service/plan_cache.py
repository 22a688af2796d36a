"""Plans by what they depend on, until their catalogue or their pools change."""

from __future__ import annotations

from collections.abc import Mapping

from kirakat.clock import Clock
from kirakat.service.lru import Lru
from kirakat.service.plans import Plan, PlanId

# Seconds; changes of catalogues and pools are noticed at once, this is for all that is not.
_TTL = 300.0
# Seconds for which an unknown offer stays unknown.
_UNKNOWN_TTL = 5.0


class PlanCache:
    """Plans that are fresh, and stale ones for when the database is down."""

    def __init__(self, size: int, clock: Clock) -> None:
        self._plans: Lru[PlanId, Plan] = Lru(size)
        self._clock = clock
        # By merchant and catalogue, as last seen in the database.
        self._revisions: dict[tuple[str, str], int] = {}
        # Revision of the pools by merchant.
        self._pools: dict[str, int] = {}

    def get(self, plan_id: PlanId, now: float) -> Plan | None:
        """A plan that is fresh at the monotonic time `now`, or None."""
        plan = self._plans.get(plan_id)
        if plan is None:
            return None
        ttl = _TTL if plan.offer is not None else _UNKNOWN_TTL
        if now - plan.built_at > ttl:
            return None
        if plan.pools_revision < self._pools.get(plan_id[0], 0):
            return None
        revision = self._revisions.get(plan_id[:2], 0)
        return plan if plan.catalog_revision >= revision else None

    def get_stale(self, plan_id: PlanId) -> Plan | None:
        """The last plan that was known, however old."""
        return self._plans.get(plan_id)

    def put(self, plan_id: PlanId, plan: Plan, *, revision: int, pools: int = 0) -> None:
        """Keep a plan that was built at a catalogue's revision, and one of the pools."""
        plan.built_at, plan.catalog_revision = self._clock.monotonic(), revision
        plan.pools_revision = pools
        self._plans.put(plan_id, plan)

    def note_revisions(self, revisions: Mapping[tuple[str, str], int]) -> None:
        """Plans of older revisions are stale from now on."""
        self._revisions.update(revisions)

    def revision(self, merchant_id: str, catalog: str) -> int:
        """A catalogue's revision as last seen; 0 for one that was never seen."""
        return self._revisions.get((merchant_id, catalog), 0)

    def note_pools(self, merchant_id: str, revision: int) -> None:
        """Plans of older pools are stale from now on."""
        self._pools[merchant_id] = revision
