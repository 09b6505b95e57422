"""The disk seam: extents of bytes that are written, synced, read and reset.

A disk is a row of extents of one size. The engine writes each extent from its start to its end and never twice in one
life; a disk with hard write pointers (zoned) may insist on that. A write is volatile until the next `sync`.

    FileDisk    engine.file_disk     one sparse file on a real file system
    MemoryDisk  engine.memory_disk   for proofs: volatile and durable image, crash states
    ZonedDisk   engine.zoned_disk    the same with hard write pointers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview


class Disk(Protocol):
    """What the engine asks of a medium. Every method may raise `OSError`; none retries a failed sync.

    `extent_count` and `extent_size_bytes` are the shape. All methods may be called from several threads.
    """

    extent_count: int
    extent_size_bytes: int

    def allocate(self, extent: int) -> None:
        """Make sure that the medium has room for the whole extent: `OSError` (ENOSPC) now and not at a later write."""
        ...

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """Write all the buffers one after the other from this offset (bytes) of the extent.

        Short writes and interrupted calls are carried on with; when it raises, any part may have been written.
        """
        ...

    def read(self, extent: int, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from this offset of the extent; what was never written reads as zeros."""
        ...

    def sync(self) -> None:
        """Make every write that has returned durable. If it raises, nobody knows which are."""
        ...

    def reset(self, extent: int) -> None:
        """Begin a new life of the extent: its hard write pointer, if it has one, goes back to 0."""
        ...

    def close(self) -> None:
        """Give back what the disk holds; it does not sync. A second call does nothing."""
        ...


class PartWritten(OSError):
    """Raised by the `faults` of a `MemoryDisk` in a write: the first `written` bytes are written, then it goes on."""

    def __init__(self, number: int, message: str, written: int) -> None:
        super().__init__(number, message)
        self.written = written
