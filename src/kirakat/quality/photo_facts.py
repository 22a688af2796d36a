"""What was measured on a photo as bytes, for a cache."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from kirakat.types import PhotoFacts


def encode_facts(facts: PhotoFacts) -> bytes:
    """For a cache."""
    return json.dumps(asdict(facts)).encode()


def decode_facts(data: bytes) -> PhotoFacts:
    """What `encode_facts` was given."""
    values: dict[str, Any] = json.loads(data)
    return PhotoFacts(**values)
