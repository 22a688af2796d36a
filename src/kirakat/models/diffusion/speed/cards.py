"""The peak of bfloat16 arithmetic that makers state for their cards, without sparsity."""

from __future__ import annotations

from collections.abc import Mapping

# Teraflops of dense matrix products; the longest name that a card's own contains counts.
_PEAKS: Mapping[str, float] = {
    "B200": 2250.0,
    "B100": 1800.0,
    "GH200": 989.4,
    "H200 NVL": 835.5,
    "H200": 989.4,
    "H100 NVL": 835.5,
    "H100 PCIe": 756.0,
    "H100": 989.4,
    "H20": 148.0,
    "A100": 312.0,
    "A800": 312.0,
    "L40S": 362.0,
    "L40": 181.0,
    "L4": 121.0,
    "A40": 149.7,
    "A30": 165.0,
    "A10G": 70.0,
    "A10": 125.0,
    "RTX 6000 Ada": 364.2,
    "RTX A6000": 154.8,
    "RTX 5090": 209.5,
    "RTX 4090": 165.2,
    "RTX 4080": 97.5,
    "RTX 3090": 71.0,
}


def peak_tflops(card: str) -> float | None:
    """Teraflops of the card of that name; None when it is not in the table."""
    known = [name for name in _PEAKS if _contains(card, name)]
    return _PEAKS[max(known, key=len)] if known else None


def _contains(card: str, name: str) -> bool:
    """Whether all words of `name` are words of the card's, so that L4 is no L40S."""
    words = card.replace("-", " ").split()
    return all(word in words for word in name.split())
