"""Telling which keys are persistent while more are put.

A put is accepted at once and persistent later. Waiting for each would cost three syncs of the disk each time, so they
are waited for together: every so many, or as soon as they are so many bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine import Dependency

#: Puts, and bytes of them, that are waited for together.
BATCH_COUNT: Final = 64
BATCH_BYTES: Final = 8 * 2**20


class Persistence:
    """Waits for puts or deletes batch by batch and tells the key of each; `is_eager`: each one before the next."""

    def __init__(self, tell: Callable[[bytes], None] | None, *, is_eager: bool) -> None:
        self._tell = tell
        self._batch_count = 1 if is_eager else BATCH_COUNT
        self._is_wanted = is_eager or tell is not None
        self._keys: list[bytes] = []
        self._size_bytes = 0
        self._dependency = Dependency()

    def add(self, key: bytes, size_bytes: int, dependency: Dependency) -> None:
        """The store has accepted this."""
        if not self._is_wanted:
            return
        self._keys.append(key)
        self._size_bytes += size_bytes
        self._dependency &= dependency
        if len(self._keys) >= self._batch_count or self._size_bytes >= BATCH_BYTES:
            self.settle()

    def settle(self) -> None:
        """Wait for what is left."""
        self._dependency.wait()
        keys, self._keys, self._size_bytes, self._dependency = self._keys, [], 0, Dependency()
        for key in keys if self._tell is not None else ():
            assert self._tell is not None
            self._tell(key)
