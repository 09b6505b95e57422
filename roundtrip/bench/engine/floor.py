"""What the file system itself takes for one durable append: the floor under every durable put."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import Final, Self

ALLOCATION_BYTES: Final = 4 * 2**20


class Floor:
    """Appends to a file of its own, allocated piece by piece as the store allocates its extents, each with a sync."""

    def __init__(self, file: Path, *, size: int) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._payload = os.urandom(size)
        self._end = self._allocated = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def append(self) -> float:
        """Seconds of one append with its fdatasync."""
        size = len(self._payload)
        while self._end + size > self._allocated:
            os.posix_fallocate(self._descriptor, self._allocated, ALLOCATION_BYTES)
            self._allocated += ALLOCATION_BYTES
        began = perf_counter()
        written = 0
        while written < size:
            written += os.pwrite(self._descriptor, memoryview(self._payload)[written:], self._end + written)
        os.fdatasync(self._descriptor)
        seconds = perf_counter() - began
        self._end += size
        return seconds
