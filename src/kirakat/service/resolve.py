"""`POST /v1/creatives:resolve`: what to show now, from memory wherever it can be.

Plain ASGI: the frameworks' validation costs more than all the work of a warm answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from kirakat.clock import Clock
from kirakat.service.answer import FULL, Answer, Decider, Moment, unknown_answer
from kirakat.service.authenticate import Authenticator, DatabaseDownError
from kirakat.service.creative_cache import CreativeCache, Entry
from kirakat.service.decision_log import DecisionLog
from kirakat.service.edge import RESOLVE_PATH
from kirakat.service.health import Health
from kirakat.service.lookup import DOWN, Lookup
from kirakat.service.metrics import Metrics
from kirakat.service.plan_cache import PlanCache
from kirakat.service.plans import Plan, PlanId, View
from kirakat.service.problems import MEDIA_TYPE, ProblemError, problem_body
from kirakat.service.resolve_request import ResolveRequest, read_resolve


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
        recipe: str,
    ) -> None:
        self._authenticator = authenticator
        self._plans, self._creatives, self._lookup = plans, creatives, lookup
        self._decider, self._decisions = decider, decisions
        self._health, self._metrics, self._clock = health, metrics, clock
        self._recipe = recipe

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
        found = self._remembered(request.items)
        missing = [item for item, one in zip(request.items, found, strict=True) if one is None]
        failure = ""
        if missing:
            failure = await self._lookup.fill(caller.merchant_id, missing)
            found = [
                one or self._as_known_now(item)
                for one, item in zip(found, request.items, strict=True)
            ]
        moment = self._moment(caller.merchant_id, request_id, request, failure)
        answers = []
        for number, item in enumerate(request.items):
            plan = found[number]
            if plan is None or plan.view is None:
                body = unknown_answer(item.offer_id, moment.trouble or DOWN)
                answers.append(Answer(body, "unavailable", None))
                continue
            position = request.positions[number]
            answers.append(self._decider.answer(plan, plan.view, moment, number, position))
        return self._written(answers, request_id)

    def _moment(
        self, merchant_id: str, request_id: str, request: ResolveRequest, failure: str
    ) -> Moment:
        trouble = failure or ("" if self._health.is_up("database") else DOWN)
        if not trouble and self._decisions.room() < len(request.items):
            trouble = FULL
        return Moment(
            merchant_id, request_id, request.context, request.user, self._clock.now(),
            self._recipe, trouble, self._health.is_up("blobs"),
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
        return View(entries, version=version, expires=expires)

    def _as_known_now(self, item: PlanId) -> Plan | None:
        """The plan after the look, successful or not: an old one is better than none."""
        plan = self._plans.get_stale(item)
        if plan is not None:
            entries = {arm: self._creatives.get_stale(one.key) for arm, one in plan.arms.items()}
            # Gone with this request: the next one looks again.
            plan.view = View(entries, version=-1, expires=0.0)
        return plan

    def _written(self, answers: Sequence[Answer], request_id: str) -> bytes:
        decisions = [answer.decision for answer in answers if answer.decision is not None]
        self._decisions.extend(decisions)
        statuses = [answer.status for answer in answers]
        for status in set(statuses):
            self._metrics.item(status, statuses.count(status))
        if len(decisions) < len(answers):
            self._metrics.unlogged("any", len(answers) - len(decisions))
        return _frame([answer.body for answer in answers], request_id)


def _answer_strangers(body: bytes, request_id: str) -> bytes:
    """While the database is down a key may be good without anybody knowing: nothing is told."""
    items = read_resolve(body, "").items
    return _frame([unknown_answer(item.offer_id, DOWN) for item in items], request_id)


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
