"""The records that flow through Kirakat: frozen, keyword-only, evolved and never mutated.

Pixels are numpy arrays, row-major, (height, width[, 3]); RGB is sRGB-encoded uint8 and alpha
is float32 in [0, 1]. Image coordinates have their origin at the top left corner of the top
left pixel, x to the right and y down; lengths are pixels unless a comment says fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Alpha = NDArray[np.float32]

Treatment = Literal["original", "positioned", "generated"]
Verdict = Literal["pass", "review", "reject"]
ImageFormat = Literal["jpeg", "webp", "avif", "png"]
ShadowMode = Literal["generated", "soft", "hard", "floating", "none"]
# How the camera saw the product: upright on a surface, from above on a surface, or hung/worn.
ProductView = Literal["standing", "lying", "hanging"]
Side = Literal["left", "top", "right", "bottom"]
MaskMethod = Literal["alpha", "backdrop", "segmenter"]


class Defect(StrEnum):
    """What the gate found wrong with a creative; each class has its own retry."""

    BAD_MASK = "bad_mask"
    VIRTUAL_EXTENSION = "virtual_extension"
    HALO = "halo"
    FLOATING = "floating"
    TOO_SMALL = "too_small"
    CUT = "cut"
    PRODUCT_ALTERED = "product_altered"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One sellable feed row."""

    offer_id: str
    merchant_id: str
    title: str
    image_link: str
    description: str = ""
    link: str = ""
    price: str = ""
    brand: str = ""
    color: str = ""
    material: str = ""
    product_type: str = ""
    # Either the taxonomy's number or its full path, as the feed has it.
    google_product_category: str = ""
    item_group_id: str = ""
    additional_image_links: tuple[str, ...] = ()
    # Every other column of the feed, by its name.
    attributes: Mapping[str, str] = field(default_factory=dict)
    # Line (delimited and JSON feeds) or element number (XML), counted from 1.
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A feed row, image or creative that could not be used, with what would mend it."""

    offer_id: str
    line: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SourceImage:
    """A decoded product photo: sRGB, EXIF orientation applied."""

    pixels: RGB
    # The file's own alpha channel when it has one.
    alpha: Alpha | None
    # SHA-256 of the file's bytes.
    sha256: str
    # Where it came from: a path or address.
    uri: str

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, kw_only=True)
class Box:
    """An axis-aligned rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of the bottom edge."""
        return self.y + self.height


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """Step 1's result: the product's colours and soft coverage, at the source's size."""

    # (H, W, 3): equal to the source wherever alpha is 1; estimated at and beyond the rim, so
    # that no backdrop colour bleeds into a blend.
    foreground: RGB
    # (H, W)
    alpha: Alpha
    # Tight box of alpha > 0.5, in source pixels.
    bbox: Box
    method: MaskMethod
    # Name and revision of what made the matte, such as "u2netp@309c8469".
    model: str
    # 0 to 1: how sure the method is that the matte is the whole product and nothing else.
    confidence: float
    # Share of the picture that the product covers.
    coverage: float
    # Sides of the photo at which the product is cut off.
    border_contact: frozenset[Side]
    # Separate objects of notable size that belong to the product (a pair of shoes: 2).
    object_count: int


@dataclass(frozen=True, kw_only=True)
class Insets:
    """Margins as fractions of the width (left, right) and height (top, bottom)."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A position in which ads are shown."""

    name: str
    width: int
    height: int
    # Kept free of the product (overlaid titles, buttons, rounded corners).
    safe_area: Insets = Insets(left=0.06, top=0.06, right=0.06, bottom=0.06)
    format: ImageFormat = "jpeg"
    # Largest file that the placement's network accepts.
    max_bytes: int = 150_000

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def is_tile(self) -> bool:
        """Whether it is too elongated for diffusion: product tile on a quiet ground."""
        return self.ratio >= 3.0 or self.ratio <= 1.0 / 3.0


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A generation size in pixels, shared by placements of similar aspect ratio."""

    width: int
    height: int

    @property
    def name(self) -> str:
        """Such as "512x384"."""
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Step 2's result: where the product stands on a canvas.

    A source point (u, v) lands at (scale * u + offset_x, scale * v + offset_y): uniform scale
    and translation only, so the product is never distorted or turned.
    """

    width: int
    height: int
    # Canvas pixels per source pixel.
    scale: float
    offset_x: float
    offset_y: float
    # The cutout's bbox on the canvas; may reach beyond it at `held_sides`.
    product_box: Box
    # Where the product touches its support: centre x, y, and half the width of the contact.
    base_x: float
    base_y: float
    base_half_width: float
    view: ProductView
    # Canvas sides at which a product that the photo cuts off stays cut off.
    held_sides: frozenset[Side] = frozenset()

    def cropped(self, box: Box, *, width: int, height: int) -> Layout:
        """The layout on a canvas of (width, height) that shows `box` of this one.

        `box` must have the new canvas' aspect ratio to within a pixel.
        """
        factor = width / box.width
        return replace(
            self,
            width=width,
            height=height,
            scale=self.scale * factor,
            offset_x=(self.offset_x - box.x) * factor,
            offset_y=(self.offset_y - box.y) * factor,
            product_box=Box(
                x=(self.product_box.x - box.x) * factor,
                y=(self.product_box.y - box.y) * factor,
                width=self.product_box.width * factor,
                height=self.product_box.height * factor,
            ),
            base_x=(self.base_x - box.x) * factor,
            base_y=(self.base_y - box.y) * factor,
            base_half_width=self.base_half_width * factor,
        )


