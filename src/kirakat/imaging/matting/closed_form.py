"""The matte in the unknown band: closed-form matting (Levin, Lischinski, Weiss, CVPR 2006)."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats, lengths
from kirakat.types import RGB

# Weight of the rough coverage in the unknown band, beside the matting Laplacian (whose diagonal
# is about 1): it decides only where colours do not, and more so where product and ground differ
# by less than _CONTRAST (of 1) in RGB, such as at the rim of clear plastic.
_PRIOR, _CONTRAST = 0.01, 0.12
_ITERATIONS = 600


def solve_matte(pixels: RGB, trimap: Floats, rough: Floats) -> Floats:
    """Coverage (h, w) of a picture (h, w, 3), given 0, 1 or .5 (unknown) at every pixel.

    `rough` is a first guess of the coverage, followed where colours do not tell. Solved on the
    crop around the unknown pixels alone.
    """
    unknown = (trimap > 0.0) & (trimap < 1.0)
    if not unknown.any():
        return trimap
    x, y, width, height = cv2.boundingRect(unknown.astype(np.uint8))
    crop = slice(max(0, y - 2), y + height + 2), slice(max(0, x - 2), x + width + 2)
    matte = trimap.copy()
    weight = _prior_weight(pixels[crop], trimap[crop])
    solved = _solve(pixels[crop], trimap[crop], rough[crop], weight)
    matte[crop][unknown[crop]] = np.clip(solved, 0.0, 1.0)
    return matte


def _prior_weight(pixels: RGB, trimap: Floats) -> Floats:
    """Weight (h, w) of the rough coverage: the less product and ground differ nearby, the more."""
    product, ground = (_nearby(pixels, trimap == side) for side in (1.0, 0.0))
    contrast = lengths(product - ground) / 255.0
    return np.asarray(_PRIOR * (1.0 + (_CONTRAST / np.maximum(contrast, 0.02)) ** 4), np.float32)


def _nearby(pixels: RGB, where: Bools) -> Floats:
    """Mean colour (h, w, 3) around each pixel of the pixels of `where`."""
    sigma = 0.01 * max(where.shape) + 2.0
    mass = cv2.GaussianBlur(where.astype(np.float32), (0, 0), sigma)
    total = cv2.GaussianBlur(pixels * where[..., None].astype(np.float32), (0, 0), sigma)
    mean = np.asarray(total) / np.maximum(np.asarray(mass)[..., None], 1e-6)
    return mean.astype(np.float32)


def _solve(pixels: RGB, trimap: Floats, rough: Floats, weight: Floats) -> Floats:
    """Coverage of the unknown pixels, in raster order.

    Minimises  a' L a + weight |a - rough|^2  over the unknown pixels, the others held.
    """
    from pymatting.laplacian.cf_laplacian import cf_laplacian
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import cg

    unknown = (trimap > 0.0) & (trimap < 1.0)
    free, held = np.flatnonzero(unknown), np.flatnonzero(~unknown)
    rows = cf_laplacian(
        pixels.astype(np.float64) / 255.0, epsilon=3e-6, is_known=~unknown.ravel()
    ).tocsr()[free]
    pull = weight.ravel()[free].astype(np.float64)
    system = rows[:, free] + diags_array(pull)
    guess = rough.ravel()[free].astype(np.float64)
    target = pull * guess - rows[:, held] @ trimap.ravel()[held].astype(np.float64)
    solution, _ = cg(
        system,
        target,
        x0=guess,
        rtol=1e-4,
        maxiter=_ITERATIONS,
        M=diags_array(1.0 / system.diagonal()),
    )
    return np.asarray(solution, np.float32)
