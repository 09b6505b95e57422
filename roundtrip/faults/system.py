"""Faults below a disk in a file: calls of the system that are interrupted, do half of the work, or fail.

The file is real, what the system does to it is ours: nothing is synced, since a scenario ends with its process.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from engine.file_disk import FileDisk

from ..histories.presets import preset_named
from .session import FaultSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.crash_choice import Kept, Unsynced
    from engine.disk import Buffer

    from ..histories.presets import Preset
    from .injector import Injector
    from .kinds import Fault

NUMBERS = {"eintr": errno.EINTR, "eio": errno.EIO, "enospc": errno.ENOSPC}


class FaultySystem:
    """The calls of the system, each counted by its name, harmed as the injector says."""

    def __init__(self, injector: Injector, extent_size_bytes: int) -> None:
        self.injector = injector
        self.extent_size_bytes = extent_size_bytes

    def harm(self, call: str, position: int, length: int) -> bool:
        """Count a call; whether it is to do half of its work. Raises the error that is planned for it."""
        extent, offset = divmod(position, self.extent_size_bytes) if position >= 0 else (-1, 0)
        fault = self.injector.hit(call, extent)
        if fault is None:
            return False
        self.injector.note(fault, extent, offset, length)
        if fault.kind == "less":
            return True
        raise OSError(NUMBERS[fault.kind], f"injected {fault.kind}")

    def pread(self, descriptor: int, length: int, position: int, /) -> bytes:
        """See `System.pread`."""
        less = self.harm("pread", position, length)
        return os.pread(descriptor, -(-length // 2) if less else length, position)

    def pwritev(self, descriptor: int, buffers: Sequence[Buffer], position: int, /) -> int:
        """See `System.pwritev`."""
        data = b"".join(buffers)
        less = self.harm("pwritev", position, len(data))
        return os.pwrite(descriptor, data[: -(-len(data) // 2)] if less else data, position)

    def fdatasync(self, descriptor: int, /) -> None:  # noqa: ARG002  # as every system
        """Nothing is lost here but by a fault."""
        self.harm("fdatasync", -1, 0)

    def fsync(self, descriptor: int, /) -> None:
        """Likewise."""

    def posix_fallocate(self, descriptor: int, position: int, length: int, /) -> None:
        """See `System.posix_fallocate`."""
        self.harm("posix_fallocate", position, length)
        os.posix_fallocate(descriptor, position, length)

    def posix_fadvise(self, descriptor: int, position: int, length: int, advice: int, /) -> None:
        """See `System.posix_fadvise`."""
        os.posix_fadvise(descriptor, position, length, advice)

    def dup2(self, descriptor: int, other: int, /) -> object:
        """See `System.dup2`."""
        return os.dup2(descriptor, other)

    def close(self, descriptor: int, /) -> None:
        """See `System.close`."""
        os.close(descriptor)


class FileMedium(FileDisk):
    """A `FileDisk` that a session can crash: the process ends, and what it wrote is in the file."""

    faults: Any = None
    remembers = False

    @property
    def unsynced(self) -> list[Unsynced]:
        """Nothing that could be lost."""
        return []

    def survivals(self, index: int) -> Iterator[Kept]:
        """There is nothing to survive."""
        raise IndexError(index)

    def possible(self, keep: Iterable[Kept]) -> tuple[Kept, ...]:
        """See `MemoryDisk.possible`."""
        return tuple(keep)

    def crash(self, keep: Iterable[Kept] = ()) -> FileMedium:
        """The file, opened again."""
        assert not tuple(keep), "nothing is unsynced"
        self.close()
        disk = FileMedium.open(self.path, system=self.system)
        disk.divide(self.extent_size_bytes)
        return disk


class FileSession(FaultSession):
    """A `FaultSession` on a file in a folder of its own, which `end` removes."""

    def __init__(self, preset: Preset, placement: str, injector: Injector) -> None:
        shape = preset.shape
        self.folder = TemporaryDirectory(prefix="shardproof-faults-")
        system = FaultySystem(injector, shape.extent_size_bytes)
        path = Path(self.folder.name) / "disk"
        disk = FileMedium.create(path, shape.extent_count, shape.extent_size_bytes, system=system)
        try:
            super().__init__(preset, placement, injector, disk)
        except BaseException:
            self.folder.cleanup()
            raise

    def end(self) -> None:
        """Close and remove the file."""
        super().end()
        self.folder.cleanup()


def file_preset(name: str) -> Preset:
    """The preset of this name; a file has no hard write pointers."""
    return preset_named("tiny" if name == "zoned" else name)


def is_call(fault: Fault) -> bool:
    """Whether the fault is one of a call of the system."""
    return fault.verb in {"pread", "pwritev", "posix_fallocate", "fdatasync"}
