"""Small made-up results of a run."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from kirakat.clock import FrozenClock
from kirakat.output.summary import RunInfo
from kirakat.types import (
    Certificate,
    Creative,
    CreativeKey,
    GateResult,
    ImageFormat,
    Offer,
    OfferResult,
    PhotoFacts,
    Placement,
    Prompt,
    Recipe,
    Rejection,
    StepPicture,
    Treatment,
    Verdict,
)

RECIPE = Recipe(name="embedded", version=1, pipeline_version=1, generator="tiny", lora=("a",))


class Maker:
    """Makes offers' results; every argument has a harmless default."""

    def creative(
        self,
        *,
        offer_id: str = "mug-1",
        treatment: Treatment = "generated",
        prompt_id: str = "oak-shelf",
        version: int = 1,
        placement: str = "square",
        size: tuple[int, int] = (600, 600),
        format: ImageFormat = "jpeg",  # noqa: A002 - the record's own name
        verdict: Verdict = "pass",
        psnr: float = 41.0,
        text: str = "a mug on an oak shelf",
    ) -> Creative:
        """One creative with a plain picture."""
        prompt = Prompt(
            prompt_id=prompt_id,
            version=version,
            category="home",
            template="",
            negative="text",
            tags=(),
            why="",
        )
        data = picture(size, format)
        return Creative(
            key=CreativeKey(
                merchant_id="demo",
                source_sha256="5" * 64,
                prompt_text=text,
                prompt_negative="text",
                placement=Placement(name=placement, width=size[0], height=size[1], format=format),
                treatment=treatment,
                recipe=RECIPE,
            ),
            offer_id=offer_id,
            prompt=prompt if treatment == "generated" else None,
            attempt=0,
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            certificate=certificate(psnr),
            gate=GateResult(
                verdict=verdict, reasons=() if verdict == "pass" else (f"because {verdict}",)
            ),
            seconds={"mask": 0.5, "generate": 2.0 if treatment == "generated" else 0.0},
        )

    def result(
        self,
        *creatives: Creative,
        offer_id: str = "mug-1",
        title: str = "Mug",
        rejections: tuple[Rejection, ...] = (),
        thumbnail: bool = True,
        photo: PhotoFacts | None = None,
    ) -> OfferResult:
        """An offer with these creatives."""
        pixels = np.full((120, 120, 3), 200, np.uint8)
        return OfferResult(
            offer=Offer(offer_id=offer_id, merchant_id="demo", title=title, image_link="m.jpg"),
            category="home",
            category_from="title",
            thumbnail=pixels if thumbnail else None,
            creatives=creatives,
            rejections=rejections,
            steps=(StepPicture(name="mask", pixels=pixels),),
            cached=0,
            seconds=3.0,
            photo=photo,
        )

    def photo(self) -> PhotoFacts:
        """A good photo."""
        parts = {"resolution": 0.9, "sharpness": 1.0}
        return PhotoFacts(quality=0.93, composition="plain ground", parts=parts)

    def rejection(self, *, value: str = "lamp.tiff") -> Rejection:
        """A feed row without a picture."""
        return Rejection(
            offer_id="lamp-2", line=3, field="image_link", value=value, reason="No such file."
        )


def picture(size: tuple[int, int], name: ImageFormat) -> bytes:
    """A plain picture, encoded."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (180, 160, 140)).save(buffer, name.upper())
    return buffer.getvalue()


def certificate(psnr: float) -> Certificate:
    """A clean certificate."""
    return Certificate(
        product_difference=0,
        product_pixels=81234,
        encoded_psnr=psnr,
        expansion=0.012,
        expansion_noise=0.01,
        halo=1.2,
        contact=None,
        coverage=0.3,
        mask_confidence=0.97,
        crop_loss=0.0,
        model="kirakat-tiny@1",
        model_licence="Apache-2.0",
        prompt="oak-shelf@1",
        seed=7,
        source_sha256="5" * 64,
        matte_sha256="6" * 64,
        render_key="7" * 64,
        scene_id="oak-03",
    )


@pytest.fixture
def make() -> Maker:
    """What makes results."""
    return Maker()


@pytest.fixture
def info() -> RunInfo:
    """A run's fixed facts."""
    return RunInfo(recipe=RECIPE, generator="kirakat-tiny", command="kirakat generate feed.csv")


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock(at=datetime(2026, 11, 14, 10, 32, tzinfo=UTC))


@pytest.fixture
def open_jpeg() -> Callable[[object], Image.Image]:
    """Reads a picture whole, so that no file stays open."""

    def read(path: object) -> Image.Image:
        with Image.open(str(path)) as image:
            image.load()
            return image

    return read
