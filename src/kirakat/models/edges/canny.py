"""Canny edges with thresholds found from the picture itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB

# Gradients below this, in 8-bit levels of the 3x3 Sobel operator, are noise in any photo.
_NOISE = 16.0
# The upper threshold stays in this range: below it the weave of cloth turns into edges, above it
# a single hard print hides the folds and seams of what it is printed on.
_HIGH_RANGE = (60.0, 70.0)
_LOW_SHARE = 0.4


@dataclass(frozen=True, kw_only=True)
class CannyEdgeDetector:
    """Canny, "A Computational Approach to Edge Detection" (1986), on the strongest channel.

    The upper threshold is Otsu's on the picture's gradient magnitudes, the lower one a fixed
    share of it. Colour edges without a change of brightness are found too, since each pixel
    takes the gradient of the channel in which it is largest.
    """

    # Standard deviation, in pixels, of the blur that keeps texture and noise out.
    sigma: float = 1.1

    def detect(self, pixels: RGB) -> NDArray[np.uint8]:
        """Edges (H, W), 0 or 255, of an (H, W, 3) picture."""
        import cv2

        dx, dy = _gradients(pixels, self.sigma)
        low, high = thresholds(np.hypot(dx.astype(np.float32), dy.astype(np.float32)))
        return np.asarray(cv2.Canny(dx, dy, low, high, L2gradient=True), np.uint8)


def thresholds(magnitudes: NDArray[np.float32]) -> tuple[float, float]:
    """Canny's lower and upper threshold for gradient magnitudes (H, W) in 8-bit levels.

    Otsu, "A Threshold Selection Method from Gray-Level Histograms" (1979), over what is above
    the noise; a picture without any such gradient gets the highest thresholds.
    """
    import cv2

    strong = magnitudes[magnitudes > _NOISE]
    if strong.size == 0:
        return _LOW_SHARE * _HIGH_RANGE[1], _HIGH_RANGE[1]
    # Sobel's largest response to an 8-bit step is 4 * 255.
    levels = np.clip(strong / 4.0, 0.0, 255.0).astype(np.uint8).reshape(1, -1)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    high = float(np.clip(4.0 * level, *_HIGH_RANGE))
    return _LOW_SHARE * high, high


def _gradients(pixels: RGB, sigma: float) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Sobel's dx and dy (H, W), each pixel's from the channel with the largest magnitude."""
    import cv2

    smooth = cv2.GaussianBlur(pixels, (0, 0), sigma)
    dx = np.asarray(cv2.Sobel(smooth, cv2.CV_16S, 1, 0), np.int16)
    dy = np.asarray(cv2.Sobel(smooth, cv2.CV_16S, 0, 1), np.int16)
    strength = np.square(dx, dtype=np.int32) + np.square(dy, dtype=np.int32)
    channel = strength.argmax(2)[..., None]
    return (
        np.ascontiguousarray(np.take_along_axis(dx, channel, 2)[..., 0]),
        np.ascontiguousarray(np.take_along_axis(dy, channel, 2)[..., 0]),
    )
