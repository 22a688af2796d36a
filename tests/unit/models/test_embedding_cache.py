"""Embeddings in memory and in a stage cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.store.stage_cache import memory_cache

torch: Any = pytest.importorskip("torch", reason="needs kirakat[diffusion]")

Computed = dict[str, Any]


def _counting(value: float, calls: list[float]) -> Callable[[], Computed]:
    def compute() -> Computed:
        calls.append(value)
        return {"embeds": torch.full((256,), value)}

    return compute


def test_a_value_is_computed_once() -> None:
    """Every picture would encode its prompt again."""
    cache, calls = EmbeddingCache(), list[float]()
    for _ in range(3):
        assert cache.get("a", _counting(1.0, calls))["embeds"][0] == 1.0
    assert calls == [1.0]


def test_the_least_recently_used_leaves_first() -> None:
    """A long catalogue would fill the memory, or throw out the prompts in use."""
    cache, calls = EmbeddingCache(max_bytes=2 * 1024), list[float]()
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get(key, _counting(float(ord(key)), calls))
    assert [chr(int(value)) for value in calls] == ["a", "b", "c", "b"]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_saved_values_are_bit_identical(dtype: str) -> None:
    """A second process would draw other pictures than the first."""
    backing = memory_cache()
    value = torch.randn(3, 5).to(getattr(torch, dtype))
    EmbeddingCache(backing=backing).get("ab", lambda: {"embeds": value})
    again = EmbeddingCache(backing=backing).get("ab", dict)
    assert torch.equal(again["embeds"], value)


def test_what_is_not_worth_keeping_is_not_saved() -> None:
    """Starting pictures would fill the disk beside the renders made of them."""
    backing = memory_cache()
    EmbeddingCache(backing=backing).get("ab", _counting(1.0, []), persist=False)
    assert backing.load("embedding", "ab") is None
