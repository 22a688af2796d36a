"""One creative with everything that a person needs to decide about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.review.explain import describe
from kirakat.review.queue.measures import Gauge, gauges, product_line
from kirakat.review.review_events import standing
from kirakat.store.creatives import get_creative
from kirakat.store.evidence import OVERLAYS, STEPS, read_evidence
from kirakat.store.images import get_image
from kirakat.store.jobs import get_render
from kirakat.store.ledger import read_reviews
from kirakat.store.ledger_records import ReviewRecord
from kirakat.store.records import CreativeRecord, RenderRecord
from kirakat.store.review_records import Account
from kirakat.types import Placement

_SIDES = re.compile(r"cuts the product at \d+ sides \(([a-z, ]+)\)")
_STEP_NAMES = {
    "source": "Photo", "mask": "1 Mask", "edges": "3 Edges", "scene": "Scene",
    "generated": "4 Generated",
}  # fmt: skip


class Step(NamedTuple):
    """One picture of the strip."""

    label: str
    sha256: str


class Fact(NamedTuple):
    """One line of the certificate."""

    label: str
    value: str


class Box(NamedTuple):
    """A rectangle on the creative, in its pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Item:
    """What the single view shows."""

    creative: CreativeRecord
    title: str
    category: str
    prompt: str
    negative: str
    # Of the photo; None where it was never fetched.
    source: str | None
    link: str
    verdict: str
    defects: tuple[str, ...]
    reasons: tuple[str, ...]
    product: tuple[str, str] | None
    gauges: tuple[Gauge, ...]
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    # Names of the veils that can be drawn over the picture.
    overlays: tuple[str, ...]
    safe_area: Box
    # Sides at which the canvas cuts the product off.
    cut_sides: tuple[str, ...]
    history: tuple[tuple[datetime, str], ...]
    # The last decision, if the reader may take it back; empty otherwise.
    last_event: str
    # Who decided already, and how; empty while it is open.
    decided: str


def read_item(connection: Connection, person: Account, key: str) -> Item:
    """One creative of the person's merchant; raises `NotFoundError`."""
    creative = get_creative(connection, person.merchant_id, key)
    if creative.sha256 is None:
        raise NotFoundError("There is no picture of it yet.")
    render = get_render(connection, creative.render_id)
    events = read_reviews(connection, person.merchant_id, key)
    kept = read_evidence(connection, person.merchant_id, key, creative.revision)
    gate = creative.gate or {}
    source = _source(connection, creative)
    decided = standing(events, creative.revision)
    return Item(
        creative=creative,
        title=render.offer.title,
        category=render.prompt.prompt.category if render.prompt else "",
        prompt=render.prompt.text if render.prompt else "",
        negative=render.prompt.negative if render.prompt else "",
        source=source,
        link=render.offer.link if render.offer.link.startswith(("https://", "http://")) else "",
        verdict=gate.get("verdict", "pass"),
        defects=tuple(gate.get("defects", ())),
        reasons=tuple(gate.get("reasons", ())),
        product=product_line(creative.certificate),
        gauges=gauges(creative.certificate),
        facts=_facts(creative, render),
        steps=_steps(kept, source, creative.sha256),
        overlays=tuple(name for name in OVERLAYS if name in kept),
        safe_area=_safe_area(creative.placement),
        cut_sides=_cut_sides(gate),
        history=tuple((event.at, describe(event, person.name)) for event in reversed(events)),
        last_event=_undoable(events, creative, person),
        decided=describe(decided, person.name) if decided else "",
    )


def _source(connection: Connection, creative: CreativeRecord) -> str | None:
    """The hash of the photo that it was made of."""
    told = (creative.certificate or {}).get("source_sha256")
    if told:
        return str(told)
    try:
        return get_image(connection, creative.image_id).sha256
    except NotFoundError:
        return None


def _steps(kept: Mapping[str, str], source: str | None, finished: str) -> tuple[Step, ...]:
    """What is stored of the way from the photo to the picture."""
    known = {**({"source": source} if source else {}), **kept}
    steps = [Step(_STEP_NAMES[name], known[name]) for name in STEPS if name in known]
    return (*steps, Step("5 Cut back", finished))


def _safe_area(placement: Placement) -> Box:
    insets, width, height = placement.safe_area, placement.width, placement.height
    return Box(
        x=round(insets.left * width, 1),
        y=round(insets.top * height, 1),
        width=round((1 - insets.left - insets.right) * width, 1),
        height=round((1 - insets.top - insets.bottom) * height, 1),
    )


def _cut_sides(gate: Mapping[str, Any]) -> tuple[str, ...]:
    """The sides that the gate's own sentence names; the certificate does not have them."""
    found = (_SIDES.search(str(reason)) for reason in gate.get("reasons", ()))
    return tuple(side for match in found if match for side in match.group(1).split(", "))


def _facts(creative: CreativeRecord, render: RenderRecord) -> tuple[Fact, ...]:
    told = creative.certificate or {}
    size = f"{creative.width} by {creative.height}, {(creative.format or '').upper()}"
    kilobytes = f"{(creative.bytes or 0) / 1e3:.0f} kB"
    cropped = f"{told['crop_loss']:.0%} of the render" if "crop_loss" in told else ""
    seed = told.get("seed")
    facts = (
        Fact("Offer", creative.offer_id),
        Fact("Placement", creative.placement.name),
        Fact("Size", f"{size}, {kilobytes}"),
        Fact("Arm", creative.arm),
        Fact("Recipe", creative.recipe_label),
        Fact("Model", str(told.get("model") or "")),
        Fact("Licence", str(told.get("model_licence") or "")),
        Fact("Scene", str(told.get("scene_id") or "")),
        Fact("Seed, attempt", "" if seed is None else f"{seed}, {creative.attempt}"),
        Fact("Cropped away", cropped),
        Fact("Key, revision", f"{creative.key[:12]}, {creative.revision}"),
        Fact("File", (creative.sha256 or "")[:12]),
        Fact("Photo", str(told.get("source_sha256") or "")[:12]),
        Fact("Matte", str(told.get("matte_sha256") or "")[:12]),
        Fact("Asked for", f"{render.asked} times" if render.asked else ""),
    )
    return tuple(fact for fact in facts if fact.value)


def _undoable(events: list[ReviewRecord], creative: CreativeRecord, person: Account) -> str:
    if not events:
        return ""
    last = events[-1]
    is_fresh = last.record.get("revision_after") == creative.revision
    may = last.reviewer == person.name or person.role == "admin"
    return last.review_id if last.verdict != "undo" and is_fresh and may else ""
