"""`/review/prompts`: the pools, one prompt, and what is done with it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.imaging.placements import load_placements
from kirakat.prompts.lint import CLIP_TOKENS
from kirakat.prompts.vocabulary import CATEGORIES, LIGHTINGS, PALETTES, SURFACES
from kirakat.review.desk import ROOT
from kirakat.review.errands.ask_errand import ask_errand
from kirakat.review.prompts.figures import NOTHING, read_figures
from kirakat.review.prompts.preview_offers import preview_offers
from kirakat.review.prompts.prompt_form import (
    Judged,
    judge,
    next_version,
    read_form,
    read_window,
)
from kirakat.review.prompts.read_prompts import (
    KnownPrompt,
    read_prompt,
    read_prompts,
    shipped_pools,
)
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.audit import append_audit
from kirakat.store.catalogs import offers_by_id
from kirakat.store.json_records import to_json
from kirakat.store.policy_alarms import PolicyAlarm, list_alarms
from kirakat.store.prompt_rows import (
    pause_prompt,
    put_prompts,
    resume_prompt,
    retire_prompt,
    schedule_prompt,
)
from kirakat.types import Placement, Prompt

# Products that one preview draws at most: each takes a worker seconds.
_MOST_PREVIEWS = 4
_DID = {"pause": "paused a prompt", "resume": "resumed a prompt", "retire": "retired a prompt"}
_EMPTY = Prompt(
    prompt_id="", version=0, category="default", template="", negative="", tags=(), why=""
)


def show_prompts(visit: Visit) -> Response:
    """One pool with its prompts' figures: `category`."""
    desk, now = visit.desk, visit.desk.clock.now()
    with desk.database.reading() as connection:
        known = read_prompts(connection, visit.merchant_id, shipped_pools(desk), now)
        figures = read_figures(connection, visit.merchant_id, now)
        proposals = _proposals(connection, visit)
    pools: dict[str, list[KnownPrompt]] = {}
    for prompt in known:
        pools.setdefault(prompt.prompt.category, []).append(prompt)
    category = visit.query("category")
    category = category if category in pools else next(iter(pools))
    rates = [
        found.ctr for one in pools[category] if (found := figures.get(one.prompt.arm)) and found.ctr
    ]
    return show(
        visit, "prompts/prompts.html.j2",
        pools=pools, category=category, figures=figures, nothing=NOTHING, proposals=proposals,
        highest=max((rate.high for rate in rates if rate.high < 1), default=0.05),
    )  # fmt: skip


def edit_prompt(visit: Visit) -> Response:
    """One prompt, or a new one: `id`, or `category` for a new one."""
    desk, now, prompt_id = visit.desk, visit.desk.clock.now(), visit.query("id")
    shipped = shipped_pools(desk)
    with desk.database.reading() as connection:
        everything = read_prompts(connection, visit.merchant_id, shipped, now)
        known = next((one for one in everything if one.latest.prompt_id == prompt_id), None)
        if prompt_id and known is None:
            raise NotFoundError("There is no such prompt.")
        figures = read_figures(connection, visit.merchant_id, now) if known else {}
        proposals = _proposals(connection, visit)
        category = known.latest.category if known else visit.query("category") or "default"
        products = preview_offers(connection, visit.merchant_id, category, shipped.categories, "")
    prompt = known.latest if known else _EMPTY
    pool = [one.held for one in everything if one.held and one.held.category == category]
    return show(
        visit, "prompts/edit.html.j2",
        known=known, prompt=prompt, category=category, categories=_categories(everything),
        vocabulary={"surface": SURFACES, "lighting": LIGHTINGS, "palette": PALETTES},
        chosen={"surface": prompt.scene.surfaces, "lighting": prompt.scene.lightings,
                "palette": prompt.scene.palettes},
        judged=judge(prompt, pool) if known else None, limit=CLIP_TOKENS, figures=figures,
        nothing=NOTHING, products=products, placements=_placements(desk.settings.placements),
        proposal=proposals.get(known.prompt.arm) if known else None,
    )  # fmt: skip


def lint(visit: Visit) -> Response:
    """What is wrong with the form as it stands; a part of the page."""
    with visit.desk.database.reading() as connection:
        judged = _judge_form(connection, visit)[0]
    return show(visit, "prompts/_findings.html.j2", judged=judged, limit=CLIP_TOKENS)


def save_prompt(visit: Visit) -> Response:
    """Enter the form as the next version: `seen` is the version that the person began from."""
    desk, now = visit.desk, visit.desk.clock.now()
    starts, ends = read_window(visit)
    with desk.database.writing() as connection:
        judged, known = _judge_form(connection, visit)
        _compare(known, visit.text("seen"))
        if not judged.is_sound:
            told = " ".join(item.message for item in judged.findings if item.level == "error")
            raise StoreError(f"It was not entered: {told}.")
        if known is not None and _is_same(judged.prompt, known.latest):
            raise StoreError("Nothing was changed.")
        put = put_prompts(connection, visit.merchant_id, [judged.prompt], now=now)
        if put.refused:
            raise ConflictError("Somebody else entered this version first: load the page again.")
        if starts or ends:
            schedule_prompt(
                connection, visit.merchant_id, judged.prompt.prompt_id, judged.prompt.version,
                paused=False, starts_at=starts, ends_at=ends,
            )  # fmt: skip
        _note(connection, visit, "entered a prompt", judged.prompt.arm)
    return _back(judged.prompt.prompt_id)


