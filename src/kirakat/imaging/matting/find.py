"""The product as a hard mask at working size, by the first method that applies."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import Backdrop, detect_backdrop, refine_backdrop
from kirakat.imaging.matting.decide import decide_alone, decide_on_backdrop
from kirakat.imaging.matting.evidence import weigh
from kirakat.imaging.matting.glass import find_glass
from kirakat.imaging.matting.planes import Bools, Floats, fit_within, resized
from kirakat.imaging.matting.rough import Rough
from kirakat.imaging.matting.settings import MaskSettings
from kirakat.imaging.matting.two_pass import look_twice
from kirakat.types import RGB, Alpha


def find_product(pixels: RGB, segment: Callable[[RGB], Alpha], settings: MaskSettings) -> Rough:
    """The product of a photo (H, W, 3): by its plain ground and `segment`, or `segment` alone."""
    small = fit_within(pixels, settings.working_size)
    first, second = look_twice(small, segment, again=settings.second_pass)
    prior = np.asarray(0.5 * (first + second), np.float32)
    lab = rgb_to_lab(small)
    backdrop = detect_backdrop(lab, prior) if settings.backdrop else None
    if backdrop is None:
        return _by_segmenter(small, prior, first, second)
    product, backdrop = _on_backdrop(lab, prior, backdrop)
    glass = find_glass(lab, product, backdrop, segment)
    return Rough(
        pixels=small,
        product=product,
        glass=glass if glass.any() else None,
        backdrop=backdrop,
        first=first,
        second=second,
        method="backdrop",
    )


def take_given(pixels: RGB, object_mask: Alpha, settings: MaskSettings) -> Rough:
    """The product as a person drew it: `object_mask` (H, W) in [0, 1]."""
    small = fit_within(pixels, settings.working_size)
    given = resized(object_mask.astype(np.float32), small.shape)
    return Rough(pixels=small, product=given > 0.5, first=given, second=given, method="alpha")


def _by_segmenter(pixels: RGB, prior: Floats, first: Floats, second: Floats) -> Rough:
    product = decide_alone(prior)
    return Rough(
        pixels=pixels,
        product=product,
        uncertain=(prior > 0.1) & (prior < 0.9) & _near_rim(product),
        first=first,
        second=second,
        method="segmenter",
    )


def _near_rim(mask: Bools) -> Bools:
    """Within 1.5 % of the picture's long side of the mask's rim."""
    inside = mask.astype(np.uint8)
    inner, outer = (cv2.distanceTransform(side, cv2.DIST_L2, 3) for side in (inside, 1 - inside))
    distance = np.asarray(inner) + np.asarray(outer)
    return np.asarray(distance < 0.015 * max(mask.shape))


def _on_backdrop(lab: Floats, prior: Floats, backdrop: Backdrop) -> tuple[Bools, Backdrop]:
    """Decide, follow the ground into the openings found, and decide again."""
    first = decide_on_backdrop(lab, prior, weigh(lab, backdrop, prior), backdrop)
    backdrop = refine_backdrop(lab, backdrop, first)
    return decide_on_backdrop(lab, prior, weigh(lab, backdrop, prior), backdrop), backdrop
