"""Everything besides product, prompt and placement that decides the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kirakat.types.pixels import RGB
from kirakat.types.placements import Bucket, Layout
from kirakat.types.scenes import Light

ShadowMode = Literal["generated", "soft", "hard", "floating", "none"]
Treatment = Literal["original", "positioned", "generated"]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a generator draws: everything besides the inputs that decides its pixels."""

    steps: int = 8
    # Classifier-free guidance scale; 1 switches it off.
    guidance: float = 3.0
    # Share of the noise schedule run over the starting picture; 1 starts from noise alone.
    strength: float = 0.45
    # ControlNet's weight, and the share of the steps after which it is released.
    control_scale: float = 0.8
    control_end: float = 0.8
    # Weight of the product image given to the IP-Adapter; 0 switches it off.
    image_scale: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything besides product, prompt and placement that decides the pixels."""

    name: str
    version: int
    # Raised whenever a change of the code changes pixels.
    pipeline_version: int
    # "tiny", "sd15", "sdxl", or the path of a diffusers checkpoint.
    generator: str
    model_revision: str = ""
    lora: tuple[str, ...] = ()
    # Name and revision of what makes mattes where the photo itself does not.
    segmenter: str = ""
    sampling: Sampling = Sampling()
    # Start from the library's scenes, or from noise.
    start: Literal["scene", "noise"] = "scene"
    # Whether the matte's contour is drawn into the control image.
    contour: bool = True
    # Share of the scene's fine detail, lost in the autoencoder, that is given back.
    detail: float = 1.0
    # Standard deviation, as a share of the render's long side, of the blur of what the model
    # changed: a small model's light and palette are worth taking, its blotches are not.
    smoothing: float = 0.0
    shadow: ShadowMode = "soft"
    # Colour of the ground of the treatment `positioned`, sRGB.
    ground: tuple[int, int, int] = (255, 255, 255)

    @property
    def label(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What a certificate says of a model."""

    name: str
    revision: str
    licence: str
    # Long side in pixels at which the model was trained.
    native_size: int


@dataclass(frozen=True, kw_only=True)
class Render:
    """Step 4's result: one generated background at the bucket's size, product not yet cut back."""

    # Hash of all inputs.
    key: str
    bucket: Bucket
    layout: Layout
    # (height, width, 3) of the bucket: what the model drew.
    pixels: RGB
    # The starting picture after the model's autoencoder alone; None when started from noise.
    reconstruction: RGB | None
    # The control image (height, width, 3), for the report.
    control: RGB
    scene_id: str | None
    light: Light
    seed: int
    attempt: int
    model: ModelInfo
    # Wall-clock seconds of the generator, shared equally over its batch.
    seconds: float
