"""Where a creative lies in a run's folder, and its address.

Ids come from feeds and may hold anything. Every segment of a path is written so that it is
legal on every file system, stays distinct where a file system ignores case, and is its own
URL: the escape character is `=` (as in quoted-printable) because a percent sign in a file's
name would have to be escaped once more in its address, which some servers undo twice.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Final

from kirakat.types import Creative, ImageFormat

_SAFE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(10)]
)
_TREATMENTS: Final = frozenset({"original", "positioned", "generated"})
_EXTENSIONS: Final[dict[ImageFormat, str]] = {
    "jpeg": "jpg",
    "webp": "webp",
    "avif": "avif",
    "png": "png",
}
# Characters of a segment: three of them leave room for a folder's name under Windows' 260.
_LONGEST: Final = 64
_HASH_LENGTH: Final = 20


def creative_path(creative: Creative) -> PurePosixPath:
    """`creatives/<offer>/<prompt>/<placement>.<ext>`, relative to the run's folder.

    `<prompt>` is the prompt's id (`id@version` from version 2 on), or the treatment's name.
    Creatives of one recipe that differ in offer, treatment, prompt, placement name or format
    never share a path.
    """
    placement = creative.key.placement
    name = f"{path_segment(placement.name)}.{_EXTENSIONS[placement.format]}"
    return PurePosixPath("creatives", path_segment(creative.offer_id), _prompt(creative), name)


def creative_url(base_url: str, path: PurePosixPath) -> str:
    """The path's address below `base_url`; the bare path when that is empty."""
    return f"{base_url.rstrip('/')}/{path}" if base_url else str(path)


def _prompt(creative: Creative) -> str:
    if creative.prompt is None or creative.key.treatment != "generated":
        return creative.key.treatment
    segment = path_segment(creative.prompt.prompt_id, reserved=_TREATMENTS)
    version = creative.prompt.version
    return segment if version == 1 else f"{segment}@{version}"


def path_segment(text: str, *, reserved: frozenset[str] = frozenset()) -> str:
    """`text` as one path segment, injective even where case is ignored.

    Unsafe characters become `=xx` for every byte of their UTF-8. Capitals are recorded as a
    hexadecimal bit mask of their positions after a `~`. Device names (`con`, `lpt1`), names in
    `reserved`, and dots at either end are broken up by escaping one character. A text too long
    is cut and ends in `~~` and 80 bits of its SHA-256.
    """
    escaped = "".join(char if char in _SAFE else _escape(char) for char in text) or "="
    if _starts_badly(escaped, reserved):
        escaped = _escape(escaped[0]) + escaped[1:]
    if escaped.endswith("."):
        escaped = escaped[:-1] + _escape(".")
    capitals = sum(1 << place for place, char in enumerate(text) if "A" <= char <= "Z")
    segment = f"{escaped}~{capitals:x}" if capitals else escaped
    return segment if len(segment) <= _LONGEST else _cut(segment, text)


def _starts_badly(escaped: str, reserved: frozenset[str]) -> bool:
    lowered = escaped.lower()
    return lowered.startswith(".") or lowered.partition(".")[0] in _DEVICES or lowered in reserved


def _cut(segment: str, text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{segment[: _LONGEST - _HASH_LENGTH - 2]}~~{digest}"


def _escape(char: str) -> str:
    return "".join(f"={byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
