"""The pages as routes to be mounted beside a service."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from kirakat.review.audit.audit_page import show_audit
from kirakat.review.catalogues.catalogue_acts import change_catalogue
from kirakat.review.catalogues.catalogue_pages import CataloguePage, show_catalogues
from kirakat.review.dashboard.dashboard_page import Dashboard
from kirakat.review.desk import ROOT, Desk
from kirakat.review.errands.errand_routes import show_errand
from kirakat.review.mask.mask_routes import bring_photo, save, segment, show_mask
from kirakat.review.offers.offer_acts import change_offer
from kirakat.review.offers.offer_page import show_offer
from kirakat.review.people.attempts import Addresses
from kirakat.review.people.sign_in_page import SignIn, sign_in_form, sign_out
from kirakat.review.pictures.picture_routes import SmallPictures, show_overlay, show_picture
from kirakat.review.prompts.prompt_routes import (
    act_on_prompt,
    edit_prompt,
    lint,
    offer_products,
    preview,
    save_prompt,
    show_prompts,
)
from kirakat.review.queue.act_routes import act, take_back
from kirakat.review.queue.queue_pages import show_item, show_item_part, show_next, show_queue
from kirakat.review.scenes.scene_routes import (
    edit_scene,
    remove_scene,
    save_scene,
    show_scenes,
    show_small,
)
from kirakat.review.web.headers import protect
from kirakat.review.web.pages import Handler, page
from kirakat.review.web.static import static_file
from kirakat.store.review_records import Role


def review_routes(desk: Desk) -> list[BaseRoute]:
    """What a service mounts: everything under `/review`, and `/review` itself."""
    pages = Starlette(routes=_routes(desk), exception_handlers={HTTPException: _plain})
    pages.router.redirect_slashes = False
    return [Route(ROOT, _home, methods=["GET"]), Mount(ROOT, pages)]


def _routes(desk: Desk) -> list[BaseRoute]:
    def route(path: str, handler: Handler, role: Role | None, method: str = "GET") -> Route:
        return Route(path, page(desk, handler, role=role), methods=[method])

    sign_in = SignIn(Addresses(desk))
    return [
        Route("/", _home, methods=["GET"]),
        Route("/static/{edition}/{name:path}", static_file, methods=["GET"]),
        route("/login", sign_in_form, None),
        route("/login", sign_in, None, "POST"),
        route("/logout", sign_out, "viewer", "POST"),
        route("/queue", show_queue, "viewer"),
        route("/queue/next", show_next, "viewer"),
        route("/queue/act", act, "reviewer", "POST"),
        route("/queue/undo", take_back, "reviewer", "POST"),
        route("/queue/{key}", show_item, "viewer"),
        route("/queue/{key}/part", show_item_part, "viewer"),
        route("/pictures/{sha256}", show_picture, "viewer"),
        route("/pictures/{sha256}/small", SmallPictures(), "viewer"),
        route("/overlays/{key}/{revision:int}/{name}.png", show_overlay, "viewer"),
        route("/errands/{errand_id}", show_errand, "viewer"),
        route("/mask/{key}", show_mask, "viewer"),
        route("/mask/{key}/photo", bring_photo, "reviewer", "POST"),
        route("/mask/{key}/segment", segment, "reviewer", "POST"),
        route("/mask/{key}/save", save, "reviewer", "POST"),
        route("/prompts", show_prompts, "viewer"),
        route("/prompts/edit", edit_prompt, "viewer"),
        route("/prompts/offers", offer_products, "viewer"),
        route("/prompts/lint", lint, "reviewer", "POST"),
        route("/prompts/preview", preview, "reviewer", "POST"),
        route("/prompts/save", save_prompt, "reviewer", "POST"),
        route("/prompts/act", act_on_prompt, "reviewer", "POST"),
        route("/scenes", show_scenes, "viewer"),
        route("/scenes/edit", edit_scene, "admin"),
        route("/scenes/save", save_scene, "admin", "POST"),
        route("/scenes/remove", remove_scene, "admin", "POST"),
        route("/scenes/{scene_id}/small", show_small, "viewer"),
        route("/catalogues", show_catalogues, "viewer"),
        route("/catalogues/{name:path}", CataloguePage(), "viewer"),
        route("/catalogues/{name:path}", change_catalogue, "admin", "POST"),
        route("/offers/{offer_id:path}", show_offer, "viewer"),
        route("/offers/{offer_id:path}", change_offer, "reviewer", "POST"),
        route("/dashboard", Dashboard(), "viewer"),
        route("/audit", show_audit, "admin"),
    ]


async def _home(_: Request) -> Response:
    return protect(RedirectResponse(f"{ROOT}/queue", 303))


async def _plain(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Something went wrong."
    return protect(PlainTextResponse(detail, status))
