"""Templates: each page keeps its own beside its code; everything is escaped."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from kirakat import __version__
from kirakat.review.desk import ROOT
from kirakat.review.web.navigation import navigation
from kirakat.review.web.static import static_address
from kirakat.review.web.visit import Visit


def show(visit: Visit, template: str, *, status: int = 200, **values: object) -> Response:
    """Render `folder/name.html.j2` of this package."""
    text = environment().get_template(template).render(
        root=ROOT,
        person=visit.person,
        csrf=visit.csrf,
        may=visit.may,
        now=visit.desk.clock.now(),
        path=visit.request.url.path,
        navigation=navigation(visit.may),
        version=__version__,
        **values,
    )  # fmt: skip
    return HTMLResponse(text, status_code=status)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja with autoescape for every template, and the pages' filters."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_address
    made.filters["age"] = age
    made.filters["moment"] = _moment
    made.filters["words"] = _words
    return made


def age(at: datetime, now: datetime) -> str:
    """How long ago, in one unit: "4 min", "3 h", "12 d"."""
    seconds = max(0.0, (now - at).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "just now"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _words(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ").replace("-", " ")
