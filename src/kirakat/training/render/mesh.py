"""Triangle meshes as plain arrays: making, moving and joining them. z is up, units about 4 cm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """Vertices (n, 3), unit normals (n, 3), uv (n, 2) in world units, faces (m, 3)."""

    vertices: Array
    normals: Array
    uv: Array
    faces: NDArray[np.int64]

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Translated copy."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: float, y: float, z: float) -> Mesh:
        """Copy scaled per axis (uv stay)."""
        factor = np.array([x, y, z])
        normals = self.normals / factor
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        return replace(self, vertices=self.vertices * factor, normals=normals)

    def turned(self, axis: str, degrees: float) -> Mesh:
        """Copy rotated about a world axis ("x", "y" or "z"), right-handed."""
        m = rotation(axis, degrees)
        return replace(self, vertices=self.vertices @ m.T, normals=self.normals @ m.T)


def rotation(axis: str, degrees: float) -> Array:
    """Rotation matrix (3, 3) about "x", "y" or "z"."""
    a = np.radians(degrees)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    m = np.eye(3)
    m[i, i] = m[j, j] = np.cos(a)
    m[i, j], m[j, i] = -np.sin(a), np.sin(a)
    return m


def join(*meshes: Mesh) -> Mesh:
    """One mesh out of several."""
    offsets = np.cumsum([0, *[len(m.vertices) for m in meshes]])
    return Mesh(
        vertices=np.concatenate([m.vertices for m in meshes]),
        normals=np.concatenate([m.normals for m in meshes]),
        uv=np.concatenate([m.uv for m in meshes]),
        faces=np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=False)]),
    )


def grid_mesh(points: ArrayLike, uv: ArrayLike, normals: ArrayLike | None = None) -> Mesh:
    """Mesh of a (rows, columns, 3) lattice; normals from finite differences unless given."""
    p = np.asarray(points, dtype=np.float64)
    rows, columns = p.shape[:2]
    if normals is None:
        across, along = np.gradient(p, axis=1), np.gradient(p, axis=0)
        n = np.cross(across, along)
        n /= np.linalg.norm(n, axis=2, keepdims=True) + 1e-12
    else:
        n = np.asarray(normals, dtype=np.float64)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    flat_uv = np.asarray(uv, dtype=np.float64).reshape(-1, 2)
    vertices, flat_n = p.reshape(-1, 3), n.reshape(-1, 3)
    return Mesh(
        vertices=vertices, normals=flat_n, uv=flat_uv, faces=_outward(vertices, flat_n, faces)
    )


def _outward(vertices: Array, normals: Array, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Faces wound so that their geometric side agrees with the vertex normals."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    against = (np.cross(b - a, c - a) * normals[faces].sum(1)).sum(1) < 0
    return np.where(against[:, None], faces[:, ::-1], faces)


def lathe(profile: ArrayLike, *, segments: int = 96, crease: float = 35.0) -> Mesh:
    """Surface of revolution about z from a profile (k, 2) of (radius, z), bottom to top.

    Corners sharper than `crease` degrees stay sharp. Flat parts get planar uv, walls
    (arc length at the largest radius, length along the profile).
    """
    p = np.asarray(profile, dtype=np.float64)
    step = np.diff(p, axis=0)
    keep = np.hypot(step[:, 0], step[:, 1]) > 1e-9
    p = np.concatenate([p[:1], p[1:][keep]])
    step = np.diff(p, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    normal = np.stack([step[:, 1], -step[:, 0]], 1) / length[:, None]
    smooth = (normal[:-1] * normal[1:]).sum(1) > np.cos(np.radians(crease))
    mean = normal[:-1] + normal[1:]
    mean /= np.linalg.norm(mean, axis=1, keepdims=True) + 1e-12
    arc = np.concatenate([[0.0], np.cumsum(length)])
    theta = np.linspace(0.0, 2 * np.pi, segments + 1)
    widest = float(p[:, 0].max())
    strips = []
    for i in range(len(p) - 1):
        low = mean[i - 1] if i > 0 and smooth[i - 1] else normal[i]
        high = mean[i] if i < len(p) - 2 and smooth[i] else normal[i]
        strips.append(_ring(p[i : i + 2], np.stack([low, high]), arc[i : i + 2], theta, widest))
    return join(*strips)


def _ring(p: Array, normal: Array, arc: Array, theta: Array, widest: float) -> Mesh:
    cos, sin = np.cos(theta)[:, None], np.sin(theta)[:, None]
    points = np.stack([p[:, 0] * cos, p[:, 0] * sin, np.broadcast_to(p[:, 1], (len(theta), 2))], 2)
    normals = np.stack(
        [normal[:, 0] * cos, normal[:, 0] * sin, np.broadcast_to(normal[:, 1], points.shape[:2])], 2
    )
    flat = abs(p[1, 1] - p[0, 1]) < 0.6 * abs(p[1, 0] - p[0, 0])
    wall_uv = np.stack(np.broadcast_arrays(theta[:, None] * widest, arc[None, :]), 2)
    uv = points[:, :, :2] if flat else wall_uv
    return grid_mesh(points, uv, normals)


def rounded(profile: ArrayLike, radius: float, steps: int = 5) -> Array:
    """Profile (k, 2) whose inner corners are replaced by arcs of about `radius`."""
    p = np.asarray(profile, dtype=np.float64)
    out = [p[0]]
    for before, corner, after in zip(p[:-2], p[1:-1], p[2:], strict=True):
        a, b = before - corner, after - corner
        r = min(radius, 0.45 * np.linalg.norm(a), 0.45 * np.linalg.norm(b))
        start = corner + a / np.linalg.norm(a) * r
        end = corner + b / np.linalg.norm(b) * r
        for t in np.linspace(0, 1, steps + 1):
            out.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    return np.array([*out, p[-1]])


def box(width: float, depth: float, height: float, *, bevel: float = 0.06, n: int = 8) -> Mesh:
    """Box with rounded edges standing on z = 0, centred in x and y; face-planar uv."""
    half = np.array([width, depth, height]) / 2
    r = min(bevel, 0.49 * float(half.min() * 2))
    faces = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            faces.append(_box_face(half, r, axis, sign, n))
    return join(*faces).moved(z=height / 2)


def _box_face(half: Array, r: float, axis: int, sign: float, n: int) -> Mesh:
    u_axis, v_axis = (axis + 1) % 3, (axis + 2) % 3

    # Dense near the edges (the bevel), one span across the middle.
    def ticks(h: float) -> Array:
        corner = r * np.tan(np.linspace(0, np.pi / 4, n // 2 + 1))
        inner = h - r
        return np.concatenate([-(inner + corner[::-1]), inner + corner])

    u, v = np.meshgrid(ticks(half[u_axis]), ticks(half[v_axis]))
    cube = np.zeros((*u.shape, 3))
    cube[..., u_axis], cube[..., v_axis], cube[..., axis] = u, v, sign * half[axis]
    core = np.clip(cube, -(half - r), half - r)
    out = cube - core
    out /= np.linalg.norm(out, axis=2, keepdims=True) + 1e-12
    points = core + out * r
    order = (0, 2) if axis == 1 else ((1, 2) if axis == 0 else (0, 1))
    uv = cube[..., list(order)] + half[list(order)]
    return grid_mesh(points, uv, out)


def tube(path: ArrayLike, radius: ArrayLike, *, segments: int = 16) -> Mesh:
    """Round tube along a path (k, 3); `radius` is one number or k numbers."""
    p = np.asarray(path, dtype=np.float64)
    r = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(p),))
    tangent = np.gradient(p, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12
    side = np.cross(tangent[0], [0.0, 0.0, 1.0])
    if np.linalg.norm(side) < 1e-3:
        side = np.cross(tangent[0], [0.0, 1.0, 0.0])
    theta = np.linspace(0, 2 * np.pi, segments + 1)
    rings = []
    for t in tangent:
        side = side - t * float(side @ t)
        side /= np.linalg.norm(side) + 1e-12
        up = np.cross(t, side)
        rings.append(np.cos(theta)[:, None] * side + np.sin(theta)[:, None] * up)
    normals = np.stack(rings)
    points = p[:, None, :] + normals * r[:, None, None]
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(theta[None, :] * float(r.max()), arc[:, None]), 2)
    return grid_mesh(points, uv, normals)


def sphere(radius: float, *, segments: int = 64) -> Mesh:
    """Sphere standing on z = 0."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 1)
    profile = np.stack([np.cos(angle) * radius, np.sin(angle) * radius + radius], 1)
    profile[[0, -1], 0] = 1e-6
    return lathe(profile, segments=segments)


