"""Step 1: which pixels of a photo are the product, and its rim's colours without the ground's.

The file's own alpha is used where it has one. Else the product is told from a plain ground by its
colour, with a segmenter as the second witness, or by the segmenter alone. The rim is then solved
as a soft matte, and its colours are freed from the ground's.
"""

from __future__ import annotations

from dataclasses import replace

from kirakat.errors import MaskError
from kirakat.imaging.matting.components import count_objects, tight_box, touched_sides
from kirakat.imaging.matting.confidence import confidence_of
from kirakat.imaging.matting.find import find_product, take_given
from kirakat.imaging.matting.foreground import estimate_foreground
from kirakat.imaging.matting.glass import clear_colours
from kirakat.imaging.matting.own_alpha import is_meaningful, snapped
from kirakat.imaging.matting.refine import glass_at, refine
from kirakat.imaging.matting.rough import Rough
from kirakat.imaging.matting.settings import MaskSettings
from kirakat.models.protocols import Segmenter
from kirakat.types import RGB, Alpha, Cutout, ModelInfo, SourceImage

__all__ = ["MaskSettings", "mask"]

_DEFAULTS = MaskSettings()
# Raised whenever the ground's model or its weighing changes.
_BACKDROP = "backdrop@2"
# Pictures with a shorter side show no product.
_SMALLEST = 16
# Shares of the picture that mean that nothing, or everything, was found.
_NOTHING, _EVERYTHING = 0.0005, 0.985


def mask(
    image: SourceImage,
    *,
    segmenter: Segmenter,
    settings: MaskSettings = _DEFAULTS,
    object_mask: Alpha | None = None,
) -> Cutout:
    """Cut the product out of its photo.

    `object_mask` (H, W) in [0, 1] is a person's correction; only its rim is then refined.
    Raises `MaskError`, saying what would help, where no product is found.
    """
    _refuse_tiny(image)
    if object_mask is not None:
        rough, model = take_given(image.pixels, object_mask, settings), "person"
    elif image.alpha is not None and is_meaningful(image.alpha):
        return with_own_alpha(image, image.alpha, settings)
    else:
        rough = find_product(image.pixels, segmenter.segment, settings)
        model = _model_of(rough, segmenter.info)
    _refuse_unless_found(rough, image)
    alpha = refine(image.pixels, rough, settings)
    cutout = _cutout(alpha, _clean_colours(image.pixels, alpha, rough))
    return replace(cutout, method=rough.method, model=model, confidence=_confidence(rough, alpha))


def with_own_alpha(image: SourceImage, own: Alpha, settings: MaskSettings = _DEFAULTS) -> Cutout:
    """The product by a matte (H, W) that came with the photo; no model is asked."""
    alpha = snapped(own, settings.snap_low, settings.snap_high)
    return _cutout(alpha, estimate_foreground(image.pixels, alpha))


def _cutout(alpha: Alpha, foreground: RGB) -> Cutout:
    """A cutout that rests on given coverage."""
    return Cutout(
        foreground=foreground,
        alpha=alpha,
        bbox=tight_box(alpha),
        method="alpha",
        model="alpha",
        confidence=1.0,
        coverage=float(alpha.mean()),
        border_contact=touched_sides(alpha),
        object_count=count_objects(alpha),
    )


def _clean_colours(pixels: RGB, alpha: Alpha, rough: Rough) -> RGB:
    foreground = estimate_foreground(pixels, alpha)
    if rough.glass is None or rough.backdrop is None:
        return foreground
    where = (glass_at(rough.glass, alpha.shape) > 0.0) & (alpha > 0.0) & (alpha < 1.0)
    foreground[where] = clear_colours(pixels, alpha, rough.backdrop, where)
    return foreground


def _confidence(rough: Rough, alpha: Alpha) -> float:
    return 1.0 if rough.method == "alpha" else confidence_of(rough, alpha)


def _model_of(rough: Rough, info: ModelInfo) -> str:
    network = f"{info.name}@{info.revision}"
    return f"{_BACKDROP}+{network}" if rough.method == "backdrop" else network


def _refuse_tiny(image: SourceImage) -> None:
    if min(image.width, image.height) < _SMALLEST:
        raise MaskError(
            f"{image.uri}: {image.width}x{image.height} px is too small to show a product; "
            "use a larger photo",
            uri=image.uri,
        )


def _refuse_unless_found(rough: Rough, image: SourceImage) -> None:
    share = float(rough.product.mean())
    if _NOTHING < share < _EVERYTHING:
        return
    what = "no product was found" if share <= _NOTHING else "no ground was found around the product"
    raise MaskError(
        f"{image.uri}: {what}; use a photo of the whole product on a plain ground, a file with "
        "an alpha channel, or draw the mask in the review pages",
        uri=image.uri,
        coverage=share,
    )
