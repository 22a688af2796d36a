"""Chance that can be replayed: draws are hashes of the decision's id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from kirakat.bandit.errors import BanditError


def uniform_draw(purpose: str, identifier: str) -> float:
    """A number in [0, 1), the same for the same purpose and id on every machine."""
    text = f"{purpose}\x1f{identifier}".encode()
    return (int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 11) / 2**53


def draw(probabilities: Iterable[float], purpose: str, identifier: str) -> int:
    """The index that a decision's draw falls upon."""
    point, upto = uniform_draw(purpose, identifier), 0.0
    for index, share in enumerate(probabilities):
        upto += share
        if point < upto:
            return index
    raise BanditError(f"probabilities sum to {upto}, not to 1", identifier=identifier)


def draw_from(probabilities: Mapping[str, float], purpose: str, identifier: str) -> str:
    """The name that a decision's draw falls upon."""
    return list(probabilities)[draw(probabilities.values(), purpose, identifier)]
