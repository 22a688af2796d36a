"""Step 1: seconds by sub-step and peak memory beside its peers, and accuracy on exact mattes.

    python benchmarks/mask.py [--photo FILE] [--repeat 3]
    python benchmarks/mask.py --mattes FOLDER     RGBA cutouts, composited on white and on scenes

The peers are U²-Netp alone with its coverage as alpha, and pymatting's closed-form matting at
full size on a trimap from the same network. Each runs in a process of its own, so that its peak
memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.matting.find import find_product
from kirakat.imaging.matting.foreground import estimate_foreground
from kirakat.imaging.matting.refine import refine
from kirakat.imaging.matting.settings import MaskSettings
from kirakat.imaging.matting.trimap import trimap_of
from kirakat.models.segmenters import load_segmenter
from kirakat.pipeline.step1_mask import mask
from kirakat.types import RGB, Alpha, SourceImage

SIZE = 1600
VARIANTS = ("kirakat", "network-alone", "closed-form-full-size")
Timings = dict[str, float]


def drawn_photo() -> RGB:
    """A 1600 px photo: textured ring and disc on a graded ground with a soft shadow."""
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    reach = np.hypot(columns - 0.5, rows - 0.5)
    handle = np.abs(np.hypot(columns - 0.3, rows - 0.5) - 0.12)
    cover = np.clip(np.maximum(0.22 - reach, 0.02 - handle) * SIZE + 0.5, 0, 1)[..., None]
    moved = np.roll(cover[..., 0], (70, 90), (0, 1)).astype(np.float32)
    shadow = 1.0 - 0.3 * cv2.GaussianBlur(moved, (0, 0), 45)[..., None]
    noise = np.random.default_rng(0).normal(0.0, 2.0, (SIZE, SIZE, 1))
    ground = (245.0 - 30.0 * rows[..., None]) * shadow + noise
    product = np.array([40.0, 70.0, 110.0]) + 8.0 * noise
    blend = cover * product + (1 - cover) * ground
    return np.asarray(np.clip(np.rint(blend), 0, 255), np.uint8)


def read_photo(path: Path) -> RGB:
    """The first three channels of a file as RGB."""
    bgr = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(bgr[..., ::-1])


def timed(seconds: Timings, name: str, work: Callable[[], Alpha | RGB]) -> Alpha | RGB:
    """The result of `work`, its seconds noted under `name`."""
    start = time.perf_counter()
    result = work()
    seconds[name] = time.perf_counter() - start
    return result


def run_kirakat(pixels: RGB) -> Timings:
    """Seconds of step 1's three parts."""
    segmenter, settings = load_segmenter(), MaskSettings()
    seconds: Timings = {}
    start = time.perf_counter()
    rough = find_product(pixels, segmenter.segment, settings)
    seconds["find (network, ground, glass)"] = time.perf_counter() - start
    alpha = timed(seconds, "refine (matting, upsampling)", lambda: refine(pixels, rough, settings))
    timed(
        seconds,
        "colours of the rim",
        lambda: estimate_foreground(pixels, np.asarray(alpha, np.float32)),
    )
    return seconds


def run_network_alone(pixels: RGB) -> Timings:
    """Seconds of one look, its coverage taken as alpha."""
    segmenter = load_segmenter()
    seconds: Timings = {}
    timed(seconds, "network", lambda: segmenter.segment(pixels))
    return seconds


def run_closed_form(pixels: RGB) -> Timings:
    """Seconds of the network, closed-form matting and rim colours, all at full size."""
    from pymatting import estimate_alpha_cf, estimate_foreground_ml

    segmenter = load_segmenter()
    seconds: Timings = {}
    coverage = timed(seconds, "network", lambda: segmenter.segment(pixels))
    trimap = trimap_of(coverage > 0.5, round(0.005 * max(pixels.shape))).astype(np.float64)
    scaled = pixels / 255.0
    alpha = timed(seconds, "closed-form matting", lambda: estimate_alpha_cf(scaled, trimap))
    timed(seconds, "colours of the rim", lambda: estimate_foreground_ml(scaled, alpha))
    return seconds


RUNNERS = dict(zip(VARIANTS, (run_kirakat, run_network_alone, run_closed_form), strict=True))


def measure(variant: str, pixels: RGB, repeat: int) -> None:
    """Print the fastest of `repeat` runs after one to warm up, and this process' peak memory."""
    RUNNERS[variant](pixels)
    runs = [RUNNERS[variant](pixels) for _ in range(repeat)]
    best = min(runs, key=lambda seconds: sum(seconds.values()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{variant}: {sum(best.values()):.2f} s, peak {peak:.0f} MB")
    for name, seconds in best.items():
        print(f"    {name:32s}{seconds:6.2f} s")


def measure_all(photo: str, repeat: int) -> None:
    """Every variant in a process of its own."""
    for variant in VARIANTS:
        command = [sys.executable, __file__, "--variant", variant, "--repeat", str(repeat)]
        subprocess.run(command + (["--photo", photo] if photo else []), check=True)


def scenes(shape: tuple[int, ...]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Grounds (H, W, 3): white, grey fall-off with noise, and a blurred room of blotches."""
    height, width = shape[:2]
    rng = np.random.default_rng(5)
    yield "white", np.full((height, width, 3), 255.0, np.float32)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    noise = rng.normal(0, 1.5, (height, width, 3))
    yield "graded", np.asarray(225.0 - 60.0 * rows + noise, np.float32)
    blotches = rng.uniform(30, 230, (9, 11, 3)).astype(np.float32)
    room = cv2.resize(blotches, (width, height), interpolation=cv2.INTER_CUBIC)
    yield "scene", np.clip(np.asarray(room) + noise, 0, 255).astype(np.float32)


def score(folder: Path) -> None:
    """Print IoU at half coverage and mean absolute error of each matte on each ground."""
    segmenter = load_segmenter()
    table: dict[str, list[tuple[float, float]]] = {}
    for path in sorted(folder.glob("*.png")):
        bgra = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)
        truth = bgra[..., 3] / np.float32(255)
        line = f"{path.stem:28s}"
        for name, ground in scenes(bgra.shape):
            cover = truth[..., None]
            blend = np.rint(cover * bgra[..., 2::-1] + (1 - cover) * ground).astype(np.uint8)
            image = SourceImage(pixels=blend, alpha=None, sha256="0" * 64, uri=path.name)
            alpha = mask(image, segmenter=segmenter).alpha
            found, true = alpha > 0.5, truth > 0.5
            both = (found & true).sum() / (found | true).sum()
            error = float(np.abs(alpha - truth).mean())
            table.setdefault(name, []).append((float(both), error))
            line += f"  {name} {both:.4f} {error:.4f}"
        print(line, flush=True)
    for name, rows in table.items():
        mean = np.mean(rows, axis=0)
        print(f"{name}: mean IoU {mean[0]:.4f}, worst {min(rows)[0]:.4f}, mean error {mean[1]:.4f}")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", default="")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--mattes", type=Path)
    parser.add_argument("--variant", choices=VARIANTS)
    options = parser.parse_args()
    if options.mattes:
        score(options.mattes)
    elif options.variant:
        pixels = read_photo(Path(options.photo)) if options.photo else drawn_photo()
        measure(options.variant, pixels, options.repeat)
    else:
        measure_all(options.photo, options.repeat)


if __name__ == "__main__":
    main()
