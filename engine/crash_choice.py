"""What a crash leaves of the writes that were not synced: the vocabulary of `MemoryDisk.crash`.

A choice is a row of `Kept`, one for each unsynced write of which anything survives, in the order of the writes. Each
has a short text form that parses back, so that a crash can stand in a history:

    3        all of unsynced write number 3
    3:100    its first 100 bytes
    3!2      all but what lies in sector 2 of the extent, which keeps what it held before
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import msgspec

from .errors import CallRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a medium writes whole or not at all.
SECTOR_SIZE: Final = 512

_TEXT: Final = re.compile(r"(\d+)(?:(:|!)(\d+))?")


class Unsynced(NamedTuple):
    """A write, or on a disk with hard write pointers a reset, that no sync has made durable yet.

    `offset`: where the write began; of a reset, where the write pointer stood. A reset has no data.
    """

    extent: int
    offset: int
    data: bytes
    is_reset: bool = False

    def sectors(self) -> range:
        """The sectors of the extent that the write touches."""
        end = self.offset + len(self.data)
        return range(self.offset // SECTOR_SIZE, -(-end // SECTOR_SIZE)) if self.data else range(0)


class Kept(msgspec.Struct, frozen=True):
    """What survives of one unsynced write: all of it, its first bytes, or all but one sector.

    `index`: the write's place in `MemoryDisk.unsynced`; `length`: so many bytes from its start; `without_sector`: the
    sector of the extent (its first is 0) that keeps what it held. At most one of the two is given.
    """

    index: int
    length: int | None = None
    without_sector: int | None = None

    def __post_init__(self) -> None:
        if self.length is not None and self.without_sector is not None:
            raise CallRefused("kept: expected a length or a missing sector, found both")
        if min(self.index, self.length or 0, self.without_sector or 0) < 0:
            raise CallRefused(f"kept: expected no negative number, found {self}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The choice from its text form. Raises `CallRefused`."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise CallRefused(f"kept: expected a number, number:length or number!sector, found {text[:40]!r}")
        index, mark, number = match.groups()
        if mark == ":":
            return cls(int(index), length=int(number))
        return cls(int(index), without_sector=int(number) if mark else None)

    def __str__(self) -> str:
        if self.length is not None:
            return f"{self.index}:{self.length}"
        return f"{self.index}" if self.without_sector is None else f"{self.index}!{self.without_sector}"

    def pieces(self, write: Unsynced) -> Iterator[tuple[int, bytes]]:
        """What is left of the write: offset in the extent, and bytes."""
        if self.without_sector is None:
            yield write.offset, write.data if self.length is None else write.data[: self.length]
            return
        start = max(0, self.without_sector * SECTOR_SIZE - write.offset)
        end = max(0, (self.without_sector + 1) * SECTOR_SIZE - write.offset)
        yield write.offset, write.data[:start]
        yield write.offset + end, write.data[end:]


def tears(index: int, write: Unsynced) -> Iterator[Kept]:
    """Every way in which one write can survive in part: each prefix, and each single missing sector.

    A sector that is the write's only one, or its last, is missing in a prefix already.
    """
    for length in range(1, len(write.data)):
        yield Kept(index, length=length)
    for sector in write.sectors()[:-1]:
        yield Kept(index, without_sector=sector)
