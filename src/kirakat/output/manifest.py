"""`manifest.jsonl`: one row a creative, with everything needed to use, audit or repeat it.

docs/reference/manifest.md documents the schema; a test fails when a field is missing there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, Final

from kirakat.output.jsonl import JsonlWriter, read_jsonl
from kirakat.types import Certificate, Creative, PhotoFacts, Recipe, Rejection

# Raised when a field changes its meaning or goes; a new field does not raise it.
SCHEMA: Final = 1


class ManifestWriter(JsonlWriter):
    """Writes `manifest.jsonl`, a row at a time."""

    def add(
        self,
        creative: Creative,
        *,
        path: PurePosixPath,
        url: str | None,
        photo: PhotoFacts | None = None,
    ) -> None:
        """Append a creative's row."""
        self.write(manifest_row(creative, path=path, url=url, photo=photo))


class RejectionWriter(JsonlWriter):
    """Writes `rejected.jsonl`: feed rows, images and creatives that came to nothing."""

    def add(self, rejection: Rejection) -> None:
        """Append a rejection's row."""
        self.write(asdict(rejection))


def read_manifest(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a manifest, also of one whose run was stopped."""
    return read_jsonl(path)


def manifest_row(
    creative: Creative, *, path: PurePosixPath, url: str | None, photo: PhotoFacts | None = None
) -> dict[str, Any]:
    """A creative as a JSON object; `path` is relative to the run's folder.

    `photo` is what was measured on the merchant's own photo.
    """
    key, placement = creative.key, creative.key.placement
    return {
        "schema": SCHEMA,
        "key": key.digest,
        "offer_id": creative.offer_id,
        "merchant_id": key.merchant_id,
        "treatment": key.treatment,
        "prompt": _prompt(creative),
        "placement": {
            "name": placement.name,
            "width": placement.width,
            "height": placement.height,
        },
        "path": str(path),
        "url": url,
        "sha256": creative.sha256,
        "bytes": len(creative.data),
        "format": placement.format,
        "seed": creative.certificate.seed,
        "attempt": creative.attempt,
        "recipe": _recipe(key.recipe),
        "model": creative.certificate.model,
        "model_licence": creative.certificate.model_licence,
        "certificate": _certificate(creative.certificate),
        "verdict": creative.gate.verdict,
        "defects": [str(defect) for defect in creative.gate.defects],
        "reasons": list(creative.gate.reasons),
        "seconds": {step: round(spent, 4) for step, spent in creative.seconds.items()},
        "cached": not any(creative.seconds.values()),
        "photo": _photo(photo),
    }


def _photo(photo: PhotoFacts | None) -> dict[str, Any] | None:
    if photo is None:
        return None
    return {"quality": round(photo.quality, 4), "composition": photo.composition}


def _prompt(creative: Creative) -> dict[str, Any] | None:
    if creative.prompt is None:
        return None
    return {
        "id": creative.prompt.prompt_id,
        "version": creative.prompt.version,
        "category": creative.prompt.category,
        "text": creative.key.prompt_text,
        "negative": creative.key.prompt_negative,
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    fields = asdict(recipe).items()
    plain = {name: list(item) if isinstance(item, tuple) else item for name, item in fields}
    return {"label": recipe.label, **plain}


def _certificate(certificate: Certificate) -> dict[str, Any]:
    lossless = math.isinf(certificate.encoded_psnr)
    psnr = None if lossless else certificate.encoded_psnr
    return {**asdict(certificate), "encoded_psnr": psnr, "lossless": lossless}
