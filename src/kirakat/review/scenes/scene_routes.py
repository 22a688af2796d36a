"""`/review/scenes`: the grid, and a merchant's own scenes with their geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.prompts.vocabulary import CATEGORIES, LIGHTINGS, PALETTES, SURFACES
from kirakat.review.desk import ROOT
from kirakat.review.scenes.scene_form import (
    NUMBERS,
    TEMPERATURES,
    VIEWS,
    read_description,
    read_name,
    read_picture,
)
from kirakat.review.scenes.scene_library import ShownScene, library, small_scene
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.audit import append_audit
from kirakat.store.own_scenes import OwnScene, list_scenes, put_scene, retire_scene

_FILTERS = {"view": VIEWS, "surface": SURFACES, "lighting": LIGHTINGS, "palette": PALETTES}
# A table at eye level in a studio's light: most photographs come close.
_USUAL: Mapping[str, Any] = {
    "support": {"x": 0.5, "y": 0.72}, "support_width": 0.6, "horizon": 0.5,
    "camera_elevation": 12, "views": ["standing"], "surface": "", "lighting": "", "palette": "",
    "light": {"azimuth": 315, "elevation": 50, "softness": 0.6, "temperature": "neutral"},
    "tags": [], "categories": [], "licence": "", "support_front": None,
}  # fmt: skip


def show_scenes(visit: Visit) -> Response:
    """The grid: `view`, `surface`, `lighting`, `palette`, and `own` for the merchant's alone."""
    chosen = {
        name: visit.query(name) if visit.query(name) in known else ""
        for name, known in _FILTERS.items()
    }
    with visit.desk.database.reading() as connection:
        scenes = library(connection, visit.desk, visit.merchant_id)
    found = [one for one in scenes if _suits(one, chosen)]
    if visit.query("own"):
        found = [one for one in found if one.own]
    return show(
        visit, "scenes/scenes.html.j2",
        scenes=found, total=len(scenes), filters=_FILTERS, chosen=chosen,
        own=bool(visit.query("own")), saved=visit.query("saved"),
    )  # fmt: skip


def show_small(visit: Visit) -> Response:
    """A small picture of one of the installation's scenes."""
    data = small_scene(visit.desk, str(visit.path("scene_id")))
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(data, media_type="image/jpeg", headers=headers)


def edit_scene(visit: Visit) -> Response:
    """The form: `name` of an own scene, or none for a new one."""
    name = visit.query("name")
    with visit.desk.database.reading() as connection:
        own = _named(connection, visit.merchant_id, name)
    if name and own is None:
        raise NotFoundError("There is no such scene of yours.")
    return show(
        visit, "scenes/edit.html.j2",
        own=own, values=_values(own), numbers=NUMBERS, views=VIEWS,
        temperatures=TEMPERATURES, categories=CATEGORIES,
        terms={"surface": SURFACES, "lighting": LIGHTINGS, "palette": PALETTES},
    )  # fmt: skip


def save_scene(visit: Visit) -> Response:
    """Keep a scene; `seen` is the id of the one that was changed, empty for a new one."""
    desk, merchant_id, seen = visit.desk, visit.merchant_id, visit.text("seen")
    name, picture = read_name(visit), read_picture(visit)
    if picture is not None:
        sha256, size = desk.blobs.put(picture.data), (picture.width, picture.height)
    else:
        with desk.database.reading() as connection:
            before = _named(connection, merchant_id, name)
        if before is None:
            raise StoreError("Choose a picture.")
        sha256, size = before.sha256, (before.record["width"], before.record["height"])
    record = read_description(visit, size)
    with desk.database.writing() as connection:
        present = _named(connection, merchant_id, name)
        if (present.scene_id if present else "") != seen:
            raise ConflictError(
                f"There is another scene {name} by now: choose another name, or load the page anew."
            )
        scene_id = put_scene(
            connection, merchant_id, name,
            sha256=sha256, record=record, actor=visit.account.name, now=desk.clock.now(),
        )  # fmt: skip
        _note(connection, visit, "entered a scene", scene_id)
    return RedirectResponse(f"{ROOT}/scenes?own=1&saved={name}", 303)


def remove_scene(visit: Visit) -> Response:
    """Start nothing from an own scene any more: `name`."""
    name = visit.text("name")
    with visit.desk.database.writing() as connection:
        retire_scene(connection, visit.merchant_id, name, now=visit.desk.clock.now())
        _note(connection, visit, "removed a scene", name)
    return RedirectResponse(f"{ROOT}/scenes", 303)


def _values(own: OwnScene | None) -> Mapping[str, Any]:
    """What the form begins with; what a description may leave out is as usual."""
    record = {"horizon": None, **own.record} if own else {}
    return {**_USUAL, **record, "light": {**_USUAL["light"], **record.get("light", {})}}


def _suits(shown: ShownScene, chosen: Mapping[str, str]) -> bool:
    scene = shown.scene
    return (
        (not chosen["view"] or chosen["view"] in scene.views)
        and chosen["surface"] in ("", scene.surface)
        and chosen["lighting"] in ("", scene.lighting)
        and chosen["palette"] in ("", scene.palette)
    )


def _named(connection: Connection, merchant_id: str, name: str) -> OwnScene | None:
    return next((one for one in list_scenes(connection, merchant_id) if one.name == name), None)


def _note(connection: Connection, visit: Visit, action: str, subject: str) -> None:
    append_audit(
        connection, visit.merchant_id, actor=visit.account.name, action=action, subject=subject,
        now=visit.desk.clock.now(),
    )  # fmt: skip
