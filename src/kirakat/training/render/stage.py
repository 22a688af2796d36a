"""What is rendered: parts, lamps and surroundings, before any renderer is involved."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.camera import Camera
from kirakat.training.render.materials import Material
from kirakat.training.render.mesh import Mesh

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One mesh of one material."""

    mesh: Mesh
    material: Material


@dataclass(frozen=True, kw_only=True, eq=False)
class Lamp:
    """Square area light at `position`, facing `target`; `radiance` linear RGB."""

    position: Array
    target: Array
    width: float
    height: float
    radiance: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """Everything a picture needs. `environment` is a latitude-longitude radiance map."""

    parts: tuple[Part, ...]
    lamps: tuple[Lamp, ...]
    environment: NDArray[np.float32]
    camera: Camera
    # World point where the centre of a product's base goes.
    support: Array
    # Shown through the scene's own colours: display level of the 92nd luminance percentile.
    exposure: float
    # The product, last of all; empty in a product-free scene.
    product: tuple[Part, ...] = field(default=())
