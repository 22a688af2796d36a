"""Procedural, tileable textures: each maker returns (albedo sRGB (n, n, 3), height (n, n))."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.noise import Array, band_noise, blur, smoothstep, spectral_noise, warp
from kirakat.training.render.palettes import Rgb

# Albedo float32 (n, n, 3) in [0, 1]; height float32 (n, n) in world units.
Texture = tuple[NDArray[np.float32], NDArray[np.float32]]
Maker = Callable[[Rgb, np.random.Generator, int], Texture]


def _finish(albedo: Array, height: Array) -> Texture:
    return np.clip(albedo, 0.0, 1.0).astype(np.float32), height.astype(np.float32)


def _tinted(tint: Rgb, tone: Array) -> Array:
    """Tint multiplied by a tone field (n, n) around 1."""
    return np.asarray(tint)[None, None, :] * tone[:, :, None]


def _blend(a: Array, b: Array | Rgb, amount: Array) -> Array:
    return a + (np.asarray(b) - a) * amount[:, :, None]


def marble(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Polished marble: clouds, a few strong warped veins and many faint ones."""
    dx, dy = spectral_noise(n, 3.2, rng) * 0.05, spectral_noise(n, 3.2, rng) * 0.05
    albedo = _tinted(tint, 1.0 + 0.025 * spectral_noise(n, 3.4, rng))
    dark = np.asarray(tint) * np.array([0.42, 0.41, 0.42])
    for octave, strength, width in ((2.0, 0.75, 0.045), (3.5, 0.4, 0.05), (7.0, 0.22, 0.07)):
        ridge = np.abs(warp(band_noise(n, octave, rng, width=0.6), dx, dy))
        presence = smoothstep(-0.1, 1.3, spectral_noise(n, 3.4, rng))
        fine = np.exp(-((ridge / width) ** 2)) + 0.35 * np.exp(-((ridge / (width * 5)) ** 2))
        albedo = _blend(albedo, tuple(dark), np.clip(fine * presence * strength, 0, 0.85))
    return _finish(albedo, np.zeros((n, n)))


def _grain(n: int, rng: np.random.Generator, rings: int) -> tuple[Array, Array, Array]:
    """Ring tone, fibre tone and pore coverage of a flat-sawn board, grain along x."""
    v = np.linspace(0.0, 1.0, n, endpoint=False)[:, None]
    bend = 0.045 * spectral_noise(n, 3.6, rng, stretch=5.0)
    bend += 0.006 * spectral_noise(n, 2.6, rng, stretch=9.0)
    phase = (v + bend) * rings
    saw = phase - np.floor(phase)
    ring = np.where(saw < 0.86, saw / 0.86, (1.0 - saw) / 0.14) ** 1.6
    fibre = spectral_noise(n, 1.5, rng, low=12, stretch=26.0)
    pores = smoothstep(1.4, 2.3, spectral_noise(n, 0.8, rng, low=30, stretch=20.0))
    return ring, fibre, pores


