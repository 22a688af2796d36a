"""Where a measure failed, as a coloured veil over the creative."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageFilter

from kirakat.review.pictures.load_picture import Picture

# sRGB by overlay: red for what was added, yellow for a rim, blue for the product's outline.
_COLOURS = {
    "coverage": (28, 108, 196),
    "expansion": (214, 48, 38),
    "halo": (240, 170, 0),
}


def tint(mask: Picture, overlay: str) -> Picture:
    """A PNG that is clear where the grey mask is black; the coverage becomes its outline."""
    with Image.open(io.BytesIO(mask.data)) as image:
        grey = image.convert("L")
    if overlay == "coverage":
        inside = grey.point(lambda level: 255 if level > 127 else 0)
        width = max(3, (max(grey.size) // 200) | 1)
        grey = ImageChops.subtract(inside, inside.filter(ImageFilter.MinFilter(width)))
    else:
        grey = grey.point(lambda level: level * 3 // 4)
    veil = Image.new("RGBA", grey.size, (*_COLOURS[overlay], 0))
    veil.putalpha(grey)
    buffer = io.BytesIO()
    veil.save(buffer, "PNG", compress_level=3)
    return Picture(buffer.getvalue(), "image/png")
