"""Reads the frames of one extent that follow one another and do not say beforehand how long they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .header import Buffer
from .image import Read
from .refusal import Refusal

#: What is read at once; a longer frame is read again, with so many times more.
BLOCK_BYTES: Final = 4096
GROWTH: Final = 8


class Window:
    """One extent, read block by block from the start."""

    def __init__(self, read: Read, extent: int, size_bytes: int) -> None:
        self._read = read
        self._extent = extent
        self._size = size_bytes
        self._start = 0
        self._data = memoryview(read(extent, 0, min(BLOCK_BYTES, size_bytes)))

    def frame(
        self, decode_prefix: Callable[[Buffer, int], tuple[dict[str, Any], int]], offset: int, seed: int
    ) -> tuple[dict[str, Any], int]:
        """The value and the size of the frame at an offset; raises Refusal."""
        length = BLOCK_BYTES
        while True:
            at = offset - self._start
            try:
                return decode_prefix(self._data[at:], seed)
            except Refusal as refusal:
                if refusal.rule != "truncated" or self._start + len(self._data) >= self._size:
                    raise
            self._start = offset
            self._data = memoryview(self._read(self._extent, offset, min(length, self._size - offset)))
            length *= GROWTH
