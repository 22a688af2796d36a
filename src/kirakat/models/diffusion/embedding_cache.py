"""Embeddings and starting latents, computed once: a pool of prompts is small, and every
product meets many prompts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from kirakat.store.stage_cache import StageCache

if TYPE_CHECKING:
    import torch

_STAGE = "embedding"
_DEFAULT_BYTES = 256 * 2**20


class EmbeddingCache:
    """Named tensors by key: least recently used ones leave memory first.

    With `backing`, what is worth keeping across runs is saved there too, as safetensors, so
    that a later process gets back the same bits. Keys hold everything that decides a value.
    """

    def __init__(
        self, *, max_bytes: int = _DEFAULT_BYTES, backing: StageCache | None = None
    ) -> None:
        self._max_bytes = max_bytes
        self._backing = backing
        self._bytes = 0
        self._entries: OrderedDict[str, Mapping[str, torch.Tensor]] = OrderedDict()
        self._lock = Lock()

    def get(
        self,
        key: str,
        compute: Callable[[], Mapping[str, torch.Tensor]],
        *,
        persist: bool = True,
    ) -> Mapping[str, torch.Tensor]:
        """The CPU tensors under `key`, from memory, the backing cache or `compute`."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        values = self._load(key) if persist else None
        if values is None:
            values = {name: value.detach().cpu() for name, value in compute().items()}
            if persist:
                self._save(key, values)
        self._remember(key, values)
        return values

    def _remember(self, key: str, values: Mapping[str, torch.Tensor]) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = values
            self._bytes += _size(values)
            while self._bytes > self._max_bytes and len(self._entries) > 1:
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= _size(oldest)

    def _load(self, key: str) -> Mapping[str, torch.Tensor] | None:
        from safetensors.torch import load

        data = self._backing.load(_STAGE, key) if self._backing else None
        return None if data is None else load(data)

    def _save(self, key: str, values: Mapping[str, torch.Tensor]) -> None:
        from safetensors.torch import save

        if self._backing:
            tensors = {name: value.contiguous() for name, value in values.items()}
            self._backing.save(_STAGE, key, save(tensors))


def _size(values: Mapping[str, torch.Tensor]) -> int:
    return sum(value.numel() * value.element_size() for value in values.values())