@dataclass(frozen=True, kw_only=True)
class Light:
    """The key light of a scene."""

    # Where it comes from, degrees clockwise seen from above: 0 from behind the camera,
    # 90 from the right, 180 from behind the scene, 270 from the left.
    azimuth: float = 315.0
    # Degrees above the ground.
    elevation: float = 50.0
    # 0 a bare sun to 1 a huge softbox.
    softness: float = 0.6
    temperature: Literal["warm", "neutral", "cool"] = "neutral"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An environment picture without a product, and its geometry."""

    scene_id: str
    path: Path
    width: int
    height: int
    # Where the centre of a product's base touches, as fractions of width and height.
    support_x: float
    support_y: float
    # Usable width of the support there, as a fraction of the width.
    support_width: float
    # Fraction of the height; None in a view from above.
    horizon: float | None
    # Degrees above horizontal: 0 at eye level, 90 straight down.
    camera_elevation: float
    light: Light
    views: frozenset[ProductView]
    surface: str
    lighting: str
    palette: str
    tags: frozenset[str] = frozenset()
    # The only categories that it suits, such as a room that only furniture fits; empty: any.
    categories: frozenset[str] = frozenset()
    licence: str = ""
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class SceneQuery:
    """What a prompt wants of a scene; an empty set means anything."""

    surfaces: frozenset[str] = frozenset()
    lightings: frozenset[str] = frozenset()
    palettes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One entry of a pool."""

    prompt_id: str
    version: int
    category: str
    # Text with {attribute} or {attribute|default} fields.
    template: str
    negative: str
    tags: tuple[str, ...]
    # Why it suits the category, for the people who edit pools.
    why: str
    scene: SceneQuery = SceneQuery()

    @property
    def arm(self) -> str:
        """The bandit's name of it: prompt@version."""
        return f"{self.prompt_id}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class RenderedPrompt:
    """A prompt after the offer's attributes went in."""

    prompt: Prompt
    text: str
    negative: str


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


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What was measured on a creative, and where every pixel of it came from."""

    # Largest difference, in 8-bit levels, between the creative's product pixels and an
    # independent resample of the source where alpha is 1, before encoding. 0 means untouched.
    product_difference: int
    # Pixels over which that was compared.
    product_pixels: int
    # The same comparison after encoding, as PSNR in dB; infinite for lossless formats.
    encoded_psnr: float
    # Area that the generated picture adds to the object, as a share of the product's area,
    # and what the segmenter reports on an untouched picture; None where it was not measured.
    expansion: float | None
    expansion_noise: float | None
    # Mean colour distance (CIE76) of a visible rim from the colours at both its sides.
    halo: float
    # 0 no visible contact with the support to 1 a clear contact shadow; None without support.
    contact: float | None
    # Share of the creative's area that the product covers.
    coverage: float
    mask_confidence: float
    # Share of the render that this placement's crop leaves out.
    crop_loss: float
    model: str
    model_licence: str
    prompt: str
    seed: int | None
    source_sha256: str
    matte_sha256: str
    render_key: str | None
    scene_id: str | None


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What the gate decided, and why."""

    verdict: Verdict
    defects: tuple[Defect, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreativeKey:
    """What a recommender asks for: the paper's (image, prompt, size) triplet made exact."""

    merchant_id: str
    source_sha256: str
    # Text and negative text after rendering; empty for treatments without a prompt.
    prompt_text: str
    prompt_negative: str
    placement: Placement
    treatment: Treatment
    recipe: Recipe

    @property
    def digest(self) -> str:
        """The key's hexadecimal hash."""
        from kirakat.hashing import digest

        return digest("creative", self)


@dataclass(frozen=True, kw_only=True)
class Creative:
    """One immutable finished image with its certificate."""

    key: CreativeKey
    offer_id: str
    prompt: Prompt | None
    attempt: int
    # The encoded file, whole.
    data: bytes
    sha256: str
    certificate: Certificate
    gate: GateResult
    # Wall-clock seconds by step; 0 where a cache answered.
    seconds: Mapping[str, float]

    def evolve(self, **changes: Any) -> Creative:
        """A copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class StepPicture:
    """One step of the pipeline as a picture, for the report."""

    # Such as "mask" or "edges"; what a person reads under the picture.
    name: str
    pixels: RGB


@dataclass(frozen=True, kw_only=True)
class OfferResult:
    """All that came of one offer."""

    offer: Offer
    category: str
    # What told the category: "google_product_category", "product_type", "title" or "default".
    category_from: str
    # The source photo, at most 512 px; None when it could not be read.
    thumbnail: RGB | None
    creatives: tuple[Creative, ...]
    # What could not be made, and why.
    rejections: tuple[Rejection, ...]
    # Source, mask, edges, scene, generated and finished picture of the first render.
    steps: tuple[StepPicture, ...]
    # Creatives that a cache answered.
    cached: int
    # Wall-clock seconds.
    seconds: float
