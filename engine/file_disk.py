"""A disk in one sparse file on a real file system (Linux): extent `i` begins at `i * extent_size_bytes`.

1. A call that returns has done all of its work: short transfers and interrupted calls are carried on with.
2. A sync is made once, whatever it answers: the kernel reports a lost page one time only, and a second sync that
   succeeds would prove nothing.
3. Nothing is read or written outside the extent that was named.
4. Every system call on the open file goes through `System`, so that a test can put another one in its place.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from typing import TYPE_CHECKING, Final, NoReturn, Self

from .disk_range import outside
from .errors import CallRefused, NotAStore, StoreClosed, StoreExists
from .system_calls import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .disk import Buffer
    from .system_calls import System

#: Buffers that one call may gather (IOV_MAX of Linux).
GATHER_MAXIMUM: Final = 1024
#: Bytes that one call gathers, unless it is a single buffer: a larger call is no faster, and may be slower.
GATHER_SIZE_MAXIMUM: Final = 2**20
#: What a file system answers that cannot set room aside; then a later write tells whether there is any.
UNSUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL})


class FileDisk:
    """A `Disk` in a file; make one with `create` or `open`.

    A disk that was opened has no extents until `divide`; before, `peek` reads at any place of the file.

    `size_bytes`: of the file; `reads`, `writes`, `bytes_written`, `syncs`: calls that were made, and bytes that the
    system took, for statistics; `system`: the system calls.
    """

    def __init__(self, path: Path, descriptor: int, size_bytes: int, *, read_only: bool, system: System) -> None:
        self.path = path
        self.system = system
        self._pread = system.pread
        self.size_bytes = size_bytes
        self.is_read_only = read_only
        self.extent_count = 0
        self.extent_size_bytes = 0
        self.reads = 0
        self.writes = 0
        self.bytes_written = 0
        self.syncs = 0
        self._descriptor = descriptor
        # Popped by whoever closes, which is atomic where a comparison and an assignment are not.
        self._to_close = [descriptor]
        # `extent_count` as long as the disk is open, then 0: one comparison tells both.
        self._usable_count = 0
        self._allocated: set[int] = set()

    @classmethod
    def create(cls, path: Path, extent_count: int, extent_size_bytes: int, *, system: System = SYSTEM) -> Self:
        """A new file of full size that takes no room yet, durable with its name.

        Raises `StoreExists`, `CallRefused`, and `OSError`, after which there is no file.
        """
        if extent_count < 1 or extent_size_bytes < 1:
            raise CallRefused(
                f"a disk of {extent_count} extents of {extent_size_bytes} bytes: expected at least 1 of 1"
            )
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            raise StoreExists(f"{path} exists already; give another path") from None
        size_bytes = extent_count * extent_size_bytes
        try:
            os.ftruncate(descriptor, size_bytes)
            system.fsync(descriptor)
            sync_directory(path.parent, system)
        except BaseException:
            system.close(descriptor)
            path.unlink()
            raise
        disk = cls(path, descriptor, size_bytes, read_only=False, system=system)
        disk.divide(extent_size_bytes)
        return disk

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, system: System = SYSTEM) -> Self:
        """The file at a path, not divided into extents yet. Raises `NotAStore` and `OSError`."""
        try:
            # Before it is opened: opening a pipe would wait for somebody at its other end.
            is_regular = stat.S_ISREG(path.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            raise NotAStore(f"{path}: expected the file of a disk, found nothing") from None
        if not is_regular:
            raise NotAStore(f"{path}: expected the file of a disk, found a directory or a device")
        descriptor = os.open(path, os.O_RDONLY if read_only else os.O_RDWR)
        return cls(path, descriptor, os.fstat(descriptor).st_size, read_only=read_only, system=system)

    def divide(self, extent_size_bytes: int) -> None:
        """Set the shape: as many whole extents of this size as the file holds. Raises `CallRefused`."""
        self._refuse_closed()
        if not 0 < extent_size_bytes <= self.size_bytes:
            raise CallRefused(f"{self.path}: {self.size_bytes} bytes hold no extent of {extent_size_bytes} bytes")
        self.extent_size_bytes = extent_size_bytes
        self.extent_count = self._usable_count = self.size_bytes // extent_size_bytes
        self._allocated.clear()

    def peek(self, position: int, length: int) -> bytes:
        """Exactly `length` bytes from a position of the file, whatever the shape. `OSError` (EIO) beyond its end."""
        self._refuse_closed()
        if position < 0 or length < 0:
            raise CallRefused(f"peek at {position}, {length} bytes: expected neither to be negative")
        return self._read_on(position, length, b"")

    def drop_cached_pages(self) -> None:
        """Forget the file's clean pages, so that reads see the medium; what awaits a sync stays."""
        self._refuse_closed()
        self.system.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def allocate(self, extent: int) -> None:
        """See `Disk.allocate`; free when it was done before. Without effect where the file system cannot."""
        if not 0 <= extent < self._usable_count or self.is_read_only:
            self._refuse("allocate", extent, 0, 0)
        if extent in self._allocated:
            return
        size = self.extent_size_bytes
        while True:
            try:
                self.system.posix_fallocate(self._descriptor, extent * size, size)
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
            break
        self._allocated.add(extent)

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """See `Disk.write`."""
        size = self.extent_size_bytes
        # The length of a view counts its items, and an item may be larger than a byte.
        length = sum([buffer.nbytes if type(buffer) is memoryview else len(buffer) for buffer in buffers])
        if not (0 <= extent < self._usable_count and 0 <= offset <= size - length) or self.is_read_only:
            self._refuse("write", extent, offset, length)
        self.writes += 1
        count = len(buffers)
        if count != 1 and (length > GATHER_SIZE_MAXIMUM or count > GATHER_MAXIMUM):
            self._write_on(extent * size + offset, buffers, 0)
        elif length:
            try:
                written = self.system.pwritev(self._descriptor, buffers, extent * size + offset)
            except InterruptedError:
                self._write_on(extent * size + offset, buffers, 0)
                return
            self.bytes_written += written
            if written != length:
                refuse_stall(written, length)
                self._write_on(extent * size + offset + written, buffers, written)

    def read(self, extent: int, offset: int, length: int) -> bytes:
        """See `Disk.read`."""
        size = self.extent_size_bytes
        if not (0 <= extent < self._usable_count and 0 <= offset <= size - length and length >= 0):
            self._refuse("read", extent, offset, length)
        self.reads += 1
        try:
            found = self._pread(self._descriptor, length, extent * size + offset)
        except InterruptedError:
            found = b""
        if len(found) == length:
            return found
        return self._read_on(extent * size + offset, length, found)

    def sync(self) -> None:
        """See `Disk.sync`; never tried twice."""
        self._refuse_closed()
        self.syncs += 1
        self.system.fdatasync(self._descriptor)

    def reset(self, extent: int) -> None:
        """See `Disk.reset`: a file has no hard write pointer, and the old bytes stay until they are overwritten."""
        if not 0 <= extent < self._usable_count or self.is_read_only:
            self._refuse("reset", extent, 0, 0)

    def close(self) -> None:
        """See `Disk.close`. A call that is under way in another thread ends with `StoreClosed` or `OSError`."""
        try:
            descriptor = self._to_close.pop()
        except IndexError:
            return
        self._descriptor = -1
        self._usable_count = 0
        # The number goes to nobody else as long as a call may be under way, which holds this object.
        try:
            nothing = os.open(os.devnull, os.O_RDONLY)
        except OSError:
            # No descriptor is left: then the number is given back at once.
            self.system.close(descriptor)
            return
        self.system.dup2(nothing, descriptor)
        os.close(nothing)
        weakref.finalize(self, os.close, descriptor)

    def _write_on(self, position: int, buffers: Sequence[Buffer], done: int) -> None:
        """Write what follows the first `done` bytes of the buffers to this position of the file, in as many calls as
        it takes."""
        # Last first: what is done is taken off the end of the list.
        views = [view.cast("B") for buffer in buffers if (view := memoryview(buffer)).nbytes][::-1]
        take_off(views, done)
        while views:
            batch = first_batch(views)
            try:
                written = self.system.pwritev(self._descriptor, batch, position)
            except InterruptedError:
                continue
            refuse_stall(written, sum(map(len, batch)))
            self.bytes_written += written
            position += written
            take_off(views, written)

    def _read_on(self, position: int, length: int, found: bytes) -> bytes:
        """`length` bytes from this position of the file, of which the first were found already."""
        parts = [found]
        missing = length - len(found)
        while missing:
            self._refuse_closed()
            try:
                part = self.system.pread(self._descriptor, missing, position + length - missing)
            except InterruptedError:
                continue
            if not part:
                if position + length > self.size_bytes:
                    raise OSError(
                        errno.EIO,
                        f"{self.path} ends at {self.size_bytes} bytes: {length} bytes at {position} are not in it",
                    )
                # Somebody cut the file while it was open; what is missing is judged like all that is read.
                part = bytes(missing)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _refuse_closed(self) -> None:
        if self._descriptor < 0:
            raise StoreClosed(f"{self.path}: the disk was closed")

    def _refuse(self, verb: str, extent: int, offset: int, length: int) -> NoReturn:
        self._refuse_closed()
        if self.is_read_only and verb != "read":
            raise CallRefused(f"{verb}: {self.path} was opened for reading only")
        raise outside(self, verb, extent, offset, length)


def take_off(views: list[memoryview], count: int) -> None:
    """Take so many bytes off the views, the last of which is the first."""
    while count:
        first = views.pop()
        if count < len(first):
            views.append(first[count:])
            return
        count -= len(first)


def first_batch(views: list[memoryview]) -> list[memoryview]:
    """The views that the next call takes, in order, of a list whose last is the first."""
    size = 0
    batch: list[memoryview] = []
    for view in reversed(views[-GATHER_MAXIMUM:]):
        size += len(view)
        if batch and size > GATHER_SIZE_MAXIMUM:
            break
        batch.append(view)
    return batch


def refuse_stall(written: int, length: int) -> None:
    """Raise if a write call has taken nothing: trying again might go on for ever."""
    if written <= 0:
        raise OSError(errno.EIO, f"the system took none of {length} bytes, and gave no reason")


def sync_directory(path: Path, system: System) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        system.fsync(descriptor)
    finally:
        system.close(descriptor)
