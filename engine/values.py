"""Values that are read and written in pieces, so that neither side holds them whole in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Protocol

from .errors import CallRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from .locator import Entry


class Source(Protocol):
    """What a large value is read from: a binary file, a socket's file, an `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


class ViewSource:
    """A value in memory, read in pieces."""

    def __init__(self, value: bytes | bytearray | memoryview) -> None:
        self._view = memoryview(value).cast("B")
        self._at = 0

    def read(self, size: int, /) -> bytes:
        """The next piece."""
        piece = bytes(self._view[self._at : self._at + size])
        self._at += len(piece)
        return piece


class ValueReader(io.RawIOBase):
    """A value as a readable, seekable binary stream; one chunk at a time is in memory.

    It shows the value as it was when it was opened. Raises `ValueChanged` when that is gone, `ChunkRotten` and
    `DiskFailed` where the disk fails.
    """

    def __init__(self, entry: Entry, read_part: Callable[[int, Entry], tuple[bytes, Entry]]) -> None:
        super().__init__()
        self._entry = entry
        self._read_part = read_part
        self._ends: list[int] = []
        total = 0
        for _extent, _generation, _offset, length, _checksum in entry:
            total += length
            self._ends.append(total)
        self.size_bytes = total
        self._position = 0
        self._part = -1
        self._held = b""

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes; the new position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} lies before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer from one chunk; the number of bytes, 0 at the end."""
        target = memoryview(buffer).cast("B")
        if self._position >= self.size_bytes or not len(target):
            return 0
        part = next(at for at, end in enumerate(self._ends) if end > self._position)
        if part != self._part:
            self._held, self._entry = self._read_part(part, self._entry)
            self._part = part
        start = self._position - (self._ends[part] - len(self._held))
        piece = self._held[start : start + len(target)]
        target[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def read_whole(source: Source, size: int) -> bytes:
    """So many bytes from a source, fewer only at its end."""
    piece = source.read(size)
    if type(piece) is not bytes and not isinstance(piece, bytes | bytearray | memoryview):
        raise CallRefused(f"value: expected a binary file, found one that reads {type(piece).__name__}")
    if not piece or len(piece) == size:
        return bytes(piece)
    pieces = [bytes(piece)]
    missing = size - len(piece)
    while missing and (piece := source.read(missing)):
        pieces.append(bytes(piece))
        missing -= len(piece)
    return b"".join(pieces)
