"""The checksum of a whole value, CRC-64/NVME: what Amazon S3 keeps of every object.

A chunk of version 2 carries that of the value up to and with its own payload. So the last part carries that of the
whole value, each part vouches for all before it, and a value of unknown length is written part by part. A client that
has computed the checksum itself gives it with the put: from there on nothing between the client and the medium goes
unchecked. Chunks of version 1 carry none; where both are mixed, those of version 2 are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.crc64 import crc64nvme

from .errors import CallRefused, ChecksumMismatch, ChunkRotten, DiskFailed, shown
from .extents import StalePlace

if TYPE_CHECKING:
    from .chunk_reader import ChunkReader
    from .frames import ChunkOwner
    from .locator import Entry, Locator

CHECKSUM_MAXIMUM: Final = 2**64 - 1
VALUE_CHECKSUM: Final = "value_checksum"


class PartChecks:
    """Checks parts as they are read, in order or not; a part is checked where all before it were seen."""

    def __init__(self) -> None:
        #: By part the checksum of the value up to its end.
        self._ends = {-1: 0}
        #: For those who go on after a part was wrong.
        self.is_wrong = False

    def take(self, part: int, payload: bytes, stored: int | None) -> bool:
        """Whether the stored number, where there is one, is right as far as can be told."""
        before = self._ends.get(part - 1)
        if before is None:
            return True
        end = self._ends[part] = crc64nvme(payload, before)
        return stored is None or stored == end

    def expect(self, part: int, payload: bytes, stored: int | None, locator: Locator, key: bytes | None) -> None:
        """The same; raises `ChunkRotten` with the place. `key`: None for a run."""
        if not self.take(part, payload, stored):
            raise wrong_value(locator, key)


def wrong_value(locator: Locator, key: bytes | None) -> ChunkRotten:
    """A part that is whole by itself, and whose checksum of the value is not that of the value."""
    extent, generation, offset, _length, _checksum = locator
    return ChunkRotten("chunk", extent=extent, generation=generation, offset=offset, key=key, rule=VALUE_CHECKSUM)


def read_value(chunks: ChunkReader, key: bytes, entry: Entry) -> bytes:
    """The parts of a value, put together and verified. Raises what `ChunkReader.read` raises."""
    checks = PartChecks()
    parts = []
    for part, locator in enumerate(entry):
        payload, stored = chunks.read_part(locator, key, part)
        checks.expect(part, payload, stored, locator, key)
        parts.append(payload)
    return b"".join(parts)


def checksum_before(chunks: ChunkReader, key: bytes, entry: Entry, part: int, owner: ChunkOwner) -> int | None:
    """The checksum of a value up to the beginning of a part; None where an earlier part cannot be read.

    The nearest part before it that carries a number is taken at its word: the seal of its header vouches for that.
    """
    try:
        known, checksum = -1, 0
        for earlier in range(part - 1, -1, -1):
            stored = chunks.stored_checksum(entry[earlier], key, earlier, owner)
            if stored is not None:
                known, checksum = earlier, stored
                break
        for earlier in range(known + 1, part):
            checksum = crc64nvme(chunks.read(entry[earlier], key, earlier, owner), checksum)
    except (ChunkRotten, DiskFailed, StalePlace):
        return None
    return checksum


def checked_number(checksum: object) -> int:
    """A checksum that a client gave; `CallRefused` where it is none."""
    if type(checksum) is not int or not 0 <= checksum <= CHECKSUM_MAXIMUM:
        raise CallRefused(f"checksum: expected a CRC-64/NVME, 0 to 2^64 - 1, found {str(checksum)[:40]}")
    return checksum


def expect_checksum(key: bytes, expected: int, found: int) -> None:
    """`ChecksumMismatch` where what came in is not what the client has summed up."""
    if found != expected:
        raise ChecksumMismatch(
            f"value of key {shown(key)}: expected the checksum {expected:#018x}, found {found:#018x}; nothing was "
            "stored: send the value again",
            expected=expected,
            found=found,
        )
