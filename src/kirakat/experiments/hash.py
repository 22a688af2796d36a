"""GrowthBook's published bucketing hash, so that any of its SDKs puts users where we do.

https://docs.growthbook.io/lib/build-your-own#hashing: FNV-1a of 32 bits; version 2 hashes twice
(10,000 buckets), version 1 once (1,000 buckets) and is what namespaces use.
"""

from __future__ import annotations

BUCKETS = 10_000
_NAMESPACE_BUCKETS = 1_000
_OFFSET, _PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF


def fnv1a(text: str) -> int:
    """FNV-1a with 32 bits over the UTF-16 code units of a text."""
    value = _OFFSET
    if text.isascii():
        for byte in text.encode():
            value = ((value ^ byte) * _PRIME) & _MASK
        return value
    data = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(data[::2], data[1::2], strict=True):
        value = ((value ^ (low | high << 8)) * _PRIME) & _MASK
    return value


def bucket(seed: str, unit: str) -> int:
    """The bucket of a unit, from 0 to 9,999: hash version 2 is this over 10,000."""
    return fnv1a(str(fnv1a(seed + unit))) % BUCKETS


def namespace_share(namespace: str, unit: str) -> float:
    """Where a unit lies in a namespace, in [0, 1): hash version 1."""
    return fnv1a(f"{unit}__{namespace}") % _NAMESPACE_BUCKETS / _NAMESPACE_BUCKETS
