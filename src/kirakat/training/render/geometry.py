"""Studio furniture and natural things: podiums, arches, backdrops, drapery, pebbles, plants."""

from __future__ import annotations

import numpy as np

from kirakat.training.render.mesh import (
    Array,
    Mesh,
    box,
    extrude,
    grid_mesh,
    heightfield,
    join,
    lathe,
    plate,
    rounded,
    sphere,
    tube,
)
from kirakat.training.render.noise import blur, spectral_noise


def disc(radius: float, height: float, *, bevel: float = 0.07, segments: int = 160) -> Mesh:
    """Round podium or column drum standing on z = 0, with softened edges."""
    corners = [(1e-6, 0.0), (radius, 0.0), (radius, height), (1e-6, height)]
    return lathe(rounded(corners, bevel), segments=segments, crease=20.0)


def fluted(radius: float, height: float, flutes: int = 20) -> Mesh:
    """Fluted column."""
    angle = np.linspace(0, 2 * np.pi, flutes * 12 + 1)
    r = radius * (1 - 0.07 * np.abs(np.sin(angle * flutes / 2)))
    z = np.linspace(0, height, 2)
    points = np.stack(
        [np.outer(np.ones(2), r * np.cos(angle)), np.outer(np.ones(2), r * np.sin(angle)),
         z[:, None].repeat(angle.size, 1)], 2
    )  # fmt: skip
    uv = np.stack(np.broadcast_arrays(angle[None, :] * radius, z[:, None]), 2)
    return join(grid_mesh(points, uv), disc(radius * 1.08, 0.35).moved(z=height))


def cyclorama(
    wall_y: float, *, height: float = 40.0, radius: float = 4.0, width: float = 90.0
) -> Mesh:
    """Seamless paper: floor from the camera to the wall, curved up with `radius`."""
    angle = np.linspace(-np.pi / 2, 0, 24)
    bend = np.stack([wall_y - radius + radius * np.cos(angle), radius + radius * np.sin(angle)], 1)
    return extrude(np.concatenate([[(-60.0, 0.0)], bend, [(wall_y, height)]]), width)


def wall(y: float, *, width: float = 90.0, height: float = 45.0) -> Mesh:
    """Upright wall facing the camera."""
    return extrude([(y, -0.2), (y, height)], width)


def floor(*, width: float = 110.0, near: float = -60.0, far: float = 60.0) -> Mesh:
    """Flat floor at z = 0."""
    return extrude([(near, 0.0), (far, 0.0)], width)


def arch_outline(width: float, height: float, steps: int = 40) -> Array:
    """Round-headed outline (k, 2), from the right foot over the crown to the left foot."""
    r = width / 2
    angle = np.linspace(0, np.pi, steps)
    crown = np.stack([r * np.cos(angle), height - r + r * np.sin(angle)], 1)
    return np.concatenate([[(r, 0.0)], crown, [(-r, 0.0)]])


def arch(width: float, height: float, depth: float, thickness: float = 0.0) -> Mesh:
    """Arched slab, or an arched frame of a given thickness."""
    out = arch_outline(width, height)
    if not thickness:
        return plate(np.concatenate([out, out[:1]]), None, depth)
    return plate(out, arch_outline(width - 2 * thickness, height - thickness), depth)


def wall_with_arch(y: float, width: float, height: float, depth: float, x: float = 0.0) -> Mesh:
    """Wide wall with an arched opening of width x height at x."""
    hole = arch_outline(width, height)
    direction = hole - np.array([0.0, height * 0.5])
    out = np.empty_like(hole)
    for i, (dx, dz) in enumerate(direction):
        reach = 45.0 / max(abs(dx) + 1e-9, abs(dz) + 1e-9)
        out[i] = (
            hole[i] if reach == 0 else np.array([dx, dz]) * reach + np.array([0.0, height * 0.5])
        )
    out[0], out[-1] = (45.0, 0.0), (-45.0, 0.0)
    out[:, 1] = np.maximum(out[:, 1], 0.0)
    return plate(out, hole, depth).moved(x=x, y=y)