def extrude(profile: ArrayLike, width: float) -> Mesh:
    """Sheet swept along x from a profile (k, 2) of (y, z); uv in world units."""
    p = np.asarray(profile, dtype=np.float64)
    x = np.linspace(-width / 2, width / 2, 2)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))])
    points = np.stack(
        [np.broadcast_to(x, (len(p), 2)), p[:, :1].repeat(2, 1), p[:, 1:].repeat(2, 1)], 2
    )
    uv = np.stack(np.broadcast_arrays(x[None, :], arc[:, None]), 2)
    tangent = np.gradient(p, axis=0)
    normal = np.stack([np.zeros(len(p)), -tangent[:, 1], tangent[:, 0]], 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return grid_mesh(points, uv, normal[:, None, :].repeat(2, 1))


def heightfield(height: ArrayLike, width: float, depth: float) -> Mesh:
    """Relief of heights (rows, columns) over a width x depth rectangle centred on the origin."""
    h = np.asarray(height, dtype=np.float64)
    y, x = np.meshgrid(
        np.linspace(-depth / 2, depth / 2, h.shape[0]),
        np.linspace(-width / 2, width / 2, h.shape[1]),
        indexing="ij",
    )
    return grid_mesh(np.stack([x, y, h], 2), np.stack([x, y], 2))


def plate(outline: ArrayLike, inner: ArrayLike | None, depth: float) -> Mesh:
    """Upright slab in the xz plane, from y = 0 (front) to `depth`.

    `outline` (k, 2) runs counter-clockwise in (x, z); with `inner` (k, 2), point for point
    inside it, the slab is the ring between the two, otherwise it is filled (convex outline).
    """
    out = np.asarray(outline, dtype=np.float64)
    hole = np.asarray(inner, dtype=np.float64) if inner is not None else None
    centre = np.broadcast_to(out.mean(0), out.shape)
    within = hole if hole is not None else centre
    sides = [_side(out, depth, 1.0)]
    if hole is not None:
        sides.append(_side(hole, depth, -1.0))
    front = _cap(within, out, 0.0, -1.0)
    return join(front, _cap(within, out, depth, 1.0), *sides)


def _cap(within: Array, out: Array, y: float, sign: float) -> Mesh:
    xz = np.stack([within, out])
    points = np.stack([xz[..., 0], np.full(xz.shape[:2], y), xz[..., 1]], 2)
    normals = np.broadcast_to(np.array([0.0, sign, 0.0]), points.shape)
    return grid_mesh(points, xz, normals)


def _side(outline: Array, depth: float, sign: float) -> Mesh:
    tangent = np.diff(outline, axis=0)
    strips = []
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(tangent[:, 0], tangent[:, 1]))])
    for i, t in enumerate(tangent):
        n = np.array([t[1], 0.0, -t[0]]) / (np.hypot(*t) + 1e-12) * sign
        a, b = outline[i], outline[i + 1]
        points = np.array(
            [
                [[a[0], 0, a[1]], [b[0], 0, b[1]]],
                [[a[0], depth, a[1]], [b[0], depth, b[1]]],
            ]
        )
        uv = np.array([[[arc[i], 0], [arc[i + 1], 0]], [[arc[i], depth], [arc[i + 1], depth]]])
        strips.append(grid_mesh(points, uv, np.broadcast_to(n, points.shape)))
    return join(*strips)
