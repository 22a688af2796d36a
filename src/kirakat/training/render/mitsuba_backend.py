"""The only module that talks to Mitsuba 3: stages become linear pictures and exact mattes."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import RenderError
from kirakat.training.render.materials import Material, plain
from kirakat.training.render.mesh import Mesh, grid_mesh
from kirakat.training.render.palettes import linear

if TYPE_CHECKING:
    from kirakat.training.render.camera import Camera
    from kirakat.training.render.stage import Lamp, Part, Stage

Array = NDArray[np.float64]
# What a lamp looks like from behind.
_HOUSING = plain((0.1, 0.1, 0.1), 0.9)
_LLVM_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/llvm-19/lib")


class RendererMissingError(RenderError):
    """Rendering needs Mitsuba 3 and LLVM 19: `pip install mitsuba`, `apt install libllvm19`."""


def find_llvm() -> Path:
    """LLVM 19's shared library; RendererMissingError tells how to install it."""
    named = os.environ.get("DRJIT_LIBLLVM_PATH")
    if named:
        return Path(named)
    for folder in _LLVM_FOLDERS:
        for name in ("libLLVM-19.so", "libLLVM.so.19.1", "libLLVM-19.so.1"):
            if (Path(folder) / name).exists():
                return Path(folder) / name
    raise RendererMissingError("LLVM 19 was not found: run `apt install libllvm19`")


@lru_cache(maxsize=1)
def mitsuba() -> Any:
    """Mitsuba with its LLVM variant selected; RendererMissingError when it cannot run."""
    os.environ["DRJIT_LIBLLVM_PATH"] = str(find_llvm())
    try:
        import mitsuba as mi
    except ImportError as error:
        raise RendererMissingError("Mitsuba was not found: run `pip install mitsuba`") from error
    mi.set_variant("llvm_ad_rgb")
    mi.set_log_level(mi.LogLevel.Error)
    return mi


def _bitmap(values: NDArray[Any]) -> dict[str, Any]:
    mi = mitsuba()
    data = np.ascontiguousarray(values, dtype=np.float32)
    # Mitsuba's v runs upwards from the last row; orientation does not matter for tiles.
    if data.ndim == 2:
        data = data[:, :, None]
    return {"type": "bitmap", "bitmap": mi.Bitmap(data), "raw": True, "wrap_mode": "repeat"}


@lru_cache(maxsize=1)
def _linear_table() -> NDArray[np.float32]:
    return (linear(np.linspace(0.0, 1.0, 4096)) * 0.9).astype(np.float32)


def _colour(material: Material) -> dict[str, Any]:
    albedo = np.asarray(material.albedo)
    if albedo.ndim == 1:
        return _bitmap(np.broadcast_to(linear(albedo.astype(np.float64)) * 0.9, (2, 2, 3)))
    # A table is ten times faster than the formula on big textures.
    return _bitmap(_linear_table()[(albedo * 4095.0 + 0.5).astype(np.uint16)])


def _bsdf(material: Material) -> Any:
    mi = mitsuba()
    if material.glass:
        tint = [float(c) for c in np.asarray(material.albedo)]
        return mi.load_dict({
            "type": "dielectric", "int_ior": 1.5,
            "specular_transmittance": {"type": "rgb", "value": tint},
        })  # fmt: skip
    # Every opaque material is the same tree with the same lobes switched on (a zero would
    # switch one off), so that all scenes share one compiled kernel: compiling takes longer
    # than rendering a small picture.
    height = material.height if material.height is not None else np.zeros((2, 2))
    tree: dict[str, Any] = {
        "type": "principled",
        "base_color": _colour(material),
        "roughness": material.roughness,
        "specular": material.specular,
        "metallic": max(material.metallic, 1e-4),
        "clearcoat": max(material.clearcoat, 1e-4),
        "clearcoat_gloss": 0.9,
        "sheen": max(material.sheen, 1e-4),
    }
    bumped = {"type": "bumpmap", "height": _bitmap(height), "nested": tree}
    return mi.load_dict({"type": "twosided", "nested": bumped})