def steps(count: int, width: float, tread: float, rise: float) -> Mesh:
    """Flight of steps rising away from the camera; the front edge of the lowest at y = 0."""
    treads = [
        box(width, tread * (count - i), rise, bevel=0.05).moved(
            y=tread * i + tread * (count - i) / 2, z=rise * i
        )
        for i in range(count)
    ]
    return join(*treads)


def pebble(rng: np.random.Generator, size: float) -> Mesh:
    """Smooth river stone lying on z = 0."""
    ball = sphere(1.0, segments=40).moved(z=-1.0)
    v = ball.vertices
    wave = sum(0.07 * np.sin(v @ rng.normal(0, 1.4, 3) + rng.uniform(0, 6.28)) for _ in range(4))
    squash = np.array([rng.uniform(0.8, 1.2), rng.uniform(0.65, 1.0), rng.uniform(0.35, 0.6)])
    points = v * (1 + np.asarray(wave)[:, None]) * squash * size
    points[:, 2] -= points[:, 2].min()
    normals = ball.normals / squash
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(vertices=points, normals=normals, uv=ball.uv * size, faces=ball.faces).turned(
        "z", float(rng.uniform(0, 360))
    )


def drapery(
    rng: np.random.Generator, width: float, depth: float, *, fold: float = 0.5, n: int = 320
) -> Mesh:
    """Cloth lying in soft folds, as a relief centred on the origin; lowest point at z = 0."""
    y, x = np.mgrid[0 : 1 : n * 1j, 0 : 1 : n * 1j]
    bend = spectral_noise(n, 3.6, rng) * 0.05
    angle = rng.uniform(0.35, 0.8)
    along = x * np.cos(angle) + y * np.sin(angle) + bend
    h = np.zeros((n, n))
    for frequency, weight in ((4.3, 0.5), (8.6, 0.4), (14.1, 0.22)):
        wave = np.sin(2 * np.pi * (frequency * along + rng.random() + 0.35 * bend * frequency))
        h += weight * (np.sign(wave) * np.abs(wave) ** 0.85)
    h = blur(h + 0.15 * spectral_noise(n, 4.0, rng), n / 64)
    h = (h - h.min()) / (h.max() - h.min())
    return heightfield(h * fold, width, depth)


def curtain(rng: np.random.Generator, width: float, height: float, *, fold: float = 0.55) -> Mesh:
    """Hanging cloth in vertical folds, facing the camera, standing on z = 0."""
    n = 420
    x = np.linspace(0, 1, n)
    swell = np.interp(x, np.linspace(0, 1, 14), rng.uniform(0.5, 1.2, 14))
    phase = np.cumsum(swell) / n * width * 2.6
    wave = np.sin(phase) + 0.35 * np.sin(2.3 * phase + 1)
    rows = np.linspace(0, 1, 40)[:, None]
    depth = fold * wave[None, :] * (0.7 + 0.3 * rows) + 0.1 * np.sin(6 * rows + 5 * x[None, :])
    points = np.stack(
        [
            np.broadcast_to((x - 0.5) * width, depth.shape),
            depth,
            rows * height * np.ones_like(depth),
        ],
        2,
    )
    uv = np.stack([points[..., 0] * 1.2, points[..., 2]], 2)
    return grid_mesh(points, uv)


def dunes(
    rng: np.random.Generator, width: float, depth: float, *, ripple: float = 0.2, n: int = 480
) -> Mesh:
    """Wind-rippled sand, flattened around the origin where the product rests."""
    y, x = np.mgrid[-0.5 : 0.5 : n * 1j, -0.5 : 0.5 : n * 1j]
    bend = spectral_noise(n, 3.4, rng)
    phase = 2 * np.pi * ((0.5 * y * depth + 0.86 * x * width) / 1.5 + 0.16 * bend)
    crest = 0.5 + 0.5 * np.sin(phase + 0.5 * np.sin(phase))
    relief = ripple * crest * (0.75 + 0.25 * spectral_noise(n, 3.0, rng)) + 0.2 * bend
    reach = np.hypot(x * width, y * depth)
    flat = 1.0 - np.exp(-((reach / 2.2) ** 2)) * 0.7
    return heightfield((relief - relief.mean()) * flat, width, depth)


