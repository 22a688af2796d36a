"""Cut a product out of its photo and place it on white: the pipeline without a model.

Run: python examples/position_on_white.py PHOTO OUT.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

from kirakat.catalog.decode_image import decode_image
from kirakat.imaging.encode import encode
from kirakat.imaging.xmp import Metadata
from kirakat.models.segmenters.registry import load_segmenter
from kirakat.pipeline.grounds import white_ground
from kirakat.pipeline.step1_mask import mask
from kirakat.pipeline.step2_place import place_positioned
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.quality.fidelity import fidelity
from kirakat.types import Placement

PLACEMENT = Placement(name="square", width=600, height=600)


def main(photo: Path, out: Path) -> None:
    """Write `out` and say what was measured."""
    image = decode_image(photo.read_bytes(), str(photo))
    cutout = mask(image, segmenter=load_segmenter())
    layout = place_positioned(
        cutout,
        width=PLACEMENT.width,
        height=PLACEMENT.height,
        safe_area=PLACEMENT.safe_area,
        category="default",
    )
    ground = white_ground(PLACEMENT.width, PLACEMENT.height)
    picture = cut_back(image.pixels, cutout, layout, ground, shadow=None)
    difference, compared = fidelity(picture, image.pixels, cutout, layout)
    out.write_bytes(encode(picture, PLACEMENT, metadata=Metadata(treatment="positioned")))
    print(f"matte by {cutout.model}, confidence {cutout.confidence:.2f}")
    print(f"{compared} product pixels compared with the source: largest difference {difference}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
