"""The records that flow through Kirakat: frozen, keyword-only, evolved and never mutated.

Pixels are numpy arrays, row-major, (height, width[, 3]); RGB is sRGB-encoded uint8 and alpha
is float32 in [0, 1]. Image coordinates have their origin at the top left corner of the top
left pixel, x to the right and y down; lengths are pixels unless a comment says fractions.
"""

from kirakat.types.creatives import (
    Certificate,
    Creative,
    CreativeKey,
    Defect,
    GateResult,
    OfferResult,
    StepPicture,
    Verdict,
)
from kirakat.types.offers import Offer, Rejection
from kirakat.types.photos import PhotoComposition, PhotoFacts
from kirakat.types.pixels import RGB, Alpha, Box, ImageFormat, Insets, Side
from kirakat.types.placements import Bucket, Layout, Placement
from kirakat.types.products import Cutout, MaskMethod, ProductView, SourceImage
from kirakat.types.prompts import Prompt, RenderedPrompt
from kirakat.types.recipes import ModelInfo, Recipe, Render, Sampling, ShadowMode, Treatment
from kirakat.types.scenes import Light, Scene, SceneQuery

__all__ = [
    "RGB",
    "Alpha",
    "Box",
    "Bucket",
    "Certificate",
    "Creative",
    "CreativeKey",
    "Cutout",
    "Defect",
    "GateResult",
    "ImageFormat",
    "Insets",
    "Layout",
    "Light",
    "MaskMethod",
    "ModelInfo",
    "Offer",
    "OfferResult",
    "PhotoComposition",
    "PhotoFacts",
    "Placement",
    "ProductView",
    "Prompt",
    "Recipe",
    "Rejection",
    "Render",
    "RenderedPrompt",
    "Sampling",
    "Scene",
    "SceneQuery",
    "ShadowMode",
    "Side",
    "SourceImage",
    "StepPicture",
    "Treatment",
    "Verdict",
]
