"""The system calls of a `FileDisk`, as one small object that a test can replace by another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .disk import Buffer


class System(Protocol):
    """The system calls of a `FileDisk`, each as in `os`."""

    def pread(self, descriptor: int, length: int, position: int, /) -> bytes:
        """Read up to so many bytes from a position."""
        ...

    def pwritev(self, descriptor: int, buffers: Sequence[Buffer], position: int, /) -> int:
        """Write the buffers to a position; the number of bytes that were written."""
        ...

    def fdatasync(self, descriptor: int, /) -> None:
        """Make the file's bytes durable."""
        ...

    def fsync(self, descriptor: int, /) -> None:
        """Make a file, or the names in a directory, durable."""
        ...

    def posix_fallocate(self, descriptor: int, position: int, length: int, /) -> None:
        """Set room aside."""
        ...

    def posix_fadvise(self, descriptor: int, position: int, length: int, advice: int, /) -> None:
        """Tell the kernel what the file's pages are good for."""
        ...

    def dup2(self, descriptor: int, other: int, /) -> object:
        """Close what the other descriptor stands for, and let it stand for the first one's file."""
        ...

    def close(self, descriptor: int, /) -> None:
        """Give the descriptor back."""
        ...


class OperatingSystem:
    """The real calls."""

    # Not methods of Python: a frame of our own would double what a short read costs.
    pread = staticmethod(os.pread)
    pwritev = staticmethod(os.pwritev)
    fdatasync = staticmethod(os.fdatasync)
    fsync = staticmethod(os.fsync)
    posix_fallocate = staticmethod(os.posix_fallocate)
    posix_fadvise = staticmethod(os.posix_fadvise)
    dup2 = staticmethod(os.dup2)
    close = staticmethod(os.close)


SYSTEM: Final[System] = OperatingSystem()
