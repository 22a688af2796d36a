"""Stage results as bytes and back, for the caches: exact round trips."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from kirakat.errors import KirakatError
from kirakat.types import RGB, Alpha, Box, Certificate, Cutout, Defect, GateResult

# Fast and good enough: caches are written once and read often.
_PNG_LEVEL = 1


def pack(header: Mapping[str, Any], *bodies: bytes) -> bytes:
    """A JSON header and byte strings in one."""
    sizes = [len(body) for body in bodies]
    head = json.dumps({"header": dict(header), "sizes": sizes}).encode()
    return struct.pack(">I", len(head)) + head + b"".join(bodies)


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What `pack` was given."""
    (length,) = struct.unpack_from(">I", data)
    head = json.loads(data[4 : 4 + length])
    bodies, start = [], 4 + length
    for size in head["sizes"]:
        bodies.append(data[start : start + size])
        start += size
    return head["header"], bodies


def encode_png(pixels: np.ndarray[Any, Any]) -> bytes:
    """An 8-bit grey, RGB or RGBA picture as PNG."""
    swapped = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    done, data = cv2.imencode(
        ".png", np.ascontiguousarray(swapped), [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    )
    if not done:
        raise KirakatError(f"a picture of shape {pixels.shape} could not be written as PNG")
    return data.tobytes()


def decode_png(data: bytes) -> RGB:
    """What `encode_png` was given."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise KirakatError("a cached picture is broken; delete the cache folder and run again")
    if picture.ndim == 2:
        return np.asarray(picture, np.uint8)
    return np.ascontiguousarray(picture[..., [2, 1, 0, 3][: picture.shape[2]]], np.uint8)


def quantised(alpha: Alpha) -> Alpha:
    """Coverage in steps of 1/255, as the cache keeps it: fresh and cached mattes are equal."""
    return np.round(alpha * 255.0).astype(np.float32) / np.float32(255.0)


def encode_cutout(cutout: Cutout) -> bytes:
    """A cutout whose alpha is `quantised`."""
    alpha = np.round(cutout.alpha * 255.0).astype(np.uint8)
    header = dataclasses.asdict(dataclasses.replace(cutout, foreground=None, alpha=None))  # type: ignore[arg-type]  # the arrays travel as PNG
    header["border_contact"] = sorted(cutout.border_contact)
    return pack(header, encode_png(np.dstack([cutout.foreground, alpha])))


def decode_cutout(data: bytes) -> Cutout:
    """What `encode_cutout` was given."""
    header, (png,) = unpack(data)
    picture = decode_png(png)
    header["foreground"] = np.ascontiguousarray(picture[..., :3])
    header["alpha"] = picture[..., 3].astype(np.float32) / np.float32(255.0)
    header["bbox"] = Box(**header["bbox"])
    header["border_contact"] = frozenset(header["border_contact"])
    return Cutout(**header)


def certificate_to_json(certificate: Certificate) -> dict[str, Any]:
    """A certificate as JSON; an infinite PSNR becomes null."""
    values = dataclasses.asdict(certificate)
    if values["encoded_psnr"] == float("inf"):
        values["encoded_psnr"] = None
    return values


def certificate_from_json(values: Mapping[str, Any]) -> Certificate:
    """What `certificate_to_json` was given."""
    psnr = values["encoded_psnr"]
    return Certificate(**{**values, "encoded_psnr": float("inf") if psnr is None else psnr})


def gate_to_json(gate: GateResult) -> dict[str, Any]:
    """A gate's result as JSON."""
    return dataclasses.asdict(gate)


def gate_from_json(values: Mapping[str, Any]) -> GateResult:
    """What `gate_to_json` was given."""
    return GateResult(
        verdict=values["verdict"],
        defects=tuple(Defect(item) for item in values["defects"]),
        reasons=tuple(values["reasons"]),
    )
