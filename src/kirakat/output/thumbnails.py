"""Small pictures of creatives and photos."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

from kirakat.types import RGB


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A small JPEG, ready to be put into a page."""

    uri: str
    # Pixels.
    width: int
    height: int

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height


def decode_small(data: bytes, *, width: int, height: int) -> Image.Image:
    """An encoded picture as RGB, no larger than the box and never enlarged."""
    with Image.open(io.BytesIO(data)) as image:
        # Lets the JPEG decoder skip most of the work; twice the size keeps the resample sharp.
        image.draft("RGB", (2 * width, 2 * height))
        image.load()
        return _fit(_flat(image), width, height)


def shrink(pixels: RGB, *, width: int, height: int) -> Image.Image:
    """An (H, W, 3) array as a picture no larger than the box and never enlarged."""
    return _fit(Image.fromarray(pixels), width, height)


def as_thumbnail(image: Image.Image, *, quality: int = 77) -> Thumbnail:
    """A picture as a JPEG data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Thumbnail(uri=f"data:image/jpeg;base64,{text}", width=image.width, height=image.height)


def _flat(image: Image.Image) -> Image.Image:
    """Without transparency: on white, as a shop would show it."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


def _fit(image: Image.Image, width: int, height: int) -> Image.Image:
    image = image.copy()
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    return image
