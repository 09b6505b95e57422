"""The directory of a store: its disk file and its lock, found and locked before anything else is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import recovery
from .config import EXTENT_COUNT_MAXIMUM, EXTENT_SIZE_MAXIMUM
from .errors import UnsupportedStore
from .extents import HEADER_SIZE, METADATA_PAIRS, RESERVED_COUNT, SUPERBLOCK_PAIRS
from .lock_file import LockFile

if TYPE_CHECKING:
    from pathlib import Path

    from .file_disk import FileDisk

DISK_FILE: Final = "disk"
LOCK_FILE: Final = "lock"


def lock_of(directory: Path, *, read_only: bool) -> LockFile:
    """The lock of a store; a reader who may not make the file locks the disk file alone."""
    path = directory / LOCK_FILE
    try:
        return LockFile(path, shared=read_only)
    except OSError:
        if not read_only or path.exists():
            raise
        return LockFile(directory / DISK_FILE, shared=True)


def find_extent_size(disk: FileDisk) -> int:
    """The size of the extents of a disk file, from the header of extent 0, or of extent 1 wherever it may be."""
    start = disk.peek(0, min(HEADER_SIZE, disk.size_bytes))
    header = recovery.read_root_header(start, 0)
    if header is not None:
        return header.shape_sizes[0]
    if recovery.refuse(start).__class__ is UnsupportedStore:
        raise recovery.refuse(start)
    for size in range(4096, min(disk.size_bytes // (RESERVED_COUNT + 1), EXTENT_SIZE_MAXIMUM) + 1, 4096):
        if disk.size_bytes % size or disk.size_bytes // size > EXTENT_COUNT_MAXIMUM:
            continue
        header = recovery.read_root_header(disk.peek(size, HEADER_SIZE), 1)
        if header is not None and header.shape_sizes[0] == size:
            return size
    raise recovery.refuse(start)


assert SUPERBLOCK_PAIRS[0] == (0, 1), "finding the extent size looks at extents 0 and 1"
assert METADATA_PAIRS[-1][-1] == RESERVED_COUNT - 1
