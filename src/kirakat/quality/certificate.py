"""Everything that was measured on a creative, and where it came from, in one record."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.hashing import sha256_array
from kirakat.imaging.resample import interior, resample_alpha
from kirakat.quality.contact import contact_score
from kirakat.quality.fidelity import encoded_psnr, fidelity
from kirakat.quality.halo import halo
from kirakat.types import RGB, Certificate, Cutout, Layout, SourceImage, Treatment


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a creative's background was made of; the defaults are those of a plain ground."""

    model: str = ""
    model_licence: str = ""
    prompt: str = ""
    seed: int | None = None
    render_key: str | None = None
    scene_id: str | None = None
    # Object expansion measured on the render, and on an untouched picture of the product.
    expansion: float | None = None
    expansion_noise: float | None = None
    # Share of the render that this placement's crop leaves out.
    crop_loss: float = 0.0


def certify(
    composed: RGB,
    decoded: RGB,
    source: SourceImage,
    cutout: Cutout,
    layout: Layout,
    *,
    treatment: Treatment,
    provenance: Provenance,
    strict: bool = False,
) -> Certificate:
    """Measures one creative.

    `composed` (h, w, 3) is the picture before encoding, `decoded` the same read back from the
    encoded file, `source` the photo decoded anew. Contact is asked of generated backgrounds
    alone: a positioned product needs no ground. `strict` compares with a second resampler.
    """
    alpha = resample_alpha(cutout.alpha, layout, within=cutout.extent)
    difference, compared = fidelity(composed, source.pixels, cutout, layout, strict=strict)
    contact = contact_score(composed, alpha, layout) if treatment == "generated" else None
    return Certificate(
        product_difference=difference,
        product_pixels=compared,
        encoded_psnr=encoded_psnr(decoded, composed, interior(cutout.alpha, layout)),
        expansion=provenance.expansion,
        expansion_noise=provenance.expansion_noise,
        halo=halo(composed, alpha),
        contact=contact,
        coverage=float(alpha.mean(dtype="float64")),
        mask_confidence=cutout.confidence,
        crop_loss=provenance.crop_loss,
        model=provenance.model,
        model_licence=provenance.model_licence,
        prompt=provenance.prompt,
        seed=provenance.seed,
        source_sha256=source.sha256,
        matte_sha256=sha256_array(cutout.alpha),
        render_key=provenance.render_key,
        scene_id=provenance.scene_id,
    )
