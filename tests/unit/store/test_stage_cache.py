"""Stage caches: what is kept comes back, once, whole."""

from __future__ import annotations

from pathlib import Path

from kirakat.store.stage_cache import folder_cache, memory_cache


def test_what_was_saved_is_loaded_by_another_process(tmp_path: Path) -> None:
    """If it were not, a second run would do all work again."""
    folder_cache(tmp_path / "cache").save("mask", "k" * 64, b"matte")
    assert folder_cache(tmp_path / "cache").load("mask", "k" * 64) == b"matte"


def test_the_first_writer_wins() -> None:
    """If the last won, an entry could change under a reader."""
    cache = memory_cache()
    cache.save("mask", "key", b"first")
    cache.save("mask", "key", b"second")
    assert cache.load("mask", "key") == b"first"


def test_stages_do_not_share_keys() -> None:
    """If they did, a matte could be read as a render."""
    cache = memory_cache()
    cache.save("mask", "key", b"matte")
    assert cache.load("render", "key") is None


def test_look_ups_are_counted() -> None:
    """If they were not, a run could not say what it did not have to do again."""
    cache = memory_cache()
    cache.load("mask", "key")
    cache.save("mask", "key", b"matte")
    cache.load("mask", "key")
    assert (cache.misses["mask"], cache.hits["mask"]) == (1, 1)
