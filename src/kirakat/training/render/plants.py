"""Leaves, twigs, fronds and blades of grass as simple meshes."""

from __future__ import annotations

import numpy as np

from kirakat.training.render.mesh import Array, Mesh, grid_mesh, join, tube


def leaf(length: float, width: float, *, bend: float = 0.25, shape: float = 1.0) -> Mesh:
    """One leaf along +x in the xy plane, drooping by `bend` of its length, folded at its rib."""
    t = np.linspace(0, 1, 13)
    half = width / 2 * np.sin(np.pi * t**shape) ** 0.8
    s = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    x = np.broadcast_to(t[:, None] * length, (13, 5))
    y = half[:, None] * s[None, :]
    z = -bend * length * t[:, None] ** 2 + 0.35 * np.abs(y)
    return grid_mesh(np.stack([x, y, z], 2), np.stack([x, y], 2))


def _aim(mesh: Mesh, direction: Array, up: Array, at: Array) -> Mesh:
    """Mesh with its x axis along `direction`, z near `up`, origin at `at`."""
    x = direction / np.linalg.norm(direction)
    y = np.cross(up, x)
    y /= np.linalg.norm(y) + 1e-9
    frame = np.stack([x, y, np.cross(x, y)])
    return Mesh(
        vertices=mesh.vertices @ frame + at,
        normals=mesh.normals @ frame,
        uv=mesh.uv,
        faces=mesh.faces,
    )


def sprig(
    rng: np.random.Generator,
    length: float,
    *,
    leaves: int = 14,
    leaf_length: float = 1.1,
    leaf_width: float = 0.6,
    arc: float = 0.25,
    shape: float = 1.0,
) -> tuple[Mesh, Mesh]:
    """Twig along +x with leaves left and right: (stem, leaves)."""
    t = np.linspace(0, 1, 24)
    wiggle = rng.normal(0, 0.03, 2)
    path = np.stack(
        [
            t * length,
            length * (arc * t**2 + wiggle[0] * np.sin(5 * t)),
            length * wiggle[1] * np.sin(4 * t) + 0.1 * t,
        ],
        1,
    )
    stem = tube(path, np.linspace(0.045, 0.016, 24) * (length / 5) ** 0.5, segments=8)
    blades = []
    for i in range(leaves):
        at = 0.12 + 0.86 * (i + 0.5) / leaves
        k = min(int(at * 23), 22)
        heading = path[k + 1] - path[k]
        side = 1.0 if i % 2 else -1.0
        angle = np.radians(rng.uniform(38, 62)) * side * (1.0 - 0.5 * at)
        c, s = np.cos(angle), np.sin(angle)
        aim = np.array(
            [
                c * heading[0] - s * heading[1],
                s * heading[0] + c * heading[1],
                np.linalg.norm(heading) * rng.uniform(0.0, 0.5),
            ]
        )
        size = rng.uniform(0.8, 1.1) * (1.05 - 0.45 * at)
        up = np.array([rng.normal(0, 0.25), rng.normal(0, 0.25), 1.0])
        one = leaf(
            leaf_length * size, leaf_width * size, bend=float(rng.uniform(0.05, 0.3)), shape=shape
        )
        blades.append(_aim(one, aim, up, path[k]))
    return stem, join(*blades)


def frond(rng: np.random.Generator, length: float, *, pairs: int = 22) -> tuple[Mesh, Mesh]:
    """Palm frond: (stem, narrow leaflets)."""
    return sprig(
        rng,
        length,
        leaves=pairs * 2,
        leaf_length=length * 0.34,
        leaf_width=length * 0.035,
        arc=0.18,
        shape=0.8,
    )


def bush(rng: np.random.Generator, radius: float, *, count: int = 16) -> tuple[Mesh, Mesh]:
    """Sprigs fanning up from one point: (stems, leaves)."""
    stems, leaves = [], []
    for _ in range(count):
        stem, blades = sprig(
            rng,
            radius * rng.uniform(0.7, 1.1),
            leaves=11,
            leaf_length=radius * 0.26,
            leaf_width=radius * 0.13,
        )
        tilt, heading = float(rng.uniform(25, 85)), float(rng.uniform(0, 360))
        stems.append(stem.turned("y", -tilt).turned("z", heading))
        leaves.append(blades.turned("y", -tilt).turned("z", heading))
    return join(*stems), join(*leaves)


def grass(rng: np.random.Generator, at: Array, height: float, *, lean: float = 0.5) -> Mesh:
    """One tapered, bent blade at every point of `at` (n, 3)."""
    n = len(at)
    heading = rng.uniform(0, 2 * np.pi, n)
    tall = height * rng.uniform(0.5, 1.2, n)
    bend = lean * tall * rng.uniform(0.2, 1.2, n)
    out = np.stack([np.cos(heading), np.sin(heading), np.zeros(n)], 1)
    side = np.stack([-out[:, 1], out[:, 0], np.zeros(n)], 1) * (height * 0.075)
    rows = []
    for t, w in ((0.0, 1.0), (0.55, 0.75), (1.0, 0.05)):
        spine = at + out * (bend * t**2)[:, None]
        spine = spine + np.array([0.0, 0.0, 1.0]) * (tall * t * (1 - 0.15 * t))[:, None]
        rows += [spine - side * w, spine + side * w]
    vertices = np.stack(rows, 1).reshape(-1, 3)
    quad = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 5], [2, 5, 4]])
    faces = (quad[None] + 6 * np.arange(n)[:, None, None]).reshape(-1, 3)
    normal = np.repeat(out * 0.5 + np.array([0.0, 0.0, 0.85]), 6, 0)
    uv = np.tile(np.array([[0, 0], [1, 0], [0, 0.5], [1, 0.5], [0, 1], [1, 1.0]]), (n, 1))
    return Mesh(vertices=vertices, normals=normal, uv=uv, faces=faces)


def fir(rng: np.random.Generator, height: float, *, tiers: int = 9) -> tuple[Mesh, Mesh]:
    """Fir tree standing on z = 0, meant to be seen blurred: (needles, snow on its boughs)."""
    needles, snow = [], []
    for i in range(tiers):
        t = i / tiers
        z, reach = height * (0.08 + 0.86 * t), height * 0.24 * (1.0 - t) + 0.2
        boughs = max(int(15 * (1.0 - t)), 6)
        for k in range(boughs):
            heading = 360.0 * k / boughs + float(rng.uniform(-12, 12))
            long = reach * float(rng.uniform(0.75, 1.15))
            bough = leaf(long, long * 0.5, bend=float(rng.uniform(0.3, 0.5)), shape=0.7)
            needles.append(bough.turned("z", heading).moved(z=z))
            if rng.random() < 0.6:
                cap = leaf(long * 0.8, long * 0.3, bend=0.4, shape=0.7)
                snow.append(cap.turned("z", heading).moved(z=z + 0.12))
    return join(*needles), join(*snow)
