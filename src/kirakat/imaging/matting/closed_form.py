"""The matte in the unknown band: closed-form matting (Levin, Lischinski, Weiss, CVPR 2006)."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.colour_space import Bools, Floats
from kirakat.types import RGB

# Weight of the rough coverage in the unknown band, beside the matting Laplacian (whose diagonal
# is about 1): it decides only where colours do not.
_PRIOR = 0.01
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
    solved = _solve(pixels[crop], trimap[crop], rough[crop], unknown[crop])
    matte[crop][unknown[crop]] = np.clip(solved, 0.0, 1.0)
    return matte


def _solve(pixels: RGB, trimap: Floats, rough: Floats, unknown: Bools) -> Floats:
    """Coverage of the unknown pixels, in raster order.

    Minimises  a' L a + _PRIOR |a - rough|^2  over the unknown pixels, the others held.
    """
    from pymatting.laplacian.cf_laplacian import cf_laplacian
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import cg

    free, held = np.flatnonzero(unknown), np.flatnonzero(~unknown)
    rows = cf_laplacian(
        pixels.astype(np.float64) / 255.0, epsilon=3e-6, is_known=~unknown.ravel()
    ).tocsr()[free]
    system = rows[:, free] + diags_array(np.full(len(free), _PRIOR))
    guess = rough.ravel()[free].astype(np.float64)
    target = _PRIOR * guess - rows[:, held] @ trimap.ravel()[held].astype(np.float64)
    solution, _ = cg(
        system,
        target,
        x0=guess,
        rtol=1e-4,
        maxiter=_ITERATIONS,
        M=diags_array(1.0 / system.diagonal()),
    )
    return np.asarray(solution, np.float32)