def wood(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """One wide oiled board, grain along x."""
    ring, fibre, pores = _grain(n, rng, 24)
    cloud = spectral_noise(n, 3.0, rng, stretch=4.0)
    tone = 1.04 - 0.17 * ring + 0.045 * fibre + 0.035 * cloud - 0.2 * pores
    warm = np.asarray(tint) ** (1.0 + 0.12 * ring[:, :, None])
    height = -0.006 * pores + 0.0016 * fibre - 0.002 * ring
    return _finish(warm * tone[:, :, None], height)


def planks(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Six boards side by side with dark joints, grain along x."""
    ring, fibre, pores = _grain(n, rng, 30)
    boards = 6
    index = (np.arange(n) * boards) // n
    shift = rng.integers(0, n, boards)
    columns = (np.arange(n)[None, :] + shift[index][:, None]) % n
    rows = np.arange(n)[:, None]
    ring, fibre, pores = ring[rows, columns], fibre[rows, columns], pores[rows, columns]
    tone = rng.normal(1.0, 0.075, boards)[index][:, None]
    edge = np.abs(((np.arange(n) * boards / n) % 1.0) - 0.5)
    gap = smoothstep(0.484, 0.493, edge)[:, None] * np.ones((1, n))
    cut = (np.arange(n)[None, :] + shift[index][:, None] * 3) % n
    gap = np.maximum(gap, (np.abs(cut - n / 2) < max(n // 700, 1)).astype(float))
    shade = tone * (1.04 - 0.22 * ring + 0.05 * fibre - 0.18 * pores) * (1.0 - 0.72 * gap)
    height = -0.005 * pores + 0.0015 * fibre - 0.04 * gap
    return _finish(_tinted(tint, shade), height)


def concrete(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Cast concrete: clouds, trowel blotches and pinholes."""
    cloud = spectral_noise(n, 2.9, rng)
    grit = spectral_noise(n, 1.0, rng, low=40)
    holes = smoothstep(2.6, 3.0, band_noise(n, n / 22, rng, width=0.35) + 0.25 * cloud)
    stain = smoothstep(0.4, 1.6, spectral_noise(n, 2.4, rng, low=2))
    tone = 1.0 + 0.045 * cloud + 0.022 * grit - 0.06 * stain - 0.35 * holes
    height = 0.006 * cloud + 0.0022 * grit - 0.05 * blur(holes, 0.8)
    return _finish(_tinted(tint, tone), height)


def linen(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Plain weave with slubs; threads a pixel-safe 8 texels wide."""
    threads = n // 8
    grid = np.arange(n) * threads / n
    jitter = 0.22 * spectral_noise(n, 2.2, rng, low=3)
    x, y = grid[None, :] + jitter, grid[:, None] + jitter.T
    over = np.cos(np.pi * (np.floor(x) + np.floor(y))) * 0.5 + 0.5
    warp_thread = np.abs(np.sin(np.pi * x)) * (0.55 + 0.45 * over)
    weft_thread = np.abs(np.sin(np.pi * y)) * (1.0 - 0.45 * over)
    height = np.maximum(warp_thread, weft_thread)
    columns = 1 + 0.03 * rng.standard_normal(n // 8).repeat(8)[None, :]
    rows = 1 + 0.03 * rng.standard_normal(n // 8).repeat(8)[:, None]
    slub = (
        spectral_noise(n, 1.6, rng, stretch=30, low=6)
        + spectral_noise(n, 1.6, rng, stretch=30, low=6).T
    )
    thread_tone = np.where(warp_thread > weft_thread, columns, rows)
    tone = (0.78 + 0.26 * height) * thread_tone * (1 + 0.014 * slub)
    return _finish(_tinted(tint, tone), 0.022 * height + 0.004 * slub)


def terrazzo(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Polished terrazzo: angular chips of related colours in a pale binder."""
    import cv2

    base = np.asarray(tint)
    canvas = np.asarray(_tinted(tint, 1.0 + 0.015 * spectral_noise(n, 2.0, rng)), dtype=np.float32)
    chips = [base * 0.55, base * 0.8, np.clip(base * 1.25, 0, 0.95), base**1.8, [0.5, 0.42, 0.36]]
    accent = [[0.72, 0.5, 0.4], [0.45, 0.5, 0.52], [0.86, 0.82, 0.76], [0.3, 0.31, 0.33]]
    for _ in range(520):
        radius = n * 0.006 + n * 0.024 * rng.random() ** 2.2
        angles = np.sort(rng.random(int(rng.integers(4, 8)))) * 2 * np.pi
        arms = radius * rng.uniform(0.6, 1.25, angles.size)
        points = np.stack([np.cos(angles) * arms * rng.uniform(0.7, 1.4), np.sin(angles) * arms], 1)
        options = chips + accent
        colour = np.clip(
            np.asarray(options[rng.integers(len(options))]) * rng.normal(1, 0.06), 0, 1
        )
        centre = rng.random(2) * n
        for shift in ((0, 0), (n, 0), (-n, 0), (0, n), (0, -n)):
            polygon = np.round((points + centre + shift) * 16).astype(np.int32)
            cv2.fillPoly(canvas, [polygon], colour.tolist(), cv2.LINE_AA, 4)
    return _finish(canvas.astype(np.float64), np.zeros((n, n)))


def sand(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Loose sand: grains of varying tone over gentle unevenness."""
    grain = spectral_noise(n, 0.15, rng, low=n / 16)
    patch = spectral_noise(n, 2.6, rng)
    specks = smoothstep(2.4, 3.0, band_noise(n, n / 7, rng, width=0.4))
    tone = 1.0 + 0.07 * grain + 0.035 * patch - 0.1 * specks
    return _finish(_tinted(tint, tone), 0.002 * grain + 0.004 * patch)


def stone(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Honed slate-like stone with cleft layers and mineral veils."""
    dx, dy = spectral_noise(n, 2.8, rng) * 0.03, spectral_noise(n, 2.8, rng) * 0.03
    layers = warp(spectral_noise(n, 2.4, rng, stretch=2.2), dx, dy)
    ridge = 1.0 - np.abs(warp(spectral_noise(n, 2.5, rng), dy, dx))
    grit = spectral_noise(n, 0.9, rng, low=30)
    vein = np.exp(-((warp(band_noise(n, 3, rng), dx, dy) / 0.03) ** 2))
    vein *= smoothstep(0.4, 1.6, spectral_noise(n, 3.0, rng))
    tone = 1.0 + 0.08 * layers + 0.07 * ridge + 0.05 * grit
    albedo = _blend(
        _tinted(tint, tone), tuple(np.minimum(np.asarray(tint) * 1.9 + 0.08, 1)), vein * 0.45
    )
    terraces = np.round(layers * 2.5) / 2.5
    return _finish(albedo, 0.012 * blur(terraces, 1.2) + 0.012 * ridge + 0.003 * grit)


def plaster(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Limewash plaster: brushed clouds and a trowelled relief."""
    cloud = spectral_noise(n, 2.7, rng)
    a = spectral_noise(n, 2.2, rng, stretch=3.0, low=4)
    b = spectral_noise(n, 2.2, rng, stretch=3.0, low=4).T
    strokes = np.where(spectral_noise(n, 3.0, rng, low=2) > 0, a, b)
    grit = spectral_noise(n, 0.8, rng, low=50)
    tone = 1.0 + 0.03 * cloud + 0.018 * blur(strokes, 1.5) + 0.008 * grit
    return _finish(_tinted(tint, tone), 0.008 * blur(strokes, 2.0) + 0.0014 * grit + 0.006 * cloud)


def moss(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Ground under moss and grass blades: mottled greens and browns."""
    cloud = spectral_noise(n, 2.0, rng, low=2)
    fine = spectral_noise(n, 0.6, rng, low=30)
    albedo = _tinted(tint, 0.9 + 0.16 * cloud + 0.14 * fine)
    return _finish(
        _blend(albedo, (0.33, 0.27, 0.16), smoothstep(0.8, 2.0, cloud) * 0.4), 0.02 * fine
    )


def water(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Still water: plain colour with low, crossing ripples."""
    ripple = band_noise(n, 7, rng, width=0.5) + 0.35 * band_noise(n, 16, rng, width=0.5)
    return _finish(_tinted(tint, 1.0 + 0.02 * spectral_noise(n, 3.0, rng)), 0.022 * ripple)


def satin(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Satin weave: almost plain, faint long floats."""
    floats = spectral_noise(n, 0.6, rng, stretch=14, low=30)
    return _finish(_tinted(tint, 1.0 + 0.012 * floats), np.zeros((n, n)))


def paper(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Matt coloured paper with a faint fibre."""
    fibre = spectral_noise(n, 1.1, rng, low=24)
    cloud = spectral_noise(n, 3.0, rng)
    return _finish(_tinted(tint, 1.0 + 0.008 * fibre + 0.008 * cloud), 0.0016 * fibre)


def brushed(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Brushed metal, scratches along x."""
    lines = spectral_noise(n, 0.5, rng, stretch=60, low=8)
    return _finish(_tinted(tint, 1.0 + 0.03 * lines), 0.0009 * lines)


def asphalt(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Asphalt: bitumen with paler aggregate."""
    pebbles = band_noise(n, n / 14, rng, width=0.45)
    chips = smoothstep(0.5, 1.2, pebbles)
    albedo = _tinted(tint, 1.0 + 0.05 * spectral_noise(n, 2.5, rng))
    light = tuple(np.minimum(np.asarray(tint) * 1.55 + 0.05, 1.0))
    tone = smoothstep(-0.6, 1.5, band_noise(n, n / 20, rng))
    return _finish(_blend(albedo, light, chips * tone), 0.02 * pebbles)


def tiles(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Glazed square tiles, four by four, with pale joints."""
    cells = 4
    at = np.arange(n) * cells / n
    edge = np.abs(at % 1.0 - 0.5)
    joint = np.maximum(*np.broadcast_arrays(edge[None, :], edge[:, None]))
    gap = smoothstep(0.478, 0.488, joint)
    index = at.astype(int)
    tone = rng.normal(1.0, 0.03, (cells, cells))[index[:, None], index[None, :]]
    albedo = _blend(_tinted(tint, tone), (0.8, 0.79, 0.77), gap)
    pillow = -0.05 * smoothstep(0.4, 0.49, joint)
    return _finish(albedo, pillow + 0.004 * spectral_noise(n, 2.5, rng, low=3))


def leather(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Pebbled leather."""
    grain = np.abs(band_noise(n, n / 10, rng, width=0.45))
    creases = blur(smoothstep(0.0, 0.7, grain), 0.8)
    tone = (0.95 + 0.05 * creases) * (1 + 0.025 * spectral_noise(n, 2.6, rng))
    return _finish(_tinted(tint, tone), 0.006 * creases)


def herringbone(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Parquet in herringbone: blocks five times as long as wide, twenty widths a tile."""
    length, cells = 5, 20
    at = np.arange(n) * cells / n
    u, v = np.broadcast_arrays(at[None, :], at[:, None])
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    k = (i - j) % (2 * length)
    flat = k < length
    along = np.where(flat, k + u - i, 2 * length - 1 - k + v - j)
    across = np.where(flat, v - j, u - i)
    column = np.where(flat, i - k, i) % cells
    row = np.where(flat, j, j - (2 * length - 1 - k)) % cells
    block = column * cells + row + np.where(flat, 0, cells * cells)
    ring, fibre, pores = _grain(n, rng, 30)
    shift = rng.integers(0, n, (2, 2 * cells * cells))
    x = ((along * n / cells).astype(int) + shift[0][block]) % n
    y = ((across * n / cells).astype(int) + shift[1][block]) % n
    ring, fibre, pores = ring[y, x], fibre[y, x], pores[y, x]
    edge = np.maximum(np.abs(across - 0.5), np.abs(along - length / 2) - length / 2 + 0.5)
    gap = smoothstep(0.462, 0.488, edge)
    tone = rng.normal(1.0, 0.07, 2 * cells * cells)[block]
    shade = tone * (1.03 - 0.16 * ring + 0.045 * fibre - 0.14 * pores) * (1.0 - 0.5 * gap)
    return _finish(_tinted(tint, shade), 0.0015 * fibre - 0.004 * pores - 0.03 * gap)


def carpet(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Short-pile carpet: soft tufts over faint shading."""
    tuft = band_noise(n, n / 10, rng, width=0.5)
    shade = spectral_noise(n, 2.6, rng, low=2)
    return _finish(_tinted(tint, 1.0 + 0.07 * tuft + 0.035 * shade), 0.03 * tuft)


def pool(tint: Rgb, rng: np.random.Generator, n: int) -> Texture:
    """Shallow clear water over a pale floor: ripples, and the nets of light that they throw."""
    dx, dy = spectral_noise(n, 2.6, rng) * 0.02, spectral_noise(n, 2.6, rng) * 0.02
    net = np.zeros((n, n))
    for scale, weight in ((5, 0.7), (9, 0.45)):
        ridge = np.abs(warp(band_noise(n, scale, rng, width=0.5), dx, dy))
        net += weight * np.exp(-ridge / 0.16)
    glow = smoothstep(0.2, 0.95, net)
    deep = _tinted(tint, 0.86 + 0.05 * spectral_noise(n, 3.0, rng))
    ripple = band_noise(n, 6, rng, width=0.5) + 0.35 * band_noise(n, 13, rng, width=0.5)
    return _finish(_blend(deep, (0.97, 0.99, 0.99), glow * 0.85), 0.02 * ripple)
