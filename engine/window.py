"""Reads an extent from its start to its write pointer, for those who look at every frame of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .extents import Extent, Extents


class Window:
    """Reads an extent from its start to its write pointer through a buffer that moves along.

    Raises `DiskFailed`; bytes beyond the pointer come out empty.
    """

    SIZE: Final = 2**20

    def __init__(self, extents: Extents, extent: Extent) -> None:
        self.extent = extent
        self.end = extent.pointer
        self._extents = extents
        self._start = 0
        self._data = b""

    def take(self, offset: int, length: int) -> bytes:
        """Up to so many bytes from an offset, fewer at the pointer."""
        length = min(length, self.end - offset)
        if length <= 0:
            return b""
        at = offset - self._start
        if at < 0 or at + length > len(self._data):
            if length >= self.SIZE:
                return self._read(offset, length)
            self._data = self._read(offset, min(self.SIZE, self.end - offset))
            self._start, at = offset, 0
        return self._data[at : at + length]

    def _read(self, offset: int, length: int) -> bytes:
        return self._extents.read(self.extent.number, self.extent.generation, offset, length)
