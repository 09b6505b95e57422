"""What the disks of this package say of a call that names no place of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CallRefused

if TYPE_CHECKING:
    from .disk import Disk


def outside(disk: Disk, verb: str, extent: int, offset: int, length: int) -> CallRefused:
    """The refusal of a call whose extent, or whose bytes, the disk does not have."""
    if not 0 <= extent < disk.extent_count:
        return CallRefused(f"{verb}: expected an extent below {disk.extent_count}, found {extent}")
    return CallRefused(
        f"{verb} of {length} bytes at offset {offset} of extent {extent}: expected a place within its "
        f"{disk.extent_size_bytes} bytes"
    )
