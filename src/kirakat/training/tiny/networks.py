"""Names for networks whose libraries ship no complete types.

Signatures then say which class they take; to a type checker each is `Any`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

AutoencoderKL: TypeAlias = Any
CLIPTextModel: TypeAlias = Any
CLIPTokenizer: TypeAlias = Any
CLIPVisionModelWithProjection: TypeAlias = Any
ControlNetModel: TypeAlias = Any
StableDiffusionControlNetImg2ImgPipeline: TypeAlias = Any
UNet2DConditionModel: TypeAlias = Any