def wrinkled(
    rng: np.random.Generator, width: float, depth: float, *, height: float, n: int = 480
) -> Mesh:
    """Cloth spread on a table: a few soft creases, smooth around the middle."""
    x = np.linspace(-0.5, 0.5, n)[None, :]
    crease = 1.0 - np.abs(spectral_noise(n, 3.0, rng, low=3))
    relief = blur(np.maximum(crease, 0.0) ** 3, n / 160) + 0.3 * spectral_noise(n, 3.4, rng)
    away = np.abs(x) * 2.0
    return heightfield(height * (relief - relief.mean()) * (0.35 + 0.65 * away), width, depth)


def rock_relief(
    rng: np.random.Generator, width: float, depth: float, *, amount: float, n: int = 400
) -> Mesh:
    """Uneven natural ground, flattened around the origin."""
    y, x = np.mgrid[-0.5 : 0.5 : n * 1j, -0.5 : 0.5 : n * 1j]
    h = spectral_noise(n, 2.9, rng, low=2)
    reach = np.hypot(x * width, y * depth)
    h = h * amount * (1.0 - np.exp(-((reach / 3.0) ** 2)))
    return heightfield(np.maximum(h, -amount * 2), width, depth)


def slab(rng: np.random.Generator, radius: float, height: float) -> Mesh:
    """Flat irregular stone slab or wood slice with a natural outline, top at z = height."""
    angle = np.linspace(0, 2 * np.pi, 161)
    waves = [
        (k, a, rng.uniform(0, 6.28))
        for k, a in ((2, 0.07), (3, 0.05), (5, 0.025), (9, 0.012), (17, 0.006))
    ]
    wobble = sum(a * np.cos(k * angle + phase) for k, a, phase in waves)
    slope = sum(-k * a * np.sin(k * angle + phase) for k, a, phase in waves)
    base = lathe(rounded([(1e-6, 0), (1, 0), (1, 1), (1e-6, 1)], 0.05), segments=160, crease=20)
    theta = np.arctan2(base.vertices[:, 1], base.vertices[:, 0])
    factor = 1 + np.interp(theta % (2 * np.pi), angle, np.asarray(wobble))
    v = base.vertices * np.stack(
        [factor * radius, factor * radius, np.full_like(factor, height)], 1
    )
    flat = np.abs(base.normals[:, 2]) > 0.9
    # The outline r(t) has the normal (r cos t + r' sin t, r sin t - r' cos t).
    tilt = -np.arctan2(np.interp(theta % (2 * np.pi), angle, np.asarray(slope)), factor)
    c, s, n = np.cos(tilt), np.sin(tilt), base.normals
    normals = np.stack([c * n[:, 0] - s * n[:, 1], s * n[:, 0] + c * n[:, 1], n[:, 2]], 1)
    uv = np.where(flat[:, None], v[:, :2], base.uv * np.array([radius, height]))
    return Mesh(vertices=v, normals=normals, uv=uv, faces=base.faces)


def shelf(width: float, depth: float, thickness: float) -> Mesh:
    """Board whose top is at z = 0 and whose back edge is at y = 0."""
    return box(width, depth, thickness, bevel=0.05).moved(y=-depth / 2, z=-thickness)


def rail(width: float, radius: float = 0.09) -> Mesh:
    """Horizontal round bar along x, centred on the origin."""
    x = np.linspace(-width / 2, width / 2, 3)
    return tube(np.stack([x, np.zeros(3), np.zeros(3)], 1), radius, segments=32)


def ring(radius: float, thickness: float) -> Mesh:
    """Torus standing upright on z = 0, facing the camera."""
    t = np.linspace(0, 2 * np.pi, 97)
    path = np.stack([radius * np.cos(t), np.zeros_like(t), radius * np.sin(t) + radius], 1)
    return tube(path, thickness, segments=32).moved(z=thickness)