def _mesh(mesh: Mesh, bsdf: Any, tile: float, glow: Any = None) -> Any:
    mi = mitsuba()
    props = mi.Properties()
    props["mesh_bsdf"] = bsdf
    if glow is not None:
        props["emitter"] = glow
    made = mi.Mesh(
        "part", len(mesh.vertices), len(mesh.faces),
        has_vertex_normals=True, has_vertex_texcoords=True, props=props,
    )  # fmt: skip
    params = mi.traverse(made)
    params["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
    params["vertex_normals"] = mesh.normals.astype(np.float32).ravel()
    params["vertex_texcoords"] = (mesh.uv / tile).astype(np.float32).ravel()
    params["faces"] = mesh.faces.astype(np.uint32).ravel()
    params.update()
    return made


def _emitter(radiance: Any) -> Any:
    return mitsuba().load_dict(
        {"type": "area", "radiance": {"type": "rgb", "value": [float(c) for c in radiance]}}
    )


def _lamp(lamp: Lamp, bsdf: Any) -> Any:
    """Lamp as a mesh like every other shape (one shape type keeps the kernel small)."""
    towards = lamp.target - lamp.position
    towards = towards / np.linalg.norm(towards)
    up = np.array([0.0, 0.0, 1.0]) if abs(towards[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    side = np.cross(up, towards)
    side = side / np.linalg.norm(side)
    across = np.array([-0.5, 0.5])[None, :, None] * side * lamp.width
    along = np.array([-0.5, 0.5])[:, None, None] * np.cross(towards, side) * lamp.height
    points = lamp.position + across + along
    sheet = grid_mesh(points, np.zeros((2, 2, 2)), np.broadcast_to(towards, points.shape))
    return _mesh(sheet, bsdf, 1.0, _emitter(lamp.radiance))


def _sensor(camera: Camera, size: int, spp: int, seed: int) -> dict[str, Any]:
    mi = mitsuba()
    _, up, forward = camera.axes
    look = mi.ScalarTransform4f().look_at(
        origin=camera.origin.tolist(), target=(camera.origin + forward).tolist(), up=up.tolist()
    )
    return {
        "type": "thinlens",
        "fov": camera.fov,
        "aperture_radius": camera.aperture,
        "focus_distance": camera.focus,
        "to_world": look,
        "film": {
            "type": "hdrfilm", "width": size, "height": size,
            "rfilter": {"type": "box"}, "component_format": "float32",
        },
        "sampler": {"type": "multijitter", "sample_count": spp, "seed": seed},
    }  # fmt: skip


def _objects(parts: tuple[Part, ...]) -> dict[str, Any]:
    shared: dict[int, Any] = {}
    objects = {}
    for i, part in enumerate(parts):
        key = id(part.material)
        if key not in shared:
            shared[key] = _bsdf(part.material)
        glow = _emitter(part.material.glow) if part.material.glow else None
        objects[f"part{i}"] = _mesh(part.mesh, shared[key], part.material.tile, glow)
    return objects


def _environment(values: NDArray[np.float32]) -> dict[str, Any]:
    mi = mitsuba()
    # Mitsuba's maps have y up; the world here has z up.
    upright = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    return {"type": "envmap", "bitmap": mi.Bitmap(values), "to_world": upright}


def render_light(stage: Stage, *, size: int, spp: int, seed: int, depth: int = 5) -> Array:
    """Denoised linear picture (size, size, 3) of a stage, product included."""
    import mitsuba_oidn

    mi = mitsuba()
    tree: dict[str, Any] = {
        "type": "scene",
        "integrator": {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal",
            "path": {"type": "path", "max_depth": depth},
        },
        "sensor": _sensor(stage.camera, size, spp, seed),
        "environment": _environment(stage.environment),
    }
    housing = _bsdf(_HOUSING)
    tree |= {f"lamp{i}": _lamp(lamp, housing) for i, lamp in enumerate(stage.lamps)}
    tree |= _objects(stage.parts + stage.product)
    image = np.array(mi.render(mi.load_dict(tree, optimize=False), spp=spp, seed=seed))
    clean = mitsuba_oidn.denoise(
        np.ascontiguousarray(np.minimum(image[:, :, :3], 60.0)),
        np.ascontiguousarray(np.clip(image[:, :, 3:6], 0.0, 1.0)),
        np.ascontiguousarray(image[:, :, 6:9]),
        hdr=True,
    )
    return np.asarray(clean, dtype=np.float64)


def render_coverage(stage: Stage, *, size: int, spp: int = 64) -> Array:
    """Product coverage (size, size) in [0, 1]: the share of camera rays that meet it first.

    Parts of the scene that hide the product are respected.
    """
    mi = mitsuba()
    tree: dict[str, Any] = {
        "type": "scene",
        # The first hit's albedo: white on the product, black elsewhere, on both sides of a mesh.
        "integrator": {"type": "aov", "aovs": "albedo:albedo"},
        "sensor": _sensor(stage.camera, size, spp, 1),
    }
    for name, parts, shade in (("s", stage.parts, 0.0), ("p", stage.product, 1.0)):
        flat = {"type": "twosided", "nested": {"type": "diffuse", "reflectance": shade}}
        look = mi.load_dict(flat)
        for i, part in enumerate(parts):
            tree[f"{name}{i}"] = _mesh(part.mesh, look, 1.0)
    image = np.array(mi.render(mi.load_dict(tree, optimize=False), spp=spp, seed=1))
    return np.asarray(np.clip(image[:, :, 1], 0.0, 1.0), dtype=np.float64)
