"""A shop with pictures to review, its people, and the pages on a free port."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from PIL import Image, ImageDraw
from starlette.applications import Starlette

from kirakat.clock import Clock, SystemClock
from kirakat.engine.port.engine import Job
from kirakat.review.app import review_routes
from kirakat.review.desk import Desk
from kirakat.settings import Settings
from kirakat.store.accounts import create_account
from kirakat.store.ask import ask
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.catalogs import sync_offers
from kirakat.store.claim_company import claim_renders
from kirakat.store.claims import finish_render
from kirakat.store.creatives import waiting_creatives
from kirakat.store.database import Database, open_database
from kirakat.store.identities import image_id_of, make_ask
from kirakat.store.images import record_fetch
from kirakat.store.merchants import ensure_merchant
from kirakat.store.records import Ask, FetchedImage, Finished, Move
from kirakat.store.review_records import ROLES
from kirakat.store.schema import upgrade
from kirakat.store.states import CreativeState
from kirakat.store.transitions import publish
from kirakat.types import Offer, Placement, Prompt, Recipe, RenderedPrompt

PASSWORD = "a window full of mugs"  # noqa: S105  of the test's own people
RECIPE = Recipe(name="scene-tiny", version=1, pipeline_version=1, generator="tiny")
PLACEMENTS = (
    Placement(name="300x250", width=300, height=250),
    Placement(name="300x600", width=300, height=600),
    Placement(name="square", width=400, height=400),
)
CERTIFICATE: dict[str, Any] = {
    "product_difference": 0, "product_pixels": 41_234, "encoded_psnr": 44.1, "expansion": 0.05,
    "expansion_noise": 0.004, "halo": 12.6, "contact": 0.81, "coverage": 0.21,
    "mask_confidence": 0.93, "crop_loss": 0.08, "model": "kirakat-tiny@4404571b",
    "model_licence": "Apache-2.0", "prompt": "", "seed": 1234, "scene_id": "villa-01",
    "source_sha256": "", "matte_sha256": "0" * 64,
}  # fmt: skip
REASONS = {
    "virtual_extension": "the background adds 4.6% to the product's area, noise deducted; "
    "without review at most 0.03",
    "halo": "a rim stands out by 12.6 (CIE76); without review at most 11.5",
    "cut": "the canvas cuts the product at 1 sides (left), limit 0",
}


@dataclass
class NoEngine:
    """Remembers what was enqueued."""

    jobs: list[Job] = field(default_factory=list)

    def enqueue(self, _connection: object, jobs: Any) -> int:
        """Note the jobs."""
        found = list(jobs)
        self.jobs += found
        return len(found)

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One creative to be made: files and what the gate said."""

    offer: Offer
    placement: Placement
    data: bytes
    photo: bytes
    category: str = "home"
    prompt_id: str = "home-oak"
    text: str = "on an oak table, soft light, product photography"
    verdict: str = "review"
    defects: Sequence[str] = ("halo",)
    reasons: Sequence[str] = ()
    certificate: dict[str, Any] = field(default_factory=lambda: dict(CERTIFICATE))


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The store of a shop."""

    database: Database
    blobs: Blobs
    engine: NoEngine
    clock: Clock
    settings: Settings

    @property
    def desk(self) -> Desk:
        """What the pages work with."""
        return Desk(
            settings=self.settings, database=self.database, blobs=self.blobs, engine=self.engine,
            clock=self.clock,
        )  # fmt: skip


def open_shop(folder: Path, *, clock: Clock | None = None, url: str = "", **settings: Any) -> Shop:
    """An empty shop in a folder, with "anna" (admin), "rita" (reviewer), "vera" (viewer)."""
    database = open_database(url or f"sqlite:///{folder / 'kirakat.db'}")
    upgrade(database)
    shop = Shop(
        database=database,
        blobs=open_blobs(str(folder / "blobs")),
        engine=NoEngine(),
        clock=clock or SystemClock(),
        settings=Settings(merchant_id="shop", cache_dir=folder / "cache", **settings),
    )
    enter_people(shop, "shop", {"anna": "admin", "rita": "reviewer", "ron": "reviewer",
                                "vera": "viewer"})  # fmt: skip
    return shop


def enter_people(shop: Shop, merchant_id: str, roles: dict[str, str]) -> None:
    """Enter people, all with the same password."""
    secret, now = _secret(), shop.clock.now()
    with shop.database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        for name, role in roles.items():
            create_account(
                connection, merchant_id, name, role=ROLES[ROLES.index(role)],
                password_hash=secret, now=now,
            )  # fmt: skip


@cache
def _secret() -> str:
    """A hash that is checked fast: what the pages themselves keep takes half a second."""
    return str(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))


def make_shots(
    count: int, *, merchant_id: str = "shop", sizes: int = 3, tag: str = ""
) -> list[Shot]:
    """Creatives that cost almost nothing, each a little different."""
    photo = _encoded(_mug((200, 200), (250, 250, 248)))
    drawn: dict[tuple[int, int], bytes] = {}
    shots = []
    for number in range(count):
        placement = PLACEMENTS[number % sizes]
        kind = (number % 12, number % sizes)
        if kind not in drawn:
            colour = (120 + kind[0] * 9, 150 - kind[0] * 5, 140 + kind[0] * 4)
            drawn[kind] = _encoded(_mug((placement.width, placement.height), colour))
        defect = ("halo", "virtual_extension", "cut")[number % 3]
        shots.append(
            Shot(
                offer=Offer(
                    offer_id=f"mug-{tag}{number}", merchant_id=merchant_id,
                    title=f"Mug number {number}",
                    image_link=f"https://shop.example/{tag}{number}.jpg",
                ),
                placement=placement, data=drawn[kind], photo=photo,
                category="home" if number % 2 else "kitchen",
                prompt_id="home-oak" if number % 2 else "kitchen-marble",
                defects=(defect,), reasons=(REASONS[defect],),
            )
        )  # fmt: skip
    return shots


def enter(
    shop: Shop, shots: Sequence[Shot], *, merchant_id: str = "shop", catalog: str = "main"
) -> list[str]:
    """Publish creatives as a worker would; gives their keys, in order."""
    now = shop.clock.now()
    with shop.database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        offers = list({shot.offer.offer_id: shot.offer for shot in shots}.values())
        sync_offers(connection, merchant_id, catalog, offers, now=now)
    keys = []
    for number, shot in enumerate(shots):
        at = now - timedelta(minutes=3 * (len(shots) - number))
        keys.append(_enter(shop, shot, merchant_id, at))
    return keys


def ask_of(shot: Shot, *, merchant_id: str = "shop") -> Ask:
    """What a recommender asks for."""
    prompt = Prompt(
        prompt_id=shot.prompt_id, version=1, category=shot.category, template="{title}",
        negative="text, people", tags=(), why="calm",
    )  # fmt: skip
    return make_ask(
        offer=shot.offer, image_id=image_id_of(merchant_id, shot.offer.image_link, 0),
        placement=shot.placement, treatment="generated",
        prompt=RenderedPrompt(prompt=prompt, text=shot.text, negative="text, people"),
        recipe=RECIPE, bucket=f"{shot.placement.width}x{shot.placement.height}",
    )  # fmt: skip


def ask_for(shop: Shop, shots: Sequence[Shot]) -> list[str]:
    """Have creatives wait on the queue; gives their keys."""
    with shop.database.writing() as connection:
        wanted = [ask_of(shot) for shot in shots]
        made = ask(connection, wanted, "online", now=shop.clock.now())
    return [item.key for item in made]


def _enter(shop: Shop, shot: Shot, merchant_id: str, at: Any) -> str:
    image_id = image_id_of(merchant_id, shot.offer.image_link, 0)
    wanted = ask_of(shot, merchant_id=merchant_id)
    photo, sha256 = shop.blobs.put(shot.photo), shop.blobs.put(shot.data)
    state: dict[str, CreativeState] = {
        "pass": "ready", "review": "in_review", "reject": "rejected"
    }  # fmt: skip
    with shop.database.writing() as connection:
        made = ask(connection, [wanted], "online", now=at)[0]
        ticket = f"{made.render_id}:0"
        claim_renders(connection, tickets=[ticket], executor_id="worker", now=at)
        record_fetch(
            connection, image_id, FetchedImage(sha256=photo, width=200, height=200), now=at
        )
        held = {item.key: item for item in waiting_creatives(connection, made.render_id)}
        move = Move(
            merchant_id=merchant_id, key=made.key, revision=held[made.key].revision,
            origin="rendering", target=state[shot.verdict], reason="; ".join(shot.reasons),
            actor="worker",
        )  # fmt: skip
        finished = Finished(
            sha256=sha256, format="jpeg", bytes=len(shot.data), width=shot.placement.width,
            height=shot.placement.height,
            certificate={**shot.certificate, "source_sha256": photo},
            gate={"verdict": shot.verdict, "defects": list(shot.defects),
                  "reasons": list(shot.reasons)},
            attempt=0,
        )  # fmt: skip
        publish(connection, move, finished, now=at)
        finish_render(connection, render_id=made.render_id, ticket=ticket, now=at)
    return made.key


@contextmanager
def serve_pages(desk: Desk) -> Iterator[str]:
    """The pages alone, on a free port; gives their address."""
    config = uvicorn.Config(
        Starlette(routes=review_routes(desk)), port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _mug(size: tuple[int, int], ground: tuple[int, int, int]) -> Image.Image:
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    width, height = size
    left, top, side = width * 0.3, height * 0.3, min(width, height) * 0.4
    draw.ellipse((left + side * 0.6, top + side * 0.2, left + side * 1.2, top + side * 0.8),
                 outline=(190, 120, 40), width=6)  # fmt: skip
    draw.rounded_rectangle((left, top, left + side, top + side), 12, fill=(200, 130, 50))
    return picture


def _encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