def act_on_prompt(visit: Visit) -> Response:
    """`act`: pause, resume or retire all versions of `id`, or schedule one `version`."""
    desk, now = visit.desk, visit.desk.clock.now()
    merchant_id, prompt_id, act = visit.merchant_id, visit.text("id"), visit.text("act")
    with desk.database.writing() as connection:
        known = read_prompt(connection, merchant_id, shipped_pools(desk), prompt_id, now)
        # What was only shipped is entered first, so that there is a row to change.
        put_prompts(connection, merchant_id, [v.prompt for v in known.versions], now=now)
        if act == "pause":
            pause_prompt(connection, merchant_id, prompt_id)
        elif act == "resume":
            resume_prompt(connection, merchant_id, prompt_id)
        elif act == "retire":
            retire_prompt(connection, merchant_id, prompt_id, now=now)
        elif act == "schedule":
            _schedule(connection, visit, known)
        else:
            raise StoreError("Choose pause, resume, retire or schedule.")
        _note(connection, visit, _DID.get(act, "scheduled a prompt"), known.latest.arm)
    if visit.text("next") == "pool":
        query = urlencode({"category": known.latest.category})
        return RedirectResponse(f"{ROOT}/prompts?{query}", 303)
    return _back(prompt_id)


def offer_products(visit: Visit) -> Response:
    """Products to tick for a preview: `category`, `q`."""
    with visit.desk.database.reading() as connection:
        products = preview_offers(
            connection, visit.merchant_id, visit.query("category"),
            shipped_pools(visit.desk).categories, visit.query("q"),
        )  # fmt: skip
    return show(visit, "prompts/_products.html.j2", products=products, ticked=False)


def preview(visit: Visit) -> Response:
    """Ask workers for the form's prompt on the ticked products: `offer`, `placement`."""
    chosen = list(dict.fromkeys(visit.texts("offer")))
    if not 0 < len(chosen) <= _MOST_PREVIEWS:
        raise StoreError(f"Tick one to {_MOST_PREVIEWS} products.")
    placement = _placements(visit.desk.settings.placements).get(visit.text("placement"))
    if placement is None:
        raise StoreError("Choose a placement.")
    with visit.desk.database.reading() as connection:
        judged = _judge_form(connection, visit)[0]
        known = offers_by_id(connection, visit.merchant_id, chosen)
    if not judged.text:
        raise StoreError(judged.findings[0].message)
    wanted = {"prompt": to_json(judged.prompt), "placement": to_json(placement)}
    errands = [
        ask_errand(visit, "preview", {**wanted, "offer_id": offer_id})
        for offer_id in chosen
        if offer_id in known
    ]
    return show(visit, "prompts/_previews.html.j2", errands=errands)


def _judge_form(connection: Connection, visit: Visit) -> tuple[Judged, KnownPrompt | None]:
    now = visit.desk.clock.now()
    form = read_form(visit, 0)
    everything = read_prompts(connection, visit.merchant_id, shipped_pools(visit.desk), now)
    known = next((one for one in everything if one.latest.prompt_id == form.prompt_id), None)
    pool = [one.held for one in everything if one.held and one.held.category == form.category]
    return judge(next_version(form, known.latest if known else None), pool), known


def _compare(known: KnownPrompt | None, seen: str) -> None:
    present = known.latest.version if known else 0
    if str(present) == seen:
        return
    if seen == "0":
        raise ConflictError("There is a prompt of that id already: choose another id.")
    raise ConflictError(
        f"Somebody else entered version {present} meanwhile: load the page again to begin from it."
    )


def _is_same(prompt: Prompt, latest: Prompt) -> bool:
    return {**vars(prompt), "version": 0} == {**vars(latest), "version": 0}


def _schedule(connection: Connection, visit: Visit, known: KnownPrompt) -> None:
    version = visit.text("version")
    row = next((v.row for v in known.versions if str(v.prompt.version) == version), None)
    starts, ends = read_window(visit)
    schedule_prompt(
        connection, visit.merchant_id, known.latest.prompt_id,
        int(version) if version.isdigit() and len(version) < 9 else 0,
        paused=row.paused if row else False, starts_at=starts, ends_at=ends,
    )  # fmt: skip


def _proposals(connection: Connection, visit: Visit) -> dict[str, PolicyAlarm]:
    """By arm: what the guardrails propose to retire."""
    alarms = list_alarms(connection, visit.merchant_id)
    return {alarm.arm_id: alarm for alarm in alarms if alarm.kind == "retire"}


def _categories(everything: list[KnownPrompt]) -> list[str]:
    return list(dict.fromkeys([*CATEGORIES, *(one.latest.category for one in everything)]))


def _note(connection: Connection, visit: Visit, action: str, subject: str) -> None:
    append_audit(
        connection, visit.merchant_id, actor=visit.account.name, action=action, subject=subject,
        now=visit.desk.clock.now(),
    )  # fmt: skip


def _back(prompt_id: str) -> Response:
    return RedirectResponse(f"{ROOT}/prompts/edit?{urlencode({'id': prompt_id})}", 303)


@lru_cache(maxsize=4)
def _placements(extra: str) -> dict[str, Placement]:
    """Those that prompts are tried in: whole pictures, not tiles."""
    found = load_placements(Path(extra) if extra else None)
    return {name: one for name, one in found.items() if not one.is_tile}
