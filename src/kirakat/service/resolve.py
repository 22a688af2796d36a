"""`POST /v1/creatives:resolve`: what to show now, from memory wherever it can be.

Plain ASGI: the frameworks' validation costs more than all the work of a warm answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.types import Receive, Scope, Send

from kirakat.clock import Clock
from kirakat.service.answer import FULL, Answer, Decider, closed, unknown_answer
from kirakat.service.assign import (
    Assigned,
    Exposure,
    Pair,
    Variants,
    asks_category,
    exposure,
    is_possible,
    item_category,
    pairs_of,
)
from kirakat.service.authenticate import Authenticator, DatabaseDownError
from kirakat.service.contexts import RequestContext
from kirakat.service.creative_cache import CreativeCache, Entry
from kirakat.service.decision_log import DecisionLog, Logged
from kirakat.service.decision_token import TokenWriter
from kirakat.service.edge import RESOLVE_PATH
from kirakat.service.group_commit import GroupCommit
from kirakat.service.health import Health
from kirakat.service.lookup import DOWN, Lookup
from kirakat.service.metrics import Metrics
from kirakat.service.moment import Moment
from kirakat.service.plan_cache import PlanCache
from kirakat.service.plans import Plan, PlanId, View
from kirakat.service.problems import MEDIA_TYPE, ProblemError, problem_body
from kirakat.service.resolve_request import ResolveRequest, read_resolve
from kirakat.service.running_experiments import RunningExperiments
from kirakat.service.shopper import Shopper, shopper_of


class Resolve:
    """The endpoint."""

    def __init__(
        self,
        authenticator: Authenticator,
        plans: PlanCache,
        creatives: CreativeCache,
        lookup: Lookup,
        decider: Decider,
        decisions: DecisionLog,
        health: Health,
        metrics: Metrics,
        clock: Clock,
        *,
        experiments: RunningExperiments,
        recipe: str,
        pseudonym_secret: str,
        commit: GroupCommit | None,
        tokens: TokenWriter | None,
    ) -> None:
        """`commit`: write decisions before answering. `tokens`: do not write them at all."""
        self._authenticator = authenticator
        self._plans, self._creatives, self._lookup = plans, creatives, lookup
        self._decider, self._decisions = decider, decisions
        self._health, self._metrics, self._clock = health, metrics, clock
        self._recipe, self._pseudonym_secret = recipe, pseudonym_secret
        self._commit, self._tokens = commit, tokens
        self._experiments = experiments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope["kirakat_route"] = RESOLVE_PATH
        request_id = scope["state"]["request_id"]
        try:
            status, kind, headers = 200, b"application/json", {}
            body = await self._answer(scope, receive, request_id)
        except ProblemError as error:
            status, kind, headers = error.status, MEDIA_TYPE.encode(), error.headers
            body = problem_body(status, error.detail, request_id, error.errors)
        head = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        head += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> bytes:
        authorization, host = _credentials(scope)
        try:
            caller = await self._authenticator.caller(authorization, host, "resolve")
        except DatabaseDownError:
            return _answer_strangers(await _read(receive), request_id)
        request = read_resolve(await _read(receive), caller.merchant_id)
        shopper = shopper_of(self._pseudonym_secret, caller.merchant_id, request.user)
        exposures: Mapping[int, Exposure] = {}
        running = self._experiments.of(caller.merchant_id)
        pairs = (
            pairs_of(running, shopper.unit, request.context, self._clock.now()) if running else ()
        )
        if pairs:
            found, failure, exposures = await self._in_experiments(request, pairs)
        else:
            found, failure = await self._look_up(caller.merchant_id, request.items)
        moment = self._moment(caller.merchant_id, request_id, request, shopper, exposures, failure)
        known = self._decider.answer(found, request.positions, moment)
        answers = [
            known.get(number) or unknown_answer(item.offer_id, moment.trouble or DOWN)
            for number, item in enumerate(request.items)
        ]
        return _frame(await self._finished(answers), request_id)

    async def _in_experiments(
        self, request: ResolveRequest, pairs: Sequence[Pair]
    ) -> tuple[list[Plan | None], str, dict[int, Exposure]]:
        """Plans of what the shopper's variants ask for, and what is said of it."""
        merchant_id = request.items[0].merchant_id
        usual: Sequence[Plan | None] = [None] * len(request.items)
        if asks_category(pairs):
            usual, _ = await self._look_up(merchant_id, request.items)
        variants = Variants(pairs, request.context)
        assigned = [
            variants.of(item, item_category(plan))
            for item, plan in zip(request.items, usual, strict=True)
        ]
        items = [one.item for one in assigned]
        others = [other.item for one in assigned for other in one.alternatives]
        wanted = list(dict.fromkeys([*items, *others]))
        found, failure = await self._look_up(merchant_id, wanted)
        plans = {item: plan for item, plan in zip(wanted, found, strict=True) if plan is not None}
        if not all(is_possible(one, plans) for one in assigned):
            assigned, items = _as_usual(request.items, assigned, plans)
            found, failure = await self._look_up(merchant_id, items)
            plans |= {item: one for item, one in zip(items, found, strict=True) if one is not None}
        exposures = {
            number: exposure(one, plan, plan.view, plans)
            for number, one in enumerate(assigned)
            if one.pairs and (plan := plans.get(one.item)) is not None and plan.view is not None
        }
        return [plans.get(item) for item in items], failure, exposures

    async def _look_up(
        self, merchant_id: str, items: Sequence[PlanId]
    ) -> tuple[list[Plan | None], str]:
        """The plans of the items as far as they are known, and why the others are not."""
        found = self._remembered(items)
        missing = [item for item, one in zip(items, found, strict=True) if one is None]
        if not missing:
            return found, ""
        failure = await self._lookup.fill(merchant_id, missing)
        pairs = zip(found, items, strict=True)
        return [one or self._as_known_now(item) for one, item in pairs], failure

    def _moment(
        self,
        merchant_id: str,
        request_id: str,
        request: ResolveRequest,
        shopper: Shopper,
        exposures: Mapping[int, Exposure],
        failure: str,
    ) -> Moment:
        trouble = failure or ("" if self._health.is_up("database") else DOWN)
        if not trouble and self._decisions.room() < len(request.items):
            trouble = FULL
        now = self._clock.now()
        return Moment(
            merchant_id, request_id, request.items[0].catalog,
            RequestContext(request.context, shopper, now), shopper, exposures, now, self._recipe,
            trouble, self._health.is_up("blobs"),
        )  # fmt: skip

    def _remembered(self, items: Sequence[PlanId]) -> list[Plan | None]:
        """Plans with a view of their arms; None where a look into the database is needed."""
        now, version = self._clock.monotonic(), self._creatives.version
        found: list[Plan | None] = []
        plans = arms = 0
        for item in items:
            plan = self._plans.get(item, now)
            if plan is not None:
                plans += 1
                view = plan.view
                if view is None or view.version != version or view.expires <= now:
                    view = plan.view = self._view(plan, now, version)
                if view is None:
                    plan = None
                else:
                    arms += len(view.entries)
            found.append(plan)
        self._metrics.looked("plan", plans, len(items) - plans)
        self._metrics.looked("creative", arms, found.count(None))
        return found

    def _view(self, plan: Plan, now: float, version: int) -> View | None:
        """How the arms stand; None when that is not known, or the plan is outdated."""
        entries: dict[str, Entry | None] = {}
        expires = float("inf")
        for arm, candidate in plan.arms.items():
            entry = self._creatives.get(candidate.key, now)
            if entry is None or (entry.is_taken_back and entry.loaded_at > plan.built_at):
                return None
            entries[arm] = entry
            expires = min(expires, entry.expires)
        return View(entries, version=version, expires=expires, always=plan.always)

    def _as_known_now(self, item: PlanId) -> Plan | None:
        """The plan after the look, successful or not: an old one is better than none."""
        plan = self._plans.get_stale(item)
        if plan is not None:
            entries = {arm: self._creatives.get_stale(one.key) for arm, one in plan.arms.items()}
            # Gone with this request: the next one looks again.
            plan.view = View(entries, version=-1, expires=0.0, always=plan.always)
        return plan

    async def _finished(self, answers: Sequence[Answer]) -> list[bytes]:
        """The answers' bodies, once their decisions are where they belong."""
        statuses = [answer.status for answer in answers]
        for status in set(statuses):
            self._metrics.item(status, statuses.count(status))
        logged = [answer.logged for answer in answers if answer.logged is not None]
        if len(logged) < len(answers):
            self._metrics.unlogged("any", len(answers) - len(logged))
        if self._tokens is not None:
            write = self._tokens.write
            return [
                closed(one, is_logged=True, token=write(one.logged) if one.logged else "")
                for one in answers
            ]
        is_logged = await self._kept(logged)
        return [closed(one, is_logged=is_logged) for one in answers]

    async def _kept(self, logged: list[Logged]) -> bool:
        """Whether the decisions are written, or will be."""
        if self._commit is None or not logged:
            self._decisions.extend(logged)
            return True
        is_written = await self._commit.write(logged)
        if not is_written:
            self._metrics.unlogged("slow", len(logged))
        return is_written


def _as_usual(
    asked: Sequence[PlanId], assigned: Sequence[Assigned], plans: Mapping[PlanId, Plan]
) -> tuple[list[Assigned], list[PlanId]]:
    """The assigned items without those of which some variant cannot be had at all."""
    kept = [
        one if is_possible(one, plans) else Assigned(item, (), ())
        for item, one in zip(asked, assigned, strict=True)
    ]
    return kept, [one.item for one in kept]


def _answer_strangers(body: bytes, request_id: str) -> bytes:
    """While the database is down a key may be good without anybody knowing: nothing is told."""
    items = read_resolve(body, "").items
    answers = [unknown_answer(item.offer_id, DOWN) for item in items]
    return _frame([closed(one, is_logged=False) for one in answers], request_id)


def _frame(bodies: Sequence[bytes], request_id: str) -> bytes:
    return b'{"items":[' + b",".join(bodies) + b'],"request_id":"' + request_id.encode() + b'"}'


def _credentials(scope: Scope) -> tuple[str, str]:
    host = scope["client"][0] if scope.get("client") else ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1"), host
    return "", host


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body
