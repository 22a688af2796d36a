"""The form of an own scene: its geometry by numbers, its picture checked and written anew."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image
from starlette.datastructures import UploadFile

from kirakat.catalog.decode_image import DecodeLimits, decode_image
from kirakat.errors import ImageError, StoreError
from kirakat.prompts.vocabulary import CATEGORIES, LIGHTINGS, PALETTES, SURFACES
from kirakat.review.web.visit import Visit

VIEWS = ("standing", "lying", "hanging")
TEMPERATURES = ("warm", "neutral", "cool")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_BYTES = 20_000_000
# Smaller scenes would be enlarged in every placement.
_LEAST_SIDE = 700
_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_QUALITY = 92


class ScenePicture(NamedTuple):
    """A picture of our own making: no metadata, nothing hidden."""

    # JPEG.
    data: bytes
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a number of the form means, and its limits."""

    label: str
    low: float
    high: float


# Shares in percent, angles in degrees; by field.
NUMBERS: Mapping[str, Bounds] = {
    "support_x": Bounds(label="Support point, from the left", low=0, high=100),
    "support_y": Bounds(label="Support point, from the top", low=0, high=100),
    "support_width": Bounds(label="Width of the support", low=5, high=100),
    "horizon": Bounds(label="Horizon, from the top", low=-100, high=200),
    "camera_elevation": Bounds(label="Camera above eye level", low=0, high=90),
    "azimuth": Bounds(label="Light from", low=0, high=360),
    "elevation": Bounds(label="Light above the ground", low=0, high=90),
    "softness": Bounds(label="Softness of the light", low=0, high=100),
}


def read_name(visit: Visit) -> str:
    """Field `name`; raises `StoreError`."""
    name = visit.text("name").strip()
    if len(name) > 60 or not _NAME.fullmatch(name):
        raise StoreError(
            "The name must be lower-case words joined by hyphens, such as oak-counter."
        )
    return name


def read_description(visit: Visit, size: tuple[int, int]) -> dict[str, Any]:
    """The scene's description as in a folder of scenes; raises `StoreError`."""
    is_from_above = visit.text("from_above") == "on"
    numbers = {
        name: _number(visit, name, bounds)
        for name, bounds in NUMBERS.items()
        if not (name == "horizon" and is_from_above)
    }
    views = _some(visit, "views", VIEWS)
    if not views:
        raise StoreError("Choose at least one view: standing, lying or hanging.")
    return {
        "width": size[0],
        "height": size[1],
        "support": {"x": numbers["support_x"] / 100, "y": numbers["support_y"] / 100},
        "support_width": numbers["support_width"] / 100,
        "horizon": None if is_from_above else numbers["horizon"] / 100,
        "support_front": 1.0 if visit.text("is_floor") == "on" and not is_from_above else None,
        "camera_elevation": numbers["camera_elevation"],
        "light": {
            "azimuth": numbers["azimuth"] % 360,
            "elevation": numbers["elevation"],
            "softness": numbers["softness"] / 100,
            "temperature": _one(visit, "temperature", TEMPERATURES),
        },
        "views": views,
        "surface": _one(visit, "surface", ("", *SURFACES)),
        "lighting": _one(visit, "lighting", ("", *LIGHTINGS)),
        "palette": _one(visit, "palette", ("", *PALETTES)),
        "tags": [part.strip()[:40] for part in visit.text("tags").split(",") if part.strip()][:20],
        "categories": _some(visit, "categories", CATEGORIES),
        "licence": visit.text("licence").strip()[:200],
        "origin": "",
    }


def read_picture(visit: Visit) -> ScenePicture | None:
    """File `picture`, or None when none was chosen; raises `StoreError`, saying what is wrong."""
    file = visit.form.get("picture")
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    data = file.file.read(_MOST_BYTES + 1)
    if not data.startswith(_HEADS):
        raise StoreError("The picture must be a JPEG or PNG file.")
    limits = DecodeLimits(max_bytes=_MOST_BYTES, min_side=_LEAST_SIDE)
    try:
        image = decode_image(data, "The picture", limits=limits)
    except ImageError as error:
        # Not passed on as the cause: the file is wrong, not the store.
        raise StoreError(f"{error}.") from None
    if image.alpha is not None:
        raise StoreError("The picture has clear parts; a scene fills its whole canvas.")
    buffer = io.BytesIO()
    Image.fromarray(image.pixels).save(buffer, "JPEG", quality=_QUALITY)
    return ScenePicture(buffer.getvalue(), image.width, image.height)


def _number(visit: Visit, name: str, bounds: Bounds) -> float:
    try:
        value = float(visit.text(name))
    except ValueError:
        raise StoreError(f"{bounds.label}: a number is missing.") from None
    if not bounds.low <= value <= bounds.high:
        raise StoreError(f"{bounds.label}: from {bounds.low:g} to {bounds.high:g}.")
    return round(value, 4)


def _one(visit: Visit, name: str, known: Sequence[str]) -> str:
    value = visit.text(name)
    return value if value in known else known[0]


def _some(visit: Visit, name: str, known: Sequence[str]) -> list[str]:
    chosen = visit.texts(name)
    return [value for value in known if value in chosen]
