"""Tell an outage of a store, which is nobody's fault, from trouble with one render."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from sqlalchemy import text

from kirakat.errors import StoreError

if TYPE_CHECKING:
    from kirakat.store.blobs import Blobs
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)


class StoreWatch:
    """Tries the stores themselves. Nothing is claimed while the blobs are away."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._lock = threading.Lock()
        # Bytes that could not be stored when the blobs were last tried; 0: they are well.
        self._missed = 0

    def is_database_away(self) -> bool:
        """Whether the database takes no write now."""
        try:
            with self._database.writing() as connection:
                connection.execute(text("SELECT 1"))
        except StoreError:
            return True
        return False

    def are_blobs_away(self, size: int) -> bool:
        """Whether a blob of `size` bytes, whatever it holds, cannot be stored now.

        Its bytes are random, so that it is nobody's, and it is removed at once: a disk that is
        nearly full takes a small file and no picture.
        """
        is_away = not self._takes(os.urandom(size))
        with self._lock:
            self._missed = size if is_away else 0
        return is_away

    def must_wait(self) -> bool:
        """Whether the blobs were away and still are."""
        with self._lock:
            missed = self._missed
        return bool(missed) and self.are_blobs_away(missed)

    def _takes(self, data: bytes) -> bool:
        try:
            sha256 = self._blobs.put(data)
        except StoreError as error:
            _log.warning("the blob store is away: %s", error)
            return False
        try:
            self._blobs.delete(sha256)
        except StoreError as error:
            # Whoever may only write leaves it to `kirakat store gc`.
            _log.info("a trial of the blob store stays: %s", error)
        return True
