"""`/review/mask/{key}`: the editor, what it asks of workers, and saving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from kirakat.errors import StoreError
from kirakat.review.desk import ROOT
from kirakat.review.errands.ask_errand import ask_errand
from kirakat.review.errands.errand_routes import errand_part
from kirakat.review.mask.find_photo import Photo, brought, find_photo
from kirakat.review.mask.read_matte import MAX_BYTES, read_matte
from kirakat.review.mask.save_matte import NewMatte, save_matte
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.creatives import get_creative
from kirakat.store.edited_mattes import list_edited_mattes
from kirakat.store.images import get_image
from kirakat.store.jobs import get_render
from kirakat.store.records import CreativeRecord
from kirakat.store.review_records import EditedMatte

# What may be asked for by name: the shipped one, and those of `rembg` that suit products.
MODELS = {
    "u2netp": "U²-Netp, shipped",
    "isnet-general-use": "IS-Net (rembg)",
    "birefnet-general": "BiRefNet (rembg)",
    "u2net": "U²-Net (rembg)",
    "silueta": "Silueta (rembg)",
}


class Start(NamedTuple):
    """The matte that the editor opens with."""

    sha256: str
    model: str


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What there is to draw on and with."""

    creative: CreativeRecord
    title: str
    # None while it has to be brought.
    photo: Photo | None
    start: Start | None
    # Drawn before, the one that holds first.
    mattes: list[EditedMatte]
    # Whether the address shows another photo by now.
    is_old: bool


def show_mask(visit: Visit) -> Response:
    """The editor."""
    with visit.desk.database.reading() as connection:
        canvas = _canvas(connection, visit)
    default = visit.desk.settings.segmenter
    models = {**({} if default in MODELS else {default: default}), **MODELS}
    return show(visit, "mask/mask.html.j2", canvas=canvas, models=models, default=default)


def bring_photo(visit: Visit) -> Response:
    """Ask a worker for the photo."""
    return errand_part(visit, ask_errand(visit, "source", {"offer_id": _creative(visit).offer_id}))


def segment(visit: Visit) -> Response:
    """Ask a worker for the matte of another model: field `model`."""
    model = visit.text("model")
    if model not in MODELS and model != visit.desk.settings.segmenter:
        raise StoreError("Choose one of the models.")
    wanted = {"offer_id": _creative(visit).offer_id, "model": model}
    return errand_part(visit, ask_errand(visit, "segment", wanted))


def save(visit: Visit) -> Response:
    """Keep the matte: file `matte`, fields `model` and `seen`."""
    desk, key = visit.desk, str(visit.path("key"))
    with desk.database.reading() as connection:
        photo = find_photo(connection, visit, _read(connection, visit))
    if photo is None:
        raise StoreError("The photo is not here yet.")
    data = read_matte(_sent(visit), photo.width, photo.height)
    seen = visit.text("seen")
    matte = NewMatte(
        sha256=desk.blobs.put(data),
        model=visit.text("model")[:100] or "person",
        seen=int(seen) if seen.isdigit() and len(seen) < 9 else 0,
    )
    with desk.database.writing() as connection:
        count = save_matte(connection, visit.account, key, matte, desk.engine, now=desk.clock.now())
        held = list_edited_mattes(connection, visit.merchant_id, _read(connection, visit).image_id)
    if not visit.wants_json:
        return RedirectResponse(f"{ROOT}/mask/{key}", 303)
    again = "1 creative is" if count == 1 else f"{count} creatives are"
    message = f"Mask saved: {again} made again." if count else "Mask saved."
    return JSONResponse({"message": message, "remade": count, "seen": held[0].number})


def _canvas(connection: Connection, visit: Visit) -> Canvas:
    creative = _read(connection, visit)
    image = get_image(connection, creative.image_id)
    mattes = list_edited_mattes(connection, visit.merchant_id, creative.image_id)
    start = Start(mattes[0].sha256, mattes[0].model) if mattes else None
    if start is None:
        wanted = {"offer_id": creative.offer_id, "model": visit.desk.settings.segmenter}
        errand = brought(connection, visit, "segment", wanted, image)
        start = Start(errand.sha256, str(errand.made["model"])) if errand else None
    return Canvas(
        creative=creative,
        title=get_render(connection, creative.render_id).offer.title,
        photo=find_photo(connection, visit, creative),
        start=start,
        mattes=mattes,
        is_old=not image.current,
    )


def _creative(visit: Visit) -> CreativeRecord:
    with visit.desk.database.reading() as connection:
        return _read(connection, visit)


def _read(connection: Connection, visit: Visit) -> CreativeRecord:
    return get_creative(connection, visit.merchant_id, str(visit.path("key")))


def _sent(visit: Visit) -> bytes:
    file = visit.form.get("matte")
    if not isinstance(file, UploadFile):
        raise StoreError("The mask is missing.")
    return file.file.read(MAX_BYTES + 1)
